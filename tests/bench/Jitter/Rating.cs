namespace OCPlatform.Bench.Jitter;

/// <summary>The E-model (ITU-T G.107) for G.711 with concealment: Ie 0, Bpl 25.1 (G.113 Appendix I).</summary>
internal static class Rating
{
    private const double Bpl = 25.1;

    /// <summary>Its parameters at their defaults give 93.2; delay as two straight lines (Cole and Rosenbluth 2001).</summary>
    public static double R(double delayMs, double missing, double burstRatio)
    {
        var percent = 100 * missing;
        var id = 0.024 * delayMs + 0.11 * Math.Max(0, delayMs - 177.3);
        return 93.2 - id - 95 * percent / (percent / burstRatio + Bpl);
    }

    public static double Mos(double r) =>
        r <= 0 ? 1
        : r >= 100 ? 4.5
        : 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
}
