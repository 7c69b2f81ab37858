using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Which share of new calls to turn away (in the spirit of the loss control of RFC 7339). Pure: it is told the load once a
/// second. Above the upper mark the share grows, the faster the further above; between the marks it stays; below both
/// lower marks it falls slowly, so that the calls that come back do not bring the load back.
/// </summary>
internal sealed class OverloadController(SipOverloadOptions options)
{
    // Half of the calls are turned away after five seconds a little above the mark, all after one far above.
    private const double GrowthAtMark = 0.05;
    private const double GrowthPerExcess = 0.5;
    private const double Fall = 0.05;

    /// <summary>Share of new calls that is turned away now, 0 to 1.</summary>
    public double Level { get; private set; }

    /// <summary>What is too much, in words; null when nothing is.</summary>
    public string? Cause { get; private set; }

    /// <summary>To be called once a second.</summary>
    public double Update(NodeLoad load)
    {
        var lateness = load.ClockLatenessMs / options.LatenessHighMs;
        var cpu = load.CpuShare * 100 / options.CpuHighPercent;
        var excess = Math.Max(lateness, cpu) - 1;
        if (excess >= 0)
        {
            Level = Math.Min(1, Level + GrowthAtMark + GrowthPerExcess * excess);
            Cause =
                lateness >= cpu
                    ? $"the media clock is {load.ClockLatenessMs:0} ms late"
                    : $"{load.CpuShare * 100:0} % of the processors are in use";
        }
        else if (load.ClockLatenessMs <= options.LatenessLowMs && load.CpuShare * 100 <= options.CpuLowPercent)
        {
            // Sums of twentieths are not quite zero.
            Level = Level <= Fall * 1.001 ? 0 : Level - Fall;
            Cause = Level > 0 ? Cause : null;
        }
        return Level;
    }
}
