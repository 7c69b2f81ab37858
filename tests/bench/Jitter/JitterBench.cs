using System.Globalization;

namespace OCPlatform.Bench.Jitter;

/// <summary>The adaptive jitter buffer against fixed ones, over traces of bad networks.</summary>
internal static class JitterBench
{
    private const double Seconds = 120;
    private const int MaxDelayMs = 400;
    private static readonly int[] FixedMs = [40, 60, 100];

    /// <summary>Loss, jitter, reordering, drift as in netem's manual; stalls and queues as radio links have them.</summary>
    public static IReadOnlyList<NetworkModel> Networks { get; } =
    [
        new() { Name = "perfect" },
        new() { Name = "loss 2 %", Loss = 0.02 },
        new() { Name = "loss 5 %", Loss = 0.05 },
        new() { Name = "loss 10 %", Loss = 0.10 },
        new()
        {
            Name = "loss 2 %, bursts of 3",
            Loss = 0.02,
            BurstPackets = 3,
        },
        new()
        {
            Name = "loss 5 %, bursts of 4",
            Loss = 0.05,
            BurstPackets = 4,
        },
        new()
        {
            Name = "loss 10 %, bursts of 4",
            Loss = 0.10,
            BurstPackets = 4,
        },
        new() { Name = "jitter 20 ms normal", JitterMs = 20 },
        new() { Name = "jitter 40 ms normal", JitterMs = 40 },
        new() { Name = "jitter 80 ms normal", JitterMs = 80 },
        new()
        {
            Name = "jitter 20 ms pareto",
            JitterMs = 20,
            Pareto = true,
        },
        new()
        {
            Name = "jitter 40 ms pareto",
            JitterMs = 40,
            Pareto = true,
        },
        new()
        {
            Name = "jitter 80 ms pareto",
            JitterMs = 80,
            Pareto = true,
        },
        new()
        {
            Name = "reorder 25 % by 40 ms",
            Reordered = 0.25,
            ShortCutMs = 40,
        },
        new() { Name = "drift +200 ppm", DriftPpm = 200 },
        new() { Name = "drift -200 ppm", DriftPpm = -200 },
        new()
        {
            Name = "stalls ≤ 150 ms",
            StallEverySeconds = 5,
            LongestStallMs = 150,
            JitterMs = 1,
        },
        new()
        {
            Name = "queue ≤ 120 ms",
            QueueMs = 120,
            JitterMs = 1,
        },
        new()
        {
            Name = "path +60 ms at 60 s",
            StepMs = 60,
            StepAtSeconds = 60,
            JitterMs = 2,
        },
        new()
        {
            Name = "mix",
            Loss = 0.02,
            BurstPackets = 2,
            JitterMs = 8,
            Pareto = true,
            StallEverySeconds = 10,
            LongestStallMs = 120,
            DriftPpm = 100,
        },
    ];

    public static int Run(string[] args)
    {
        var seed = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
        string[] columns =
        [
            "delay",
            "95 %",
            "lost",
            "late",
            "concealed",
            "longer",
            "shorter",
            "MOS",
            .. FixedMs.Select(ms => $"fixed {ms}"),
            "MOS-LQ",
            "fixed",
            "goals",
        ];
        var table = new FigureTable($"{Seconds:0} s of speech, seed {seed}", columns);
        var missed = 0;
        foreach (var network in Networks)
        {
            var ours = Trial(network, seed, 10, MaxDelayMs);
            var rivals = FixedMs.Select(ms => Trial(network, seed, ms, ms)).ToArray();
            var best = rivals.Max(r => Math.Round(r.Mos, 2));
            var verdict =
                (Math.Round(ours.Mos, 2) >= best ? "" : "MOS ")
                + (ours.Concealed <= ours.Lost + 0.005 ? "" : "concealment");
            missed += verdict.Length == 0 ? 0 : 1;
            table.Add(
                network.Name,
                [
                    $"{ours.MeanDelayMs:0}",
                    $"{ours.Delay95Ms:0}",
                    $"{ours.Lost:P2}",
                    $"{ours.Late:P2}",
                    $"{ours.Concealed:P2}",
                    $"{ours.Stretched:P2}",
                    $"{ours.Shrunk:P2}",
                    $"{ours.Mos:0.00}",
                    .. rivals.Select(r => $"{r.Mos:0.00}"),
                    $"{ours.ListeningMos:0.00}",
                    $"{rivals.Max(r => r.ListeningMos):0.00}",
                    verdict.Length == 0 ? "met" : verdict,
                ]
            );
        }

        table.Print();
        return missed == 0 ? 0 : 1;
    }

    private static JitterOutcome Trial(NetworkModel network, int seed, int minDelayMs, int maxDelayMs) =>
        JitterTrial.Run(network.Send(Seconds, 20, seed), 20, minDelayMs, maxDelayMs, phaseMs: seed * 7.3 % 20);
}
