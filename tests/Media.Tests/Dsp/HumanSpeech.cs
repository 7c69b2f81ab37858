using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Tests.Dsp;

/// <summary>Sentences read by people, 16 kHz: Debian's pocketsphinx-testdata.</summary>
internal static class HumanSpeech
{
    private const string Folder = "/usr/share/pocketsphinx/test/data";

    public const int SampleRateHz = 16000;

    /// <summary>About 25 s out of an audio book.</summary>
    public static short[] Book() => Read("librivox");

    /// <summary>About 10 s of short phrases, by another speaker in a noisier room.</summary>
    public static short[] Phrases() => Read("cards");

    private static short[] Read(string name)
    {
        if (!Directory.Exists(Folder))
            throw new InvalidOperationException("Install the Debian package pocketsphinx-testdata.");
        var files = Directory.GetFiles(Path.Combine(Folder, name), "*.wav").Order(StringComparer.Ordinal);
        return [.. files.Select(WavFile.Read).SelectMany(w => w.Mono())];
    }
}
