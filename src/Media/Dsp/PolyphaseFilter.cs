using System.Numerics;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// A windowed-sinc low-pass at L times the input rate, cut into L phases of <see cref="Taps"/> coefficients each, which are
/// stored backwards so that an output sample is one dot product over consecutive input samples. All converters of a ratio
/// share one.
/// </summary>
internal sealed class PolyphaseFilter
{
    // Kaiser: at this length and this transition 71.5 dB of attenuation come out, and ripple far below 0.1 dB.
    private const double AttenuationDb = 71.5;
    private const int HalfTapsAtLowerRate = 30;

    private readonly float[] _coefficients;

    private PolyphaseFilter(int interpolation, int decimation, int taps)
    {
        Interpolation = interpolation;
        Decimation = decimation;
        Taps = taps;
        _coefficients = new float[interpolation * taps];
    }

    /// <summary>End of the pass band, as a part of the lower rate.</summary>
    public const double PassEdge = 0.425;

    /// <summary>Start of the stop band, as a part of the lower rate.</summary>
    public const double StopEdge = 0.5;

    /// <summary>L: virtual samples per input sample.</summary>
    public int Interpolation { get; }

    /// <summary>M: virtual samples per output sample.</summary>
    public int Decimation { get; }
    public int Taps { get; }

    /// <summary>Group delay in input samples.</summary>
    public int DelaySamples => Taps / 2;

    public ReadOnlySpan<float> Phase(int phase) => _coefficients.AsSpan(phase * Taps, Taps);

    public static PolyphaseFilter Design(int inputRateHz, int outputRateHz)
    {
        var divisor = (int)BigInteger.GreatestCommonDivisor(inputRateHz, outputRateHz);
        var (up, down) = (outputRateHz / divisor, inputRateHz / divisor);
        var lower = Math.Min(inputRateHz, outputRateHz);
        var half = (HalfTapsAtLowerRate * inputRateHz + lower - 1) / lower;
        var filter = new PolyphaseFilter(up, down, 2 * half);

        var virtualRate = (double)inputRateHz * up;
        var cutoff = (PassEdge + StopEdge) / 2 * lower / virtualRate;
        var beta = 0.1102 * (AttenuationDb - 8.7);
        var centre = half * up;
        var prototype = new double[2 * centre];
        double sum = 0;
        // Index 0 stays empty: the remaining odd number of taps is symmetric about the centre, an integral delay.
        for (var n = 1; n < prototype.Length; n++)
        {
            var x = n - centre;
            var sinc = x == 0 ? 2 * cutoff : Math.Sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
            var ratio = (double)x / centre;
            prototype[n] = sinc * Bessel(beta * Math.Sqrt(1 - ratio * ratio)) / Bessel(beta);
            sum += prototype[n];
        }

        for (var phase = 0; phase < up; phase++)
        {
            for (var tap = 0; tap < filter.Taps; tap++)
                filter._coefficients[phase * filter.Taps + filter.Taps - 1 - tap] = (float)(
                    prototype[phase + tap * up] * up / sum
                );
        }

        return filter;
    }

    /// <summary>Modified Bessel function of the first kind, order 0.</summary>
    private static double Bessel(double x)
    {
        double term = 1;
        double sum = 1;
        for (var k = 1; term > sum * 1e-12; k++)
        {
            term *= x * x / (4.0 * k * k);
            sum += term;
        }

        return sum;
    }
}
