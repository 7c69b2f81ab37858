using System.Globalization;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Bench.Jitter;

/// <summary>The adaptive jitter buffer against fixed ones, over traces of bad networks.</summary>
internal static class JitterBench
{
    // As long as a call is.
    private const double Seconds = 300;
    private const int PtimeMs = 20;
    private const int MinDelayMs = 10;
    private const int MaxDelayMs = 600;
    private const string Impossible = "contradict";
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
            var passages = network.Send(Seconds, PtimeMs, seed);
            JitterOutcome Run(int minDelayMs, int maxDelayMs) =>
                JitterTrial.Run(passages, PtimeMs, minDelayMs, maxDelayMs, phaseMs: seed * 7.3 % 20);
            var ours = Run(MinDelayMs, MaxDelayMs);
            var rivals = FixedMs.Select(ms => Run(ms, ms)).ToArray();
            var best = rivals.Max(r => r.Mos);
            var verdict = Verdict(ours, best, passages);
            missed += verdict is "met" or Impossible ? 0 : 1;
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
                    $"{ours.Mos:0.000}",
                    .. rivals.Select(r => $"{r.Mos:0.000}"),
                    $"{ours.ListeningMos:0.000}",
                    $"{rivals.Max(r => r.ListeningMos):0.000}",
                    verdict,
                ]
            );
        }

        table.Print();
        PrintCost();
        return missed == 0 ? 0 : 1;
    }

    /// <summary>The goals: MOS as of the best fixed buffer, to a hundredth; concealment of the loss and 0.5 %.</summary>
    private static string Verdict(JitterOutcome ours, double best, List<Passage> passages)
    {
        var sounds = ours.Mos >= best - 0.005;
        var conceals = ours.Concealed <= ours.Lost + 0.005;
        if (sounds && conceals)
            return "met";
        if (BestReachable(passages) < best)
            return Impossible;
        return (sounds, conceals) switch
        {
            (false, true) => "MOS missed",
            (true, false) => "concealment missed",
            _ => "both missed",
        };
    }

    /// <summary>
    /// The best MOS of any constant delay that meets the goal for concealment. If it is less than a fixed buffer's, the
    /// goals contradict each other on this trace.
    /// </summary>
    private static double BestReachable(List<Passage> passages)
    {
        var transits = passages.Where(p => p.ArrivedMs is not null).Select(p => p.ArrivedMs!.Value - p.SentMs).Order();
        var sorted = transits.ToArray();
        var best = 0.0;
        for (var late = 0; late <= passages.Count * 0.005; late++)
        {
            var missing = 1 - (double)(sorted.Length - late) / passages.Count;
            best = Math.Max(best, JitterOutcome.Rate(20 + sorted[sorted.Length - 1 - late], missing, burstRatio: 1));
        }

        return best;
    }

    private static void PrintCost()
    {
        using var receiver = new AudioReceiver(MinDelayMs, MaxDelayMs);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 8000), 8000);
        var packet = new byte[RtpHeader.FixedBytes + 160];
        var frame = new short[160];
        var number = 0;
        var cost = Measurement.Of(() =>
        {
            RtpHeader.Write(packet, 0, false, (ushort)number, (uint)number * 160, 1);
            if (RtpHeader.TryParse(packet, out var parsed) && receiver.Admit(parsed, out var sequence))
                receiver.OnAudio(parsed, sequence, number * 20_000_000L);
            receiver.Pull(number++ * 20_000_000L + 5_000_000, frame);
        });
        Console.WriteLine(
            $"A packet in time, received, decoded and played: {cost.Nanoseconds:0} ns of processor time, "
                + $"{cost.AllocatedBytes:0} bytes allocated; buffers of the call: {receiver.BufferBytes} bytes."
        );
    }
}
