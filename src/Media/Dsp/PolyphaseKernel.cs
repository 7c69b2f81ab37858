using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// The sums of a <see cref="PolyphaseFilter"/>. Outputs of one phase lie M input samples apart: with the input dealt out to
/// M streams, 32 of them are made at once by multiplying consecutive samples with one coefficient. Every output adds up its
/// taps in the same order wherever it falls in a block, so the result does not depend on how the input is cut.
/// </summary>
internal static class PolyphaseKernel
{
    /// <summary>Outputs made at once.</summary>
    public const int Block = 32;

    /// <summary>Ratios with more phases (those of 44.1 kHz) have too few outputs of each in a frame.</summary>
    public const int MaxPhases = 6;

    /// <summary>Deals <paramref name="window"/> out to <paramref name="count"/> streams.</summary>
    /// <returns>Distance between the streams' starts.</returns>
    public static int Deal(ReadOnlySpan<float> window, int count, Span<float> streams)
    {
        // The sums read past the end by less than a block; those lanes are thrown away.
        var stride = (window.Length + count - 1) / count + Block;
        for (var m = 0; m < count; m++)
        {
            var stream = streams.Slice(m * stride, stride);
            if (count == 1)
            {
                window.CopyTo(stream);
                stream[window.Length..].Clear();
                break;
            }

            var length = (window.Length - m + count - 1) / count;
            ref var from = ref MemoryMarshal.GetReference(window[m..]);
            for (var i = 0; i < length; i++)
                stream[i] = Unsafe.Add(ref from, i * count);
            stream[length..].Clear();
        }

        return stride;
    }

    /// <summary>Outputs of one phase: output j is the sum over t of phase[t] × window[first + t + j × M].</summary>
    /// <param name="streams">The window, dealt out to M streams <paramref name="stride"/> apart.</param>
    /// <param name="output">Room for <paramref name="outputs"/>, rounded up to whole blocks.</param>
    public static void SumPhase(
        ReadOnlySpan<float> phase,
        ReadOnlySpan<float> streams,
        int stride,
        int decimation,
        int first,
        int outputs,
        Span<float> output
    )
    {
        for (var at = 0; at < outputs; at += Block)
        {
            var (a, b, c, d) = (
                Vector256<float>.Zero,
                Vector256<float>.Zero,
                Vector256<float>.Zero,
                Vector256<float>.Zero
            );
            for (var m = 0; m < decimation; m++)
            {
                var q = first + m;
                var taps = (phase.Length - m + decimation - 1) / decimation;
                var start = q % decimation * stride + q / decimation + at;
                ref var samples = ref MemoryMarshal.GetReference(streams.Slice(start, taps - 1 + Block));
                ref var coefficients = ref MemoryMarshal.GetReference(phase[m..]);
                for (nuint k = 0; k < (nuint)taps; k++)
                {
                    var h = Vector256.Create(Unsafe.Add(ref coefficients, k * (nuint)decimation));
                    a = Vector256.MultiplyAddEstimate(h, Vector256.LoadUnsafe(ref samples, k), a);
                    b = Vector256.MultiplyAddEstimate(h, Vector256.LoadUnsafe(ref samples, k + 8), b);
                    c = Vector256.MultiplyAddEstimate(h, Vector256.LoadUnsafe(ref samples, k + 16), c);
                    d = Vector256.MultiplyAddEstimate(h, Vector256.LoadUnsafe(ref samples, k + 24), d);
                }
            }

            a.CopyTo(output[at..]);
            b.CopyTo(output[(at + 8)..]);
            c.CopyTo(output[(at + 16)..]);
            d.CopyTo(output[(at + 24)..]);
        }
    }

    /// <summary>One output.</summary>
    public static float Dot(ReadOnlySpan<float> phase, ReadOnlySpan<float> window)
    {
        var left = MemoryMarshal.Cast<float, Vector256<float>>(phase);
        var right = MemoryMarshal.Cast<float, Vector256<float>>(window);
        var sums = Vector256<float>.Zero;
        for (var i = 0; i < left.Length; i++)
            sums = Vector256.MultiplyAddEstimate(left[i], right[i], sums);
        var sum = Vector256.Sum(sums);
        for (var i = left.Length * Vector256<float>.Count; i < phase.Length; i++)
            sum += phase[i] * window[i];
        return sum;
    }

    /// <summary>Rounds, saturates and interleaves phases that lie <paramref name="stride"/> apart.</summary>
    public static void Store(ReadOnlySpan<float> phases, int stride, int count, Span<short> output)
    {
        switch (count)
        {
            case 1:
                PcmVectors.Narrow(phases, output);
                break;
            case 2 when BitConverter.IsLittleEndian:
                StoreTwo(phases, stride, output);
                break;
            default:
                for (var phase = 0; phase < count; phase++)
                    StoreEvery(phases[(phase * stride)..], output, phase, count);
                break;
        }
    }

    /// <summary>Scales and interleaves, without saturation.</summary>
    public static void Store(ReadOnlySpan<float> phases, int stride, int count, Span<float> output, float scale)
    {
        for (var phase = 0; phase < count; phase++)
        {
            var from = phases[(phase * stride)..];
            for (int n = phase, j = 0; n < output.Length; n += count, j++)
                output[n] = from[j] * scale;
        }
    }

    private static void StoreTwo(ReadOnlySpan<float> phases, int stride, Span<short> output)
    {
        var pairs = MemoryMarshal.Cast<short, int>(output);
        var second = phases[stride..];
        var low = Vector256.Create(0xFFFF);
        var i = 0;
        for (; i <= pairs.Length - 8; i += 8)
            ((PcmVectors.Round(second[i..]) << 16) | (PcmVectors.Round(phases[i..]) & low)).CopyTo(pairs[i..]);
        for (i *= 2; i < output.Length; i++)
            output[i] = PcmVectors.Saturate(phases[i % 2 * stride + i / 2]);
    }

    // The phases are as long as whole blocks, so that eight can be rounded where fewer are wanted.
    private static void StoreEvery(ReadOnlySpan<float> samples, Span<short> output, int first, int step)
    {
        Span<int> rounded = stackalloc int[8];
        for (int at = first, j = 0; at < output.Length; j += 8)
        {
            PcmVectors.Round(samples[j..]).CopyTo(rounded);
            for (var k = 0; k < 8 && at < output.Length; k++, at += step)
                output[at] = (short)rounded[k];
        }
    }
}
