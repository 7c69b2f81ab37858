namespace OCPlatform.Media.Dsp;

/// <summary>
/// The K-weighting of ITU-R BS.1770-4, Annex 1: a shelf for the head's effect, then a high-pass (RLB). The recommendation
/// gives coefficients for 48 kHz; others follow from the analogue filters behind them by the bilinear transform, exact at
/// the shelf's corner of 1682 Hz; speech reads within 0.3 LU of 48 kHz at 8 kHz, within 0.1 LU at 16 kHz.
/// </summary>
internal struct KWeighting
{
    private readonly Biquad _shelf;
    private readonly Biquad _highPass;
    private double _s1,
        _s2,
        _h1,
        _h2;

    public KWeighting(int sampleRateHz)
    {
        _shelf = Shelf(sampleRateHz);
        _highPass = HighPass(sampleRateHz);
    }

    /// <summary>Sum of the squares of the weighted samples.</summary>
    public double SumOfSquares(ReadOnlySpan<short> samples)
    {
        var (s, h) = (_shelf, _highPass);
        var (s1, s2, h1, h2) = (_s1, _s2, _h1, _h2);
        double sum = 0;
        foreach (var sample in samples)
        {
            // Transposed direct form II.
            double x = sample;
            var y = s.B0 * x + s1;
            s1 = s.B1 * x - s.A1 * y + s2;
            s2 = s.B2 * x - s.A2 * y;
            var z = h.B0 * y + h1;
            h1 = h.B1 * y - h.A1 * z + h2;
            h2 = h.B2 * y - h.A2 * z;
            sum += z * z;
        }

        (_s1, _s2, _h1, _h2) = (s1, s2, h1, h2);
        return sum;
    }

    private static Biquad Shelf(int rateHz)
    {
        const double cornerHz = 1681.974450955533;
        const double gainDb = 3.999843853973347;
        const double quality = 0.7071752369554196;
        var k = Math.Tan(Math.PI * cornerHz / rateHz);
        var high = Math.Pow(10, gainDb / 20);
        var band = Math.Pow(high, 0.4996667741545416);
        var a0 = 1 + k / quality + k * k;
        return new Biquad(
            (high + band * k / quality + k * k) / a0,
            2 * (k * k - high) / a0,
            (high - band * k / quality + k * k) / a0,
            2 * (k * k - 1) / a0,
            (1 - k / quality + k * k) / a0
        );
    }

    private static Biquad HighPass(int rateHz)
    {
        const double cornerHz = 38.13547087602444;
        const double quality = 0.5003270373238773;
        var k = Math.Tan(Math.PI * cornerHz / rateHz);
        var a0 = 1 + k / quality + k * k;
        return new Biquad(1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0);
    }

    private readonly record struct Biquad(double B0, double B1, double B2, double A1, double A2);
}
