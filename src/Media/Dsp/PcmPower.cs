using System.Numerics;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>Power and peak of 16-bit samples.</summary>
public static class PcmPower
{
    /// <summary>Power of a full-scale square wave; 0 dBFS is this.</summary>
    public const float FullScale = 32768f * 32768f;

    /// <summary>Mean square without the constant part (a line's DC offset is no sound), in squared sample steps.</summary>
    public static float MeanSquare(ReadOnlySpan<short> samples)
    {
        if (samples.IsEmpty)
            return 0;
        var sums = Vector<float>.Zero;
        var squares = Vector<float>.Zero;
        var vectors = MemoryMarshal.Cast<short, Vector<short>>(samples);
        foreach (var vector in vectors)
        {
            Vector.Widen(vector, out var low, out var high);
            var (first, second) = (Vector.ConvertToSingle(low), Vector.ConvertToSingle(high));
            sums += first + second;
            squares += first * first + second * second;
        }

        var sum = Vector.Sum(sums);
        var square = Vector.Sum(squares);
        for (var i = vectors.Length * Vector<short>.Count; i < samples.Length; i++)
        {
            float sample = samples[i];
            sum += sample;
            square += sample * sample;
        }

        var mean = sum / samples.Length;
        return MathF.Max(0, square / samples.Length - mean * mean);
    }

    /// <summary>The largest magnitude, 32768 at most.</summary>
    public static int Peak(ReadOnlySpan<short> samples)
    {
        if (samples.IsEmpty)
            return 0;
        var vectors = MemoryMarshal.Cast<short, Vector<short>>(samples);
        var (low, high) = (Vector<short>.Zero, Vector<short>.Zero);
        foreach (var vector in vectors)
        {
            low = Vector.Min(low, vector);
            high = Vector.Max(high, vector);
        }

        int peak = 0;
        for (var i = 0; i < Vector<short>.Count; i++)
            peak = Math.Max(peak, Math.Max(-low[i], (int)high[i]));
        foreach (var sample in samples[(vectors.Length * Vector<short>.Count)..])
            peak = Math.Max(peak, Math.Abs((int)sample));
        return peak;
    }

    /// <summary>dB relative to <see cref="FullScale"/>; −120 at the least.</summary>
    public static float Decibels(float meanSquare) => 10 * MathF.Log10(MathF.Max(meanSquare / FullScale, 1e-12f));

    /// <summary>The inverse of <see cref="Decibels"/>.</summary>
    public static float FromDecibels(float decibels) => FullScale * MathF.Pow(10, decibels / 10);
}
