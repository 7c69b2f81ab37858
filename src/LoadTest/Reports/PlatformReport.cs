using System.Text.Json.Serialization;

namespace OCPlatform.LoadTest;

/// <summary>One look at the platform's own metrics.</summary>
/// <param name="AtSeconds">Since the start of the run.</param>
/// <param name="CpuSeconds">Processor time of the platform since its start.</param>
public sealed record PlatformSample(double AtSeconds, double RssMb, double CpuSeconds);

/// <summary>A turn in the platform's own record of a call.</summary>
/// <param name="LatencyMs">The platform's own idea of its latency: compare it with what the caller measured.</param>
public sealed record PlatformTurn(string Speaker, string Text, double? LatencyMs);

/// <summary>A call in the platform's own record.</summary>
public sealed record PlatformCall(string Id, string? State, IReadOnlyList<PlatformTurn> Turns);

/// <summary>The platform by its own <c>/metrics</c>, over a run.</summary>
public sealed record PlatformReport
{
    public required IReadOnlyList<PlatformSample> Samples { get; init; }

    /// <summary>The run's calls in the platform's record, by SIP Call-ID; they are shown with each call.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, PlatformCall> Calls { get; init; } = new Dictionary<string, PlatformCall>();

    /// <summary>Of the agent's turns, as the platform counts it, in ms; null when it says nothing.</summary>
    public Summary? TurnLatency =>
        Summary.Of(Calls.Values.SelectMany(c => c.Turns).Select(t => t.LatencyMs).OfType<double>())?.Rounded();

    /// <summary>Why some or all samples are missing; null when none is.</summary>
    public string? Problem { get; init; }

    public double? RssMaxMb => Samples.Count == 0 ? null : Samples.Max(s => s.RssMb);

    /// <summary>
    /// RSS at the end against minute 2 (when caches and pools are warm; the first sample of a shorter run), in percent.
    /// </summary>
    public double? RssGrowthPercent =>
        Samples.Count < 2 ? null
        : (Samples.FirstOrDefault(s => s.AtSeconds >= 120 && s != Samples[^1]) ?? Samples[0]) is var from
            ? 100 * (Samples[^1].RssMb - from.RssMb) / from.RssMb
        : null;

    /// <summary>Processor time over the run, in percent of one core.</summary>
    public double? CpuPercentOfOneCore =>
        Samples.Count < 2 || Samples[^1].AtSeconds <= Samples[0].AtSeconds
            ? null
            : 100 * (Samples[^1].CpuSeconds - Samples[0].CpuSeconds) / (Samples[^1].AtSeconds - Samples[0].AtSeconds);

    public double? Figure(Slo slo) =>
        slo.Metric.Name switch
        {
            "rss.max" => RssMaxMb,
            "rss.growth" => RssGrowthPercent,
            _ => null,
        };
}
