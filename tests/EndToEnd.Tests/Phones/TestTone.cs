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
    /// How much of the loudest second of a recording is the tone: 1 for nothing else, from its power at 440 Hz against all
    /// power.
    /// </summary>
    public static double Share(ReadOnlySpan<short> samples)
    {
        var (loudest, at) = (0.0, 0);
        for (var start = 0; start + SampleRateHz <= samples.Length; start += SampleRateHz / 4)
        {
            if (PowerOf(samples.Slice(start, SampleRateHz)) is var power && power > loudest)
            {
                (loudest, at) = (power, start);
            }
        }
        if (loudest == 0)
        {
            return 0;
        }
        var second = samples.Slice(at, SampleRateHz);
        var (re, im) = (0.0, 0.0);
        for (var i = 0; i < second.Length; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * FrequencyHz * i / SampleRateHz);
            (re, im) = (re + second[i] * cos, im + second[i] * sin);
        }
        return 2 * (re * re + im * im) / second.Length / second.Length / loudest;
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
