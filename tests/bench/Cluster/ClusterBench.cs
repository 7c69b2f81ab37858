using OCPlatform.Bench.Media;
using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;

namespace OCPlatform.Bench.Cluster;

/// <summary>
/// What a cluster costs, and how long calls are without their node: set-ups a second and processor time a call at 1, 2 and 3 nodes on
/// the same cores, then the gap that callers hear after a kill, against the calls on the node.
/// </summary>
internal static class ClusterBench
{
    private const string Usage = "cluster [setup|takeover] [CALLS ON A NODE …]: both parts, at 10, 100 and 500 calls.";
    private const int Nodes = 3;
    private static readonly int[] DefaultLoads = [10, 100, 500];
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(3);

    public static int Run(string[] arguments) => RunAsync(arguments).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(string[] arguments)
    {
        var part = arguments.FirstOrDefault(a => a is "setup" or "takeover");
        var rest = arguments.Where(a => a != part).ToList();
        if (rest.Any(a => !int.TryParse(a, out var calls) || calls is < 1 or > 2000))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        if (part is null or "setup")
        {
            await SetUpAsync();
        }
        if (part is null or "takeover")
        {
            await TakeOverAsync(rest.Count == 0 ? DefaultLoads : [.. rest.Select(int.Parse)]);
        }
        return 0;
    }

    private static async Task SetUpAsync()
    {
        var table = new FigureTable(
            "set-up and tear-down",
            "calls/s",
            "CPU ms a call",
            "failed",
            "INVITE to 200 p50/p99 ms"
        );
        for (var nodes = 1; nodes <= Nodes; nodes++)
        {
            await using var cluster = await StartAsync(nodes);
            var figures = await SetUpLoad.RunAsync(cluster);
            table.Add(
                nodes == 1 ? "1 node" : $"{nodes} nodes",
                $"{figures.CallsPerSecond:0}",
                $"{figures.CpuMsPerCall:0.0}",
                $"{figures.Failed}",
                $"{figures.AnswerMs?.P50:0.0} / {figures.AnswerMs?.P99:0.0}"
            );
        }
        table.Print();
    }

    private static async Task TakeOverAsync(IReadOnlyList<int> loads)
    {
        var table = new FigureTable("calls on the node", "killed with", "went on", "gap p50 ms", "p99 ms", "max ms");
        var points = new List<(int Calls, double Figure)>();
        foreach (var load in loads)
        {
            await using var cluster = await StartAsync(Nodes);
            var figures = await TakeOverLoad.RunAsync(cluster, load * Nodes);
            table.Add(
                $"{load}",
                $"{figures.Fault.Victims.Count}",
                $"{figures.Continued}",
                $"{figures.Gap?.P50:0}",
                $"{figures.Gap?.P99:0}",
                $"{figures.Gap?.Max:0}"
            );
            if (figures.Gap is { } gap)
            {
                points.Add((figures.Fault.Victims.Count, gap.P99));
            }
        }
        table.Print();
        TextPlot.Print("gap p99 in ms after a kill, by calls on the node", points);
    }

    private static Task<TestCluster> StartAsync(int nodes)
    {
        Console.WriteLine($"starting {nodes} node(s) …");
        return TestCluster.StartAsync(
            new LoopbackNetwork(nodes),
            new ClusterSettings
            {
                HostPath = Path.GetFullPath("src/Host/bin/Release/net10.0/OCPlatform.Host.dll"),
                // Nobody speaks: the figures are those of calls, not of what is said on them.
                Roles = "[gateway, call, web]",
                LogLevel = "warning",
            },
            "TestResults/bench-cluster",
            ReadyWithin
        );
    }
}
