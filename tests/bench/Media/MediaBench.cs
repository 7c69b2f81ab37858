using System.Globalization;

namespace OCPlatform.Bench.Media;

/// <summary>
/// How many calls with their media one core carries, what a call costs in processor time and memory, and what setting it up
/// does: the platform on core 0, SIPp and the generator on core 1, over loopback. In a step N calls are set up at an even
/// rate, held over a few windows, and hung up; each has a fresh process.
/// </summary>
internal static class MediaBench
{
    private const string Usage =
        "media [--quick] [--service echo|play|rec] [--steps N,N,…] [--rate CALLS A SECOND] [--spray CALLS], or media --serve [PORT]";

    private const int SprayPackets = 4;

    private static readonly int[] Steps = [100, 400, 1000, 1300, 2000, 2600, 3000, 3300, 3500, 4000, 4500, 5000];
    private static readonly int[] QuickSteps = [100, 500];

    // Calls between whose figures lies the cost of one more: at the beginning, in the middle, near the end.
    private static readonly (int From, int To)[] Marginal = [(100, 400), (1000, 1300), (3000, 3300)];

    public static int Run(string[] arguments)
    {
        if (arguments is ["--serve", ..])
        {
            var port = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 5080;
            return MediaServer.ServeAsync(port).GetAwaiter().GetResult();
        }
        var quick = false;
        var services = new[] { "echo", "play", "rec" };
        int[]? steps = null;
        var rate = 100;
        var sprayed = 0;
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--service" when i + 1 < arguments.Length && services.Contains(arguments[i + 1]):
                    services = [arguments[++i]];
                    break;
                case "--steps" when i + 1 < arguments.Length:
                    steps = [.. arguments[++i].Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
                    break;
                case "--rate" when i + 1 < arguments.Length:
                    rate = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--spray" when i + 1 < arguments.Length:
                    sprayed = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount < 2)
        {
            Console.Error.WriteLine("media needs Linux and two cores: one for the platform, one for its callers.");
            return 2;
        }
        if (sprayed > 0)
        {
            return SprayAsync(sprayed, PlanOf(quick, rate)).GetAwaiter().GetResult();
        }
        return RunAsync(services, steps ?? (quick ? QuickSteps : Steps), quick, rate).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(string[] services, int[] steps, bool quick, int rate)
    {
        var plan = PlanOf(quick, rate);
        var knees = new FigureTable("calls per core", "knee", "CPU ms a call-second", "kB a call", "SIP CPU ms a call");
        foreach (var service in services)
        {
            Console.WriteLine($"{service}: {string.Join(", ", steps)} calls, {rate} new ones a second");
            var done = new List<StepFigures>();
            foreach (var calls in steps)
            {
                var step = await MediaStep.RunAsync(service, calls, plan);
                done.Add(step);
                Console.WriteLine(step);
                if (!step.Held)
                {
                    break;
                }
            }
            Console.WriteLine();
            TextPlot.Print("CPU of the core, %", done.Select(s => (s.Calls, s.CpuMsPerSecond / 10)));
            TextPlot.Print("RSS above the idle process, MB", done.Select(s => (s.Calls, s.RssKb / 1024)));
            PrintMarginal(done);
            if (done.FindLast(s => s.Held) is { } knee)
            {
                knees.Add(
                    service,
                    $"{knee.Calls}{(done[^1].Held ? " or more" : "")}",
                    $"{knee.CpuMsPerSecond / knee.Calls:0.000}",
                    $"{knee.RssKb / knee.Calls:0}",
                    $"{knee.SetUpMs + knee.TearDownMs:0.00}"
                );
            }
        }
        knees.Print();
        return 0;
    }

    private static StepPlan PlanOf(bool quick, int rate) =>
        new(rate, Windows: quick ? 1 : 3, TimeSpan.FromSeconds(quick ? 3 : 8), WarmUpCalls: quick ? 50 : 500);

    /// <summary>What a packet from a stranger's address costs beside one of the call, and that it changes nothing.</summary>
    private static async Task<int> SprayAsync(int calls, StepPlan plan)
    {
        Console.WriteLine($"{calls} echoing calls; then {SprayPackets} packets of a stranger beside each of their own");
        var alone = await MediaStep.RunAsync("echo", calls, plan);
        Console.WriteLine(alone);
        var sprayed = await MediaStep.RunAsync("echo", calls, plan with { StrangersPackets = SprayPackets });
        Console.WriteLine(sprayed);
        const double packetsPerSecond = 50;
        var valid = 1000 * alone.CpuMsPerSecond / (calls * packetsPerSecond);
        var strange =
            1000 * (sprayed.CpuMsPerSecond - alone.CpuMsPerSecond) / (calls * packetsPerSecond * SprayPackets);
        Console.WriteLine($"CPU a packet: {valid:0.00} µs of the call, answered; {strange:0.00} µs of a stranger");
        return sprayed.Held ? 0 : 1;
    }

    private static void PrintMarginal(List<StepFigures> steps)
    {
        foreach (var (from, to) in Marginal)
        {
            if (steps.Find(s => s.Calls == from) is { } a && steps.Find(s => s.Calls == to) is { } b)
            {
                Console.WriteLine(
                    $"one more call at {from}: {(b.CpuMsPerSecond - a.CpuMsPerSecond) / (to - from):0.000} ms of CPU a second, "
                        + $"{(b.RssKb - a.RssKb) / (to - from):0} kB"
                );
            }
        }
        Console.WriteLine();
    }
}
