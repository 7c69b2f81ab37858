using OCPlatform.Media.Dsp;

namespace OCPlatform.AiAdapters.TextToSpeech;

/// <summary>Rate conversion of a whole recording, without the delay of the streaming filter.</summary>
internal static class PcmResampling
{
    /// <returns>As many samples as the input lasts; the input itself when the rates agree.</returns>
    public static short[] Convert(short[] samples, int fromHz, int toHz)
    {
        if (fromHz == toHz || samples.Length == 0)
            return samples;
        var resampler = new Resampler(fromHz, toHz);
        var delayIn = (int)Math.Ceiling(resampler.GroupDelayMs * fromHz / 1000);
        var delayOut = (int)Math.Round(resampler.GroupDelayMs * toHz / 1000);
        var wanted = (int)((long)samples.Length * toHz / fromHz);
        var output = new short[resampler.MaxOutput(samples.Length) + resampler.MaxOutput(delayIn) + 2];
        var count = resampler.Process(samples, output);
        count += resampler.Process(new short[delayIn], output.AsSpan(count));
        return output.AsSpan(delayOut, Math.Min(wanted, count - delayOut)).ToArray();
    }

    /// <summary>As above, from floats of −1…1.</summary>
    public static short[] Convert(ReadOnlySpan<float> samples, int fromHz, int toHz)
    {
        var pcm = new short[samples.Length];
        for (var i = 0; i < pcm.Length; i++)
            pcm[i] = (short)Math.Clamp(MathF.Round(samples[i] * 32767), short.MinValue, short.MaxValue);
        return Convert(pcm, fromHz, toHz);
    }
}
