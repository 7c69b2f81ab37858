namespace OCPlatform.Media.Jitter;

/// <summary>
/// Lengthens and shortens what is about to be played without changing its pitch (overlap-add of similar stretches, as in
/// WSOLA): speech by a pitch period where it repeats itself, pauses by any amount. The edits are made at the first sample
/// that is still to be played, so that what was played joins on.
/// </summary>
internal static class TimeStretch
{
    // What is compared: long enough to hold most of a period, short enough that speech is steady over it.
    private const int PatternMs = 10;

    // In pauses one stretch of noise passes into the other over 5 ms.
    private const int PauseFadeMs = 5;

    /// <summary>The shortest pitch period (400 Hz), and the least that is worth an edit, in samples.</summary>
    public static int MinPeriod(int sampleRateHz) => sampleRateHz / 400;

    /// <summary>The longest pitch period (66 Hz), in samples.</summary>
    public static int MaxPeriod(int sampleRateHz) => sampleRateHz * 3 / 200;

    /// <summary>
    /// Takes out one pitch period of at most <paramref name="most"/> samples; twice as many and 10 ms must be pending.
    /// </summary>
    /// <returns>Samples taken out; 0 when no two stretches are alike by <paramref name="likeness"/>.</returns>
    public static int ShrinkSpeech(PcmLine line, int most, double likeness, int sampleRateHz)
    {
        var ahead = line.Ahead;
        var pattern = sampleRateHz * PatternMs / 1000;
        var least = MinPeriod(sampleRateHz);
        most = Math.Min(Math.Min(most, MaxPeriod(sampleRateHz)), ahead.Length - pattern);
        if (most < least)
            return 0;
        var found = PitchSearch.Find(ahead[..pattern], ahead[least..(most + pattern)], sampleRateHz);
        var period = least + found.Offset;
        if (found.Likeness < likeness || 2 * period > ahead.Length)
            return 0;
        CrossFade(ahead[..period], ahead.Slice(period, period), ahead[..period], found.Likeness);
        line.Cut(period, period);
        return period;
    }

    /// <summary>Repeats one pitch period.</summary>
    /// <returns>Samples put in; 0 when no two stretches are alike by <paramref name="likeness"/>.</returns>
    public static int StretchSpeech(PcmLine line, double likeness, int sampleRateHz)
    {
        var pattern = sampleRateHz * PatternMs / 1000;
        var least = MinPeriod(sampleRateHz);
        var most = MaxPeriod(sampleRateHz);
        if (line.Pending < most)
            return 0;
        var from = line.From(most);
        var found = PitchSearch.Find(from.Slice(most, pattern), from[..(most - least + pattern)], sampleRateHz);
        var period = most - found.Offset;
        if (found.Likeness < likeness)
            return 0;
        Repeat(line, period, period, found.Likeness);
        return period;
    }

    /// <summary>Takes <paramref name="count"/> samples of a pause out; 5 ms more must be pending.</summary>
    public static void ShrinkPause(PcmLine line, int count, int sampleRateHz)
    {
        var ahead = line.Ahead;
        var fade = Math.Min(sampleRateHz * PauseFadeMs / 1000, Math.Min(count, ahead.Length - count));
        CrossFade(ahead[..fade], ahead.Slice(count, fade), ahead.Slice(count, fade), 0);
        line.Cut(0, count);
    }

    /// <summary>Repeats the last <paramref name="count"/> samples of a pause.</summary>
    public static void StretchPause(PcmLine line, int count, int sampleRateHz) =>
        Repeat(line, count, Math.Min(sampleRateHz * PauseFadeMs / 1000, Math.Min(count, line.Pending)), 0);

    /// <summary>Goes back by <paramref name="count"/> samples while <paramref name="fade"/> samples are played.</summary>
    private static void Repeat(PcmLine line, int count, int fade, double likeness)
    {
        var hole = line.Open(count);
        var around = line.From(count);
        // Before the hole: what was played; behind it: what comes.
        around[..count].CopyTo(hole);
        CrossFade(around.Slice(2 * count, fade), hole[..fade], hole[..fade], likeness);
    }

    /// <summary>
    /// From one stretch to the other. Alike ones add up in amplitude, others in power: the weights' sum or the sum of
    /// their squares stays 1.
    /// </summary>
    private static void CrossFade(ReadOnlySpan<short> from, ReadOnlySpan<short> to, Span<short> result, double likeness)
    {
        var step = 1f / (from.Length + 1);
        var alike = likeness > 0.5;
        for (var i = 0; i < from.Length; i++)
        {
            var weight = (i + 1) * step;
            var rest = 1 - weight;
            var scale = alike ? 1 : 1 / MathF.Sqrt(weight * weight + rest * rest);
            var sum = (from[i] * rest + to[i] * weight) * scale;
            result[i] = (short)Math.Clamp(sum, short.MinValue, short.MaxValue);
        }
    }
}
