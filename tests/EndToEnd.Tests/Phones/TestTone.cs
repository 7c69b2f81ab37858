using OCPlatform.Media.Dsp;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>What a phone's microphone gives: a soft 440 Hz tone, long enough for every test, which no recogniser takes for speech.</summary>
internal static class TestTone
{
    private const int SampleRateHz = 8000;
    private const int Seconds = 40;

    public static void Write(string path)
    {
        var samples = new short[SampleRateHz * Seconds];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = (short)(1000 * Math.Sin(2 * Math.PI * 440 * i / SampleRateHz));
        }
        using var wav = new WavWriter(path, SampleRateHz, 1);
        wav.Write(samples);
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
