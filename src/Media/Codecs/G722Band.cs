using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// One ADPCM sub-band of ITU-T G.722: the adaptive quantiser's scale (§3.3–3.4) and the adaptive predictor of two poles and
/// six zeros (§3.6), in the 16-bit arithmetic of §6.2, bit for bit. The same in coder and decoder. 160 bytes.
/// </summary>
internal struct G722Band
{
    private const int Zeros = 6;
    private const int MaxScaleLog = 18_432;
    private const int MaxScaleLogHigh = 22_528;

    // The zero section's coefficients and the last six differences, newest first, in 8 lanes of which two stay empty.
    private Vector256<int> _zeroCoefficients;
    private Vector256<int> _differences;
    private int _pole1;
    private int _pole2;
    private int _reconstructed1;
    private int _partial1;
    private int _partial2;
    private int _zeroPrediction;
    private int _scaleLog;

    /// <summary>The quantiser's step size.</summary>
    public int Scale { get; private set; }

    /// <summary>What the band's next sample is expected to be.</summary>
    public int Prediction { get; private set; }

    public static G722Band Low => new() { Scale = 32 };
    public static G722Band High => new() { Scale = 8 };

    private static ReadOnlySpan<short> LowWeights => [-60, -30, 58, 172, 334, 538, 1198, 3042];

    // RL42: a 4-bit code's place in the table of weights.
    private static ReadOnlySpan<byte> LowRanks => [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];

    // QM4: the coarse quantiser, which the predictor works with at every bit rate.
    // csharpier-ignore
    private static ReadOnlySpan<short> LowLevels =>
    [
        0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
    ];

    private static ReadOnlySpan<short> HighWeights => [798, -214, 798, -214];
    private static ReadOnlySpan<short> HighLevels => [-7408, -1616, 7408, 1616];

    // ILB: 2^(11 + n/32).
    // csharpier-ignore
    private static ReadOnlySpan<short> Antilogarithms =>
    [
        2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
        3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
    ];

    /// <summary>Goes on by one sample of the lower band.</summary>
    /// <param name="code">The upper four bits of the six.</param>
    public void UpdateLow(int code)
    {
        var difference = (Scale * LowLevels[code]) >> 15;
        _scaleLog = Math.Clamp(((_scaleLog * 127) >> 7) + LowWeights[LowRanks[code]], 0, MaxScaleLog);
        Scale = Antilogarithm(8);
        Predict(difference);
    }

    /// <summary>Goes on by one sample of the upper band; returns the quantised difference.</summary>
    /// <param name="code">Two bits.</param>
    public int UpdateHigh(int code)
    {
        var difference = (Scale * HighLevels[code]) >> 15;
        _scaleLog = Math.Clamp(((_scaleLog * 127) >> 7) + HighWeights[code], 0, MaxScaleLogHigh);
        Scale = Antilogarithm(10);
        Predict(difference);
        return difference;
    }

    private readonly int Antilogarithm(int exponent)
    {
        var mantissa = (int)Antilogarithms[(_scaleLog >> 6) & 31];
        var shift = exponent - (_scaleLog >> 11);
        return (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    }

    private void Predict(int difference)
    {
        // RECONS, PARREC.
        var reconstructed = Saturate(Prediction + difference);
        var partial = Saturate(_zeroPrediction + difference);

        // UPPOL2, UPPOL1: signs agree or not.
        var sameAsLast = (partial ^ _partial1) >= 0;
        var sameAsBefore = (partial ^ _partial2) >= 0;
        var four = Saturate(_pole1 << 2);
        four = sameAsLast ? Math.Min(-four, short.MaxValue) : four;
        var pole2 = Math.Clamp(
            Saturate(Saturate((four >> 7) + (sameAsBefore ? 128 : -128)) + ((_pole2 * 32_512) >> 15)),
            -12_288,
            12_288
        );
        var limit = 15_360 - pole2;
        var pole1 = Math.Clamp(Saturate((sameAsLast ? 192 : -192) + ((_pole1 * 32_640) >> 15)), -limit, limit);

        // UPZERO. The result stays within 16 bits: 32767·32640/2^15 + 128.
        var step = Vector256.Create(difference == 0 ? 0 : 128);
        var unlike = (_differences ^ Vector256.Create(difference)) >> 31;
        _zeroCoefficients = ((_zeroCoefficients * 32_640) >> 15) + ((step ^ unlike) - unlike);

        // DELAYA.
        _differences = Vector256
            .Shuffle(_differences, Vector256.Create(0, 0, 1, 2, 3, 4, 6, 6))
            .WithElement(0, difference);
        _partial2 = _partial1;
        _partial1 = partial;
        _pole2 = pole2;
        _pole1 = pole1;

        // FILTEP, FILTEZ, PREDIC.
        var poles = Saturate(
            ((pole1 * Saturate(reconstructed << 1)) >> 15) + ((pole2 * Saturate(_reconstructed1 << 1)) >> 15)
        );
        _reconstructed1 = reconstructed;
        var doubled = Vector256.Min(
            Vector256.Max(_differences << 1, Vector256.Create((int)short.MinValue)),
            Vector256.Create((int)short.MaxValue)
        );
        _zeroPrediction = Sum((_zeroCoefficients * doubled) >> 15);
        Prediction = Saturate(poles + _zeroPrediction);
    }

    /// <summary>The standard adds with saturation, oldest first; which matters only when the sum comes near the limits.</summary>
    private static int Sum(Vector256<int> terms)
    {
        if (Vector256.Sum(Vector256.Abs(terms)) <= short.MaxValue)
            return Vector256.Sum(terms);
        var sum = 0;
        for (var i = Zeros - 1; i >= 0; i--)
            sum = Saturate(sum + terms[i]);
        return sum;
    }

    private static int Saturate(int value) => Math.Clamp(value, short.MinValue, short.MaxValue);
}
