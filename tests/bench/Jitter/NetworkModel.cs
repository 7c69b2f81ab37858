namespace OCPlatform.Bench.Jitter;

/// <summary>When a packet left, by the receiver's clock, and when it came; null: lost.</summary>
internal readonly record struct Passage(double SentMs, double? ArrivedMs);

/// <summary>
/// A network after netem's models: what it does to each packet of a stream, out of a seed. Delays count from that of the
/// fastest packet possible.
/// </summary>
internal sealed class NetworkModel
{
    /// <summary>The delay without any jitter.</summary>
    public const double BaseDelayMs = 40;

    public required string Name { get; init; }

    /// <summary>Share of packets lost (0–1), in bursts of this mean length (Gilbert–Elliott; 1: each for itself).</summary>
    public double Loss { get; init; }
    public double BurstPackets { get; init; } = 1;

    /// <summary>netem's jitter parameter; each packet for itself, so that packets overtake each other.</summary>
    public double JitterMs { get; init; }
    public bool Pareto { get; init; }

    /// <summary>Share of packets that take a short cut of <see cref="ShortCutMs"/>, as netem's reorder does.</summary>
    public double Reordered { get; init; }
    public double ShortCutMs { get; init; }

    /// <summary>A radio link that stalls: mean time between stalls, and how long they are (uniform up to this).</summary>
    public double StallEverySeconds { get; init; }
    public double LongestStallMs { get; init; }

    /// <summary>A queue that fills and empties: how much delay its slow wave adds.</summary>
    public double QueueMs { get; init; }

    /// <summary>From here on the path is longer by so much.</summary>
    public double StepAtSeconds { get; init; }
    public double StepMs { get; init; }

    /// <summary>The sender's clock against the receiver's.</summary>
    public double DriftPpm { get; init; }

    /// <summary>The passages of a stream of packets every <paramref name="ptimeMs"/>.</summary>
    public List<Passage> Send(double seconds, int ptimeMs, int seed)
    {
        var random = new Random(seed);
        var packets = new List<Passage>();
        var lost = false;
        var linkFree = 0.0;
        var nextStall =
            StallEverySeconds == 0 ? double.PositiveInfinity : Exponential(random, StallEverySeconds) * 1000;
        for (var sent = 0.0; sent < seconds * 1000; sent += ptimeMs * (1 - DriftPpm / 1e6))
        {
            lost = random.NextDouble() < LossAfter(lost);
            var delay = BaseDelayMs + Jitter(random);
            if (Reordered > 0)
                delay += random.NextDouble() < Reordered ? 0 : ShortCutMs;
            if (QueueMs > 0)
                delay += QueueMs * Queue(sent / 1000) * (0.8 + 0.2 * random.NextDouble());
            if (StepMs > 0 && sent >= StepAtSeconds * 1000)
                delay += StepMs;
            var arrives = sent + delay;
            // While the link stalls packets wait; then they all come together, in order.
            if (arrives > nextStall)
            {
                linkFree = nextStall + LongestStallMs * (0.2 + 0.8 * random.NextDouble());
                nextStall = linkFree + Exponential(random, StallEverySeconds) * 1000;
            }

            if (arrives < linkFree)
                arrives = linkFree += 0.2;
            packets.Add(new Passage(sent, lost ? null : arrives));
        }

        return packets;
    }

    /// <summary>Mean loss and mean burst settle the two transition probabilities of Gilbert's model.</summary>
    private double LossAfter(bool lost)
    {
        if (BurstPackets <= 1)
            return Loss;
        var leave = 1 / BurstPackets;
        return lost ? 1 - leave : Loss * leave / (1 - Loss);
    }

    private double Jitter(Random random)
    {
        if (JitterMs == 0)
            return 0;
        if (!Pareto)
        {
            var normal =
                Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return JitterMs * (Math.Clamp(normal, -4, 4) + 4);
        }

        // netem's table: shape 3, standardised, cut at four times the parameter.
        var value = (Math.Pow(1 - random.NextDouble(), -1 / 3.0) - 1.5) * 4 / 3;
        return JitterMs * (Math.Min(value, 4) + 2 / 3.0);
    }

    private static double Queue(double second) =>
        Math.Pow(0.5 + 0.25 * Math.Sin(second * 0.7) + 0.25 * Math.Sin(second * 1.9 + 1), 2);

    private static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());
}
