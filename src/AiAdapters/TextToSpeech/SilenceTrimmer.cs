namespace OCPlatform.AiAdapters.TextToSpeech;

/// <summary>
/// Takes the silence off a synthesised clause: Kokoro leads with up to 0.3 s of it and flite with 0.2 s, which the caller
/// would wait through.
/// </summary>
internal static class SilenceTrimmer
{
    // 40 dB below full scale; the engines' own silence is digital or nearly so.
    private const int Threshold = 328;
    private const double KeepBeforeMs = 12;
    private const double KeepAfterMs = 40;

    public static ReadOnlySpan<short> Trim(ReadOnlySpan<short> samples, int sampleRateHz)
    {
        var first = 0;
        while (first < samples.Length && Math.Abs((int)samples[first]) < Threshold)
            first++;
        var last = samples.Length - 1;
        while (last > first && Math.Abs((int)samples[last]) < Threshold)
            last--;
        if (first >= samples.Length)
            return [];
        var from = Math.Max(0, first - (int)(KeepBeforeMs * sampleRateHz / 1000));
        var to = Math.Min(samples.Length, last + 1 + (int)(KeepAfterMs * sampleRateHz / 1000));
        return samples[from..to];
    }
}
