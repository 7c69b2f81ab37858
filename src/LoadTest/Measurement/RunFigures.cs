namespace OCPlatform.LoadTest;

/// <summary>The figures of a run that objectives are about and reports show. All times in ms.</summary>
public sealed class RunFigures
{
    /// <summary>Two voices at once for less than this may be the end of one word and the beginning of the next.</summary>
    public static readonly TimeSpan TwoAgentsHeard = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, Summary?> _summaries;
    private readonly Dictionary<string, double?> _scalars;

    /// <param name="calls">Calls that ended; stopped ones count in nothing but packets and turns.</param>
    /// <param name="lateness">Of all packets.</param>
    public RunFigures(IReadOnlyCollection<CallMeasurement> calls, Summary? lateness)
    {
        var ended = calls.Where(c => c.Outcome != CallOutcome.Stopped).ToList();
        var turns = calls.SelectMany(c => c.Turns).ToList();
        var moves = calls.SelectMany(c => c.Continuity.Moves).ToList();
        var packets = calls.Select(c => c.Packets).ToList();
        Calls = ended.Count;
        Failed = ended.Count(c => c.Failed);
        Stopped = calls.Count - ended.Count;
        PacketsReceived = packets.Sum(p => p.Received);
        PacketsLost = packets.Sum(p => p.Lost);
        PacketsLate = packets.Sum(p => p.Late);
        _summaries = new()
        {
            ["trying"] = Of(calls.Select(c => c.Trying)),
            ["setup"] = Of(calls.Select(c => c.Setup)),
            ["answer"] = Of(calls.Select(c => c.Answer)),
            ["greeting"] = Of(calls.Select(c => c.Greeting)),
            ["v2v"] = Of(turns.Select(t => t.VoiceToVoice)),
            ["bargein"] = Of(turns.Select(t => t.BargeIn)),
            ["late"] = lateness,
            ["gap"] = Of(moves.Select(m => (TimeSpan?)m.Gap)),
            ["gap.speech"] = Of(moves.Select(m => m.SpeechGap)),
            ["gap.longest"] = Of(
                calls.Where(c => c.Answer is not null).Select(c => (TimeSpan?)c.Continuity.LongestGap)
            ),
            ["silence"] = Of(calls.Where(c => c.Answer is not null).Select(c => (TimeSpan?)c.LongestWait)),
        };
        _scalars = new()
        {
            ["failed"] = Failed,
            ["failed.percent"] = Share(Failed, Calls),
            ["lost"] = PacketsLost,
            ["lost.percent"] = Share(PacketsLost, PacketsLost + PacketsReceived),
            ["late.percent"] = Share(PacketsLate, PacketsReceived),
            ["deadair"] = calls.Sum(c => c.DeadAirs),
            ["noreply"] = turns.Count(t => t.NoReply),
            ["talkover"] = turns.Count(t => t.TalkedOver),
            ["moves"] = moves.Count,
            ["reinvites"] = calls.Sum(c => c.Continuity.Reinvites),
            ["continued"] = ended.Count(c => !c.Failed && c.Continuity.Moves.Count > 0),
            ["dropped"] = ended.Count(c => c.Dropped),
            ["refused"] = ended.Count(c => c.Failed && c.Answer is null && c.Outcome != CallOutcome.HarnessFault),
            ["twoagents"] = calls.Count(c => c.Continuity.TwoAgents >= TwoAgentsHeard),
            ["calls"] = Calls,
            ["turns"] = turns.Count(t => t.VoiceToVoice is not null),
        };
        FailuresByCause = ended
            .Where(c => c.Failed)
            .GroupBy(c => c.Cause ?? c.Outcome.ToString())
            .OrderByDescending(g => g.Count())
            .ToDictionary(g => g.Key, g => g.Count());
    }

    public int Calls { get; }
    public int Failed { get; }
    public int Stopped { get; }
    public long PacketsReceived { get; }
    public long PacketsLost { get; }
    public long PacketsLate { get; }
    public IReadOnlyDictionary<string, int> FailuresByCause { get; }

    /// <summary>By the metric's name (<see cref="SloMetric"/>); null when nothing was measured.</summary>
    public Summary? Summary(string metric) => _summaries[metric];

    public IReadOnlyDictionary<string, Summary?> Summaries => _summaries;

    public IReadOnlyDictionary<string, double?> Scalars => _scalars;

    /// <summary>The figure an objective is about; null when it was never measured.</summary>
    public double? Figure(Slo slo) =>
        slo.Statistic is { } statistic ? _summaries[slo.Metric.Name]?[statistic] : _scalars[slo.Metric.Name];

    private static Summary? Of(IEnumerable<TimeSpan?> times) =>
        OCPlatform.LoadTest.Summary.Of(times.Where(t => t is not null).Select(t => t!.Value.TotalMilliseconds));

    private static double? Share(long part, long whole) => whole == 0 ? null : 100.0 * part / whole;
}
