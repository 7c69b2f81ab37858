using OCPlatform.Media.Dsp;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>What a phone's microphone gives: a soft 440 Hz tone, long enough for every test, which no recogniser takes for speech.</summary>
internal static class TestTone
{
    private const int SampleRateHz = 8000;
    private const int Seconds = 40;
    private const int FrequencyHz = 440;

    public static void Write(string path, int sampleRateHz = SampleRateHz, int channels = 1)
    {
        var samples = new short[sampleRateHz * Seconds * channels];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = (short)(1000 * Math.Sin(2 * Math.PI * FrequencyHz * (i / channels) / sampleRateHz));
        }
        using var wav = new WavWriter(path, sampleRateHz, channels);
        wav.Write(samples);
    }

    /// <summary>
    /// How much of a recording's best second is the tone: 1 for nothing else, from its power at 440 Hz against all power. A
    /// busy machine may keep the phone from playing smoothly for a while; a second of the tone and nothing else proves the way.
    /// </summary>
    public static double Share(ReadOnlySpan<short> samples)
    {
        const double audible = 300 * 300;
        var best = 0.0;
        for (var start = 0; start + SampleRateHz <= samples.Length; start += SampleRateHz / 4)
        {
            var second = samples.Slice(start, SampleRateHz);
            if (PowerOf(second) is var power && power >= audible)
            {
                best = Math.Max(best, TonePowerOf(second) / power);
            }
        }
        return best;
    }

    private static double TonePowerOf(ReadOnlySpan<short> samples)
    {
        var (re, im) = (0.0, 0.0);
        for (var i = 0; i < samples.Length; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * FrequencyHz * i / SampleRateHz);
            (re, im) = (re + samples[i] * cos, im + samples[i] * sin);
        }
        return 2 * (re * re + im * im) / samples.Length / samples.Length;
    }

    private static double PowerOf(ReadOnlySpan<short> samples)
    {
        var sum = 0.0;
        foreach (var sample in samples)
        {
            sum += (double)sample * sample;
        }
        return sum / samples.Length;
    }

    /// <summary>Loudness of a recording in parts of a tenth of a second: the loudest of them.</summary>
    public static double LoudestRms(ReadOnlySpan<short> samples)
    {
        const int part = SampleRateHz / 10;
        var loudest = 0.0;
        for (var at = 0; at + part <= samples.Length; at += part)
        {
            var sum = 0.0;
            foreach (var sample in samples.Slice(at, part))
            {
                sum += (double)sample * sample;
            }
            loudest = Math.Max(loudest, Math.Sqrt(sum / part));
        }
        return loudest;
    }
}
