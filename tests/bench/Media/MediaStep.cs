using OCPlatform.Bench.Calls;

namespace OCPlatform.Bench.Media;

/// <summary>How a step goes.</summary>
/// <param name="StrangersPackets">Packets from a stranger's address beside each of a call's own.</param>
internal sealed record StepPlan(int PerSecond, int Windows, TimeSpan Window, int WarmUpCalls, int StrangersPackets = 0);

/// <summary>
/// What a step gave; of the windows the median. Set-up and tear-down are the process's CPU of that time without what the media
/// clocks used, which is metered by thread, and without what the idle process uses.
/// </summary>
internal sealed record StepFigures(
    string Service,
    int Calls,
    int Failed,
    WindowFigures Window,
    double CpuMsPerSecond,
    double ClockMsPerSecond,
    double RssKb,
    double SetUpMs,
    double TearDownMs,
    double AnsweredP50Ms,
    double AnsweredP99Ms
)
{
    private const double MostLate = 0.001;
    private const double LeastRate = 0.999;

    /// <summary>No call failed, no packet was lost or strayed, and few were late.</summary>
    public bool Held =>
        Failed == 0
        && Window.Calls == Calls
        && Window.Rate > LeastRate
        && Window is { Lost: 0, OutOfOrder: 0 }
        && Window.Late <= Window.Received * MostLate
        && Window.WrongContent <= Window.Received * MostLate;

    public override string ToString() =>
        $"{Service, -4} {Calls, 5}  CPU {CpuMsPerSecond / Calls:0.000} ms/call-s ({CpuMsPerSecond / 10:0} % of the core, "
        + $"clock {ClockMsPerSecond / 10:0} %)  {RssKb / Calls:0} kB/call  "
        + $"rate {100 * Window.Rate:0.00} % lost {Window.Lost} late {Window.Late} disordered {Window.OutOfOrder} "
        + $"wrong {Window.WrongContent} p99 {Window.LateP99Ms:0.0} ms  set-up {SetUpMs:0.00} + {TearDownMs:0.00} ms  "
        + $"INVITE to 200 p50 {AnsweredP50Ms:0} p99 {AnsweredP99Ms:0} ms  failed {Failed}"
        + $"{(Window.SlipMaxMs > 5 ? $"  (generator late by {Window.SlipMaxMs:0} ms)" : "")}{(Held ? "" : "  NOT HELD")}";
}

/// <summary>One number of calls on a fresh process.</summary>
internal static class MediaStep
{
    private const int PlatformCore = 0;
    private const int CallerCore = 1;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmHold = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);

    // What follows a start (phrases spoken ahead, code being compiled) takes no longer.
    private const int MostIdleTries = 20;
    private const double IdleMsPerSecond = 100;
    private static readonly PayloadBook Book = PayloadBook.Make();

    public static async Task<StepFigures> RunAsync(string service, int calls, StepPlan plan)
    {
        var prompt = Path.GetTempFileName();
        Book.WriteWav(prompt);
        await using var platform = await MediaServer.StartAsync(0, PlatformCore, prompt);
        using var generator = new RtpGenerator(Book, CallerCore);
        var process = platform.ProcessId;

        // What is compiled, and what is kept for calls to come, is there before anything is measured.
        await using (
            var warm = SippCaller.Start(
                generator,
                platform.Sip,
                service,
                plan.WarmUpCalls,
                plan.PerSecond,
                WarmHold,
                CallerCore
            )
        )
        {
            await warm.WaitAsync(WarmHold + TimeSpan.FromSeconds((double)plan.WarmUpCalls / plan.PerSecond));
            await warm.FinishAsync();
        }
        generator.Clear();
        var (rest, idleMs) = await RestAsync(process);

        var ramp = TimeSpan.FromSeconds((double)calls / plan.PerSecond);
        var windows = plan.Windows * (plan.Window + TimeSpan.FromSeconds(1));
        var beforeHangUp = TimeSpan.FromSeconds(2);
        var before = ProcessFigures.Of(process);
        await using var caller = SippCaller.Start(
            generator,
            platform.Sip,
            service,
            calls,
            plan.PerSecond,
            ramp + Settle + windows + beforeHangUp + TimeSpan.FromSeconds(1),
            CallerCore
        );
        await caller.WaitAsync(ramp + TimeSpan.FromSeconds(1));
        var up = ProcessFigures.Of(process) - before;
        var upSeconds = ramp.TotalSeconds + 1;
        generator.StrangersPackets = plan.StrangersPackets;
        await caller.WaitAsync(Settle);

        var taken = new List<(WindowFigures Media, ProcessFigures Used)>();
        for (var i = 0; i < plan.Windows; i++)
        {
            generator.BeginWindow();
            var from = ProcessFigures.Of(process);
            await caller.WaitAsync(plan.Window);
            var used = ProcessFigures.Of(process) - from;
            taken.Add((await generator.EndWindowAsync(), used));
        }
        generator.StrangersPackets = 0;
        var rssKb = ProcessFigures.Of(process).RssKb - rest.RssKb;
        await caller.WaitAsync(TimeSpan.FromSeconds(1));

        var hangUp = ProcessFigures.Of(process);
        var begun = GeneratorSocket.NowNs();
        var (failed, answered) = await caller.FinishAsync();
        generator.Clear();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var down = ProcessFigures.Of(process) - hangUp;
        var downSeconds = (GeneratorSocket.NowNs() - begun) / 1e9;
        File.Delete(prompt);

        var seconds = plan.Window.TotalSeconds;
        var worst = taken.MaxBy(w => (w.Media.Lost, w.Media.Late)).Media;
        return new StepFigures(
            service,
            calls,
            failed + calls - caller.Answered,
            plan.Windows > 1 ? MedianOf(taken.Select(w => w.Media)) : worst,
            taken.Select(w => w.Used.CpuMs / seconds).Order().ElementAt(plan.Windows / 2),
            taken.Select(w => w.Used.ClockMs / seconds).Order().ElementAt(plan.Windows / 2),
            rssKb,
            (up.CpuMs - up.ClockMs - idleMs * upSeconds) / calls,
            (down.CpuMs - down.ClockMs - idleMs * downSeconds) / calls,
            answered.Count == 0 ? 0 : answered[answered.Count / 2],
            answered.Count == 0 ? 0 : answered[answered.Count * 99 / 100]
        );
    }

    /// <summary>The process at rest, and what it uses then in ms a second.</summary>
    private static async Task<(ProcessFigures Figures, double IdleMs)> RestAsync(int process)
    {
        await Task.Delay(Settle, TimeProvider.System);
        for (var i = 0; ; i++)
        {
            var rest = ProcessFigures.Of(process);
            await Task.Delay(Idle, TimeProvider.System);
            var idleMs = (ProcessFigures.Of(process) - rest).CpuMs / Idle.TotalSeconds;
            if (idleMs < IdleMsPerSecond || i == MostIdleTries)
            {
                return (rest, idleMs);
            }
        }
    }

    private static WindowFigures MedianOf(IEnumerable<WindowFigures> windows)
    {
        var sorted = windows.OrderBy(w => (w.Lost, w.Late, w.WrongContent)).ToList();
        return sorted[sorted.Count / 2];
    }
}
