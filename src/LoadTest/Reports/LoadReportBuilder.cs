namespace OCPlatform.LoadTest;

/// <summary>Turns a run's result into its report. Pure.</summary>
public static class LoadReportBuilder
{
    public static LoadReport Build(
        LoadPlan plan,
        LoadResult result,
        IReadOnlyList<Slo> slos,
        DateTimeOffset startedAt,
        PlatformReport? platform = null
    )
    {
        var figures = result.Figures;
        var judged = slos.Select(slo => Judge(slo, figures, platform)).ToList();
        // Without an objective about failures, a failed call is a failed run.
        var failuresJudged = slos.Any(s => s.Metric.Name.StartsWith("failed", StringComparison.Ordinal));
        return new LoadReport
        {
            StartedAt = startedAt,
            ElapsedSeconds = Round(result.Cost.Elapsed.TotalSeconds),
            Plan = new PlanReport(
                string.Join(' ', plan.Targets.Select(t => t.Uri)),
                plan.Calls,
                plan.Rate,
                plan.Duration?.TotalSeconds,
                plan.Scripts[0].Hold?.TotalSeconds,
                plan.MaxConcurrent,
                [.. plan.Scripts.Select(s => s.Name).Distinct()],
                [.. plan.Codecs.Select(c => c.ToString().ToUpperInvariant())],
                plan.Seed
            ),
            Calls = new CallCounts(
                result.Final.Started,
                figures.Calls,
                figures.Failed,
                figures.Stopped,
                result.Final.Peak,
                result.Final.HeldBack
            ),
            Failures = figures.FailuresByCause,
            Times = figures.Summaries.ToDictionary(p => p.Key, p => p.Value?.Rounded()),
            Counts = figures.Scalars.ToDictionary(p => p.Key, p => p.Value is { } value ? Round(value) : (double?)null),
            Packets = Packets(result.Calls),
            Slos = judged,
            Harness = new HarnessReport(
                Round(result.Cost.Cpu.TotalSeconds),
                Round(result.Cost.CpuPercentOfOneCore),
                Round(result.Cost.CpuMsPerCallSecond),
                Round(result.Cost.ClockLateMs),
                Round(result.Cost.PeakRssBytes / 1e6)
            ),
            Platform = platform,
            CallList = [.. result.Calls.Select(c => Call(c, platform))],
            Passed = judged.All(s => s.Met) && (failuresJudged || figures.Failed == 0),
        };
    }

    private static SloReport Judge(Slo slo, RunFigures figures, PlatformReport? platform)
    {
        var figure = slo.Metric.IsPlatform ? platform?.Figure(slo) : figures.Figure(slo);
        return new SloReport(slo.Text, figure is { } value ? Round(value) : null, slo.IsMetBy(figure));
    }

    private static PacketCounts Packets(IReadOnlyList<CallMeasurement> calls) =>
        new(
            calls.Sum(c => c.Packets.Sent),
            calls.Sum(c => c.Packets.Received),
            calls.Sum(c => c.Packets.Lost),
            calls.Sum(c => c.Packets.Late),
            calls.Sum(c => c.Packets.OutOfOrder),
            calls.Sum(c => c.Packets.Duplicate),
            calls.Sum(c => (long)c.Packets.TimestampJumps)
        );

    private static CallReport Call(CallMeasurement call, PlatformReport? platform) =>
        new()
        {
            Index = call.Index,
            CallId = call.CallId,
            Scenario = call.Scenario,
            Outcome = call.Outcome,
            Cause = call.Cause,
            StartedAt = Ms(call.StartedAt),
            Trying = Ms(call.Trying),
            Ringing = Ms(call.Ringing),
            Answer = Ms(call.Answer),
            Duration = Ms(call.Duration),
            Codec = call.Codec,
            Greeting = Ms(call.Greeting),
            LongestWait = Ms(call.LongestWait),
            DeadAirs = call.DeadAirs,
            AgentHungUp = call.AgentHungUp,
            HeardGreeting = call.HeardGreeting,
            Packets = call.Packets with
            {
                Lateness = call.Packets.Lateness?.Rounded(),
                JitterMs = Round(call.Packets.JitterMs),
            },
            Continuity = Continuity(call),
            AudioFile = call.AudioFile,
            Turns = [.. call.Turns.Select(Turn)],
            Platform = platform?.Calls.GetValueOrDefault(call.CallId),
        };

    private static ContinuityReport Continuity(CallMeasurement call) =>
        new()
        {
            Reinvites = call.Continuity.Reinvites,
            Moves =
            [
                .. call.Continuity.Moves.Select(m => new MoveReport(
                    Ms(m.At),
                    m.From,
                    m.To,
                    Ms(m.Gap),
                    Ms(m.SpeechGap),
                    Ms(m.StrangerLasted)
                )),
            ],
            LongestGap = Ms(call.Continuity.LongestGap),
            Gaps = [.. call.Continuity.Gaps.Select(g => new[] { Ms(g.Start), Ms(g.End) })],
            TwoAgents = Ms(call.Continuity.TwoAgents),
            StrangerPackets = call.Continuity.StrangerPackets,
            LinesRepeated = call.LinesRepeated,
            Attempts = call.Attempts,
        };

    private static TurnReport Turn(TurnMeasurement turn) =>
        new()
        {
            Text = turn.Text,
            CallerStart = Ms(turn.CallerStart),
            CallerEnd = Ms(turn.CallerEnd),
            ReplyStart = Ms(turn.ReplyStart),
            ReplyEnd = Ms(turn.ReplyEnd),
            VoiceToVoice = Ms(turn.VoiceToVoice),
            BargeIn = Ms(turn.BargeIn),
            BargeInMissed = turn.BargeInMissed,
            TalkedOver = turn.TalkedOver,
            NoReply = turn.NoReply,
            Interrupted = turn.Interrupted,
            Wait = Ms(turn.Wait),
            Heard = turn.Heard,
        };

    private static double Ms(TimeSpan time) => Round(time.TotalMilliseconds);

    private static double? Ms(TimeSpan? time) => time is { } value ? Ms(value) : null;

    private static double Round(double value) => Math.Round(value, 2);
}
