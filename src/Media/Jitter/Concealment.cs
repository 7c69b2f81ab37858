namespace OCPlatform.Media.Jitter;

/// <summary>
/// Packet loss concealment for 8 kHz speech, after the idea of ITU-T G.711 Appendix I: the last pitch period is repeated
/// and faded out within 60 ms; where speech resumes, it is cross-faded in.
/// </summary>
internal sealed class Concealment
{
    // Pitch between 66 and 200 Hz: periods of 40 to 120 samples. The repeated stretch may hold two of them.
    private const int MinPeriod = 40;
    private const int MaxPeriod = 120;
    private const int CorrelationSamples = 160;

    /// <summary>How much good audio it looks back on.</summary>
    public const int HistorySamples = 2 * MaxPeriod + CorrelationSamples;
    public const int Overlap = 30;

    // 10 ms at full level, then down to nothing at 60 ms (Appendix I: 20 % per 10 ms).
    private const int HoldSamples = 80;

    /// <summary>After this many concealed samples it is silence, and no longer made-up speech.</summary>
    public const int FadedSamples = 480;

    private readonly short[] _period = new short[MaxPeriod];
    private int _periodLength;

    // Nothing heard yet is as good as long faded.
    private int _concealed = FadedSamples;
    private int _jump;

    /// <summary>Samples made up since the last good one.</summary>
    public int Concealed => _concealed;

    /// <summary>Joins the beginning of good audio (<see cref="Overlap"/> samples suffice) to what was made up before it.</summary>
    public void Join(Span<short> samples)
    {
        if (_concealed is > 0 and < FadedSamples)
        {
            var count = Math.Min(Overlap, samples.Length);
            for (var i = 0; i < count; i++)
            {
                var made = Next(_concealed + i);
                samples[i] = (short)((made * (count - i) + samples[i] * (i + 1)) / (count + 1));
            }
        }

        _concealed = 0;
    }

    /// <summary>The first sample is missing: learns the pitch from the last good ones.</summary>
    /// <param name="history">The last <see cref="HistorySamples"/> good samples.</param>
    public void Begin(ReadOnlySpan<short> history)
    {
        _periodLength = FindPeriod(history);
        history[^_periodLength..].CopyTo(_period);
        // What has been played ends elsewhere than where the repetition begins: bridge the step.
        _jump = history[^1] - history[^(_periodLength + 1)];
        // The end of the period runs over into its beginning: blend it with what preceded the period.
        var overlap = Math.Min(Overlap, _periodLength / 4);
        for (var i = 0; i < overlap; i++)
        {
            var before = history[HistorySamples - _periodLength - overlap + i];
            ref var tail = ref _period[_periodLength - overlap + i];
            tail = (short)((tail * (overlap - i) + before * (i + 1)) / (overlap + 1));
        }
    }

    /// <summary>Fills <paramref name="samples"/> in place of missing ones, after <see cref="Begin"/>.</summary>
    public void Conceal(Span<short> samples)
    {
        for (var i = 0; i < samples.Length; i++)
            samples[i] = Next(_concealed + i);
        _concealed = Math.Min(_concealed + samples.Length, FadedSamples);
    }

    private short Next(int at)
    {
        if (at >= FadedSamples)
            return 0;
        int sample = _period[at % _periodLength];
        if (at < Overlap)
            sample = Math.Clamp(sample + _jump * (Overlap - at) / (Overlap + 1), short.MinValue, short.MaxValue);
        return at < HoldSamples ? (short)sample : (short)(sample * (FadedSamples - at) / (FadedSamples - HoldSamples));
    }

    /// <summary>
    /// The lag with the greatest normalised correlation over the last 20 ms, searched at 4 kHz (Appendix I does the same):
    /// under overload every call conceals, so it must be cheap.
    /// </summary>
    private static int FindPeriod(ReadOnlySpan<short> history)
    {
        Span<short> halved = stackalloc short[HistorySamples / 2];
        for (var i = 0; i < halved.Length; i++)
            halved[i] = (short)((history[2 * i] + history[2 * i + 1]) / 2);
        const int length = CorrelationSamples / 2;
        var start = halved.Length - length;
        ReadOnlySpan<short> recent = halved[start..];

        long energy = 1;
        for (var i = 0; i < length; i++)
            energy += halved[start - MinPeriod / 2 + i] * halved[start - MinPeriod / 2 + i];
        var best = MaxPeriod;
        var bestScore = 0.0;
        for (var lag = MinPeriod / 2; lag <= MaxPeriod / 2; lag++)
        {
            ReadOnlySpan<short> shifted = halved.Slice(start - lag, length);
            long product = 0;
            for (var i = 0; i < length; i++)
                product += recent[i] * shifted[i];
            var score = product <= 0 ? 0 : (double)product * product / energy;
            if (score > bestScore)
                (best, bestScore) = (2 * lag, score);
            // The stretch compared moves one sample into the past.
            int oldest = shifted[length - 1];
            int next = halved[Math.Max(0, start - lag - 1)];
            energy += next * next - oldest * oldest;
        }

        return best;
    }
}
