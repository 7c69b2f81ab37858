using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using OCPlatform.Media.Dsp;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>A recording of a person with what was said.</summary>
public sealed record Clip(string Name, string Transcript, short[] Samples, int SampleRateHz)
{
    public double Seconds => (double)Samples.Length / SampleRateHz;
}

/// <summary>Human speech: Debian's pocketsphinx-testdata, and the shared test data where it is checked out.</summary>
public static partial class Corpus
{
    private const string Pocketsphinx = "/usr/share/pocketsphinx/test/data";

    private static readonly string[] DigitWords =
    [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
    ];

    /// <summary>Five sentences out of audio books, five card phrases, and two of the single recordings.</summary>
    public static IReadOnlyList<Clip> Debian()
    {
        if (!Directory.Exists(Pocketsphinx))
            throw new InvalidOperationException("Install the Debian package pocketsphinx-testdata.");
        var clips = new List<Clip>();
        foreach (var (folder, list) in new[] { ("librivox", "transcription"), ("cards", "cards.transcription") })
        {
            foreach (var line in File.ReadLines($"{Pocketsphinx}/{folder}/{list}"))
            {
                var match = TranscriptLine().Match(line);
                if (!match.Success)
                    continue;
                var wav = WavFile.Read($"{Pocketsphinx}/{folder}/{match.Groups[2].Value}.wav");
                clips.Add(new Clip(match.Groups[2].Value, match.Groups[1].Value, wav.Mono(), wav.SampleRateHz));
            }
        }

        clips.Add(Raw("goforward", "go forward ten meters"));
        return clips;
    }

    /// <summary>Sentences of the shared test data; empty where they are not checked out.</summary>
    public static IReadOnlyList<Clip> SharedSentences()
    {
        if (Shared() is not { } shared)
            return [];
        var folder = Path.Combine(shared, "sentences16k");
        return
        [
            .. File.ReadLines(Path.Combine(folder, "transcripts.tsv"))
                .Select(line => line.Split('\t'))
                .Where(parts => parts.Length == 2)
                .Select(parts =>
                {
                    var wav = WavFile.Read(Path.Combine(folder, parts[0]));
                    return new Clip(parts[0], parts[1], wav.Mono(), wav.SampleRateHz);
                }),
        ];
    }

    /// <summary>
    /// Strings of five digits by one speaker each, made of the shared single-digit recordings with short gaps; 8 kHz. Empty
    /// where they are not checked out.
    /// </summary>
    public static IReadOnlyList<Clip> DigitStrings(int gapSamples = 1200)
    {
        if (Shared() is not { } shared)
            return [];
        var bySpeaker = Directory
            .GetFiles(Path.Combine(shared, "digits8k"), "*.wav")
            .Order(StringComparer.Ordinal)
            .GroupBy(path => Path.GetFileNameWithoutExtension(path).Split('_')[1]);
        var clips = new List<Clip>();
        foreach (var speaker in bySpeaker)
        {
            var files = speaker.ToArray();
            new Random(files.Length).Shuffle(files);
            foreach (var five in files.Chunk(5))
            {
                var samples = new List<short>();
                foreach (var file in five)
                {
                    samples.AddRange(WavFile.Read(file).Mono());
                    samples.AddRange(new short[gapSamples]);
                }

                var words = five.Select(file => DigitWords[Path.GetFileName(file)[0] - '0']);
                clips.Add(new Clip($"{speaker.Key} {clips.Count}", string.Join(' ', words), [.. samples], 8000));
            }
        }

        return clips;
    }

    private static Clip Raw(string name, string transcript)
    {
        var bytes = File.ReadAllBytes($"{Pocketsphinx}/{name}.raw");
        return new Clip(name, transcript, MemoryMarshal.Cast<byte, short>(bytes).ToArray(), 16_000);
    }

    private static string? Shared()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
        {
            var path = Path.Combine(up.FullName, "shared", "testdata", "speech");
            if (Directory.Exists(path))
                return path;
        }

        return null;
    }

    [GeneratedRegex(@"<s>\s*(.*?)\s*</s>\s*\((.*)\)")]
    private static partial Regex TranscriptLine();
}
