using System.Numerics.Tensors;

namespace OCPlatform.Media.Jitter;

/// <summary>How far apart two stretches of a signal are that look alike.</summary>
/// <param name="Offset">Of the best match in the samples searched.</param>
/// <param name="Likeness">Normalised cross-correlation there, 0–1: near 1 in voiced speech one pitch period apart.</param>
internal readonly record struct PitchMatch(int Offset, double Likeness);

/// <summary>
/// Finds where a stretch of speech recurs, by normalised cross-correlation: coarsely at 4 kHz, then to the sample (ITU-T
/// G.711 Appendix I searches the same way).
/// </summary>
internal static class PitchSearch
{
    private const int CoarseRateHz = 4000;

    // 60 ms at 4 kHz, more than anyone asks for.
    private const int MaxCoarse = 240;

    /// <summary>Best match for <paramref name="pattern"/> in <paramref name="samples"/>, at any offset where it fits.</summary>
    public static PitchMatch Find(ReadOnlySpan<short> pattern, ReadOnlySpan<short> samples, int sampleRateHz)
    {
        var fold = sampleRateHz / CoarseRateHz;
        Span<float> coarsePattern = stackalloc float[MaxCoarse];
        Span<float> coarse = stackalloc float[MaxCoarse];
        coarsePattern = coarsePattern[..Fold(pattern, coarsePattern, fold)];
        coarse = coarse[..Fold(samples, coarse, fold)];
        var found = Best(coarsePattern, coarse, 0, coarse.Length - coarsePattern.Length);

        // At the full rate around it.
        Span<float> fine = stackalloc float[pattern.Length];
        var first = Math.Max(0, found.Offset * fold - fold);
        var last = Math.Min(samples.Length - pattern.Length, found.Offset * fold + fold);
        Span<float> near = stackalloc float[last - first + pattern.Length];
        Widen(pattern, fine);
        Widen(samples.Slice(first, near.Length), near);
        found = Best(fine, near, 0, last - first);
        return found with { Offset = first + found.Offset };
    }

    private static PitchMatch Best(ReadOnlySpan<float> pattern, ReadOnlySpan<float> samples, int first, int last)
    {
        var own = TensorPrimitives.SumOfSquares(pattern);
        var energy = TensorPrimitives.SumOfSquares(samples.Slice(first, pattern.Length));
        var best = first;
        var bestScore = -1f;
        for (var offset = first; offset <= last; offset++)
        {
            var product = TensorPrimitives.Dot(pattern, samples.Slice(offset, pattern.Length));
            var score = product <= 0 ? 0 : product * product / (energy + 1);
            if (score > bestScore)
                (best, bestScore) = (offset, score);
            if (offset < last)
            {
                var leaving = samples[offset];
                var entering = samples[offset + pattern.Length];
                energy = Math.Max(0, energy + entering * entering - leaving * leaving);
            }
        }

        return new PitchMatch(best, Math.Sqrt(bestScore / (own + 1)));
    }

    /// <summary>Sums of <paramref name="fold"/> samples each: a low-pass good enough for finding pitch.</summary>
    private static int Fold(ReadOnlySpan<short> samples, Span<float> folded, int fold)
    {
        var count = Math.Min(samples.Length / fold, folded.Length);
        if (fold == 2)
        {
            for (var i = 0; i < count; i++)
                folded[i] = samples[2 * i] + samples[2 * i + 1];
            return count;
        }

        for (var i = 0; i < count; i++)
        {
            var sum = 0;
            for (var k = 0; k < fold; k++)
                sum += samples[i * fold + k];
            folded[i] = sum;
        }

        return count;
    }

    private static void Widen(ReadOnlySpan<short> samples, Span<float> widened)
    {
        for (var i = 0; i < samples.Length; i++)
            widened[i] = samples[i];
    }
}
