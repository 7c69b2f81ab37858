using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Dsp;

/// <summary>16-bit samples to floats of the same value and back, eight at a time.</summary>
internal static class PcmVectors
{
    public static void Widen(ReadOnlySpan<short> samples, Span<float> destination)
    {
        var i = 0;
        for (; i <= samples.Length - 16; i += 16)
        {
            var (low, high) = Load(samples[i..]);
            low.CopyTo(destination[i..]);
            high.CopyTo(destination[(i + 8)..]);
        }

        for (; i < samples.Length; i++)
            destination[i] = samples[i];
    }

    /// <summary>Rounds and saturates.</summary>
    public static void Narrow(ReadOnlySpan<float> samples, Span<short> destination)
    {
        var i = 0;
        for (; i <= destination.Length - 16; i += 16)
            Vector256.Narrow(Round(samples[i..]), Round(samples[(i + 8)..])).CopyTo(destination[i..]);
        for (; i < destination.Length; i++)
            destination[i] = Saturate(samples[i]);
    }

    /// <summary>sum += samples.</summary>
    public static void Add(ReadOnlySpan<short> samples, Span<float> sum)
    {
        var i = 0;
        for (; i <= samples.Length - 16; i += 16)
        {
            var (low, high) = Load(samples[i..]);
            (Vector256.Create<float>(sum[i..]) + low).CopyTo(sum[i..]);
            (Vector256.Create<float>(sum[(i + 8)..]) + high).CopyTo(sum[(i + 8)..]);
        }

        for (; i < samples.Length; i++)
            sum[i] += samples[i];
    }

    /// <summary>difference = sum − samples.</summary>
    public static void Subtract(ReadOnlySpan<float> sum, ReadOnlySpan<short> samples, Span<float> difference)
    {
        var i = 0;
        for (; i <= samples.Length - 16; i += 16)
        {
            var (low, high) = Load(samples[i..]);
            (Vector256.Create(sum[i..]) - low).CopyTo(difference[i..]);
            (Vector256.Create(sum[(i + 8)..]) - high).CopyTo(difference[(i + 8)..]);
        }

        for (; i < samples.Length; i++)
            difference[i] = sum[i] - samples[i];
    }

    /// <summary>The first eight, rounded to the nearest (ties to even) and saturated.</summary>
    public static Vector256<int> Round(ReadOnlySpan<float> samples) =>
        Vector256.ConvertToInt32(
            Vector256.Round(
                Vector256.Clamp(Vector256.Create(samples), Vector256.Create(-32768f), Vector256.Create(32767f))
            )
        );

    public static short Saturate(float sample) => (short)MathF.Round(Math.Clamp(sample, -32768f, 32767f));

    private static (Vector256<float>, Vector256<float>) Load(ReadOnlySpan<short> samples)
    {
        var (low, high) = Vector256.Widen(Vector256.Create(samples));
        return (Vector256.ConvertToSingle(low), Vector256.ConvertToSingle(high));
    }
}
