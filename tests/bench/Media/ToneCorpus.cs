using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OCPlatform.Bench.Media;

/// <summary>
/// What tone detectors are tried on, all at 8 kHz: an hour of speech to stay silent on, made of recordings of people and of
/// synthetic voices at other speeds and pitches, and tones by sox.
/// </summary>
internal static class ToneCorpus
{
    public const int RateHz = 8000;

    /// <summary>Amplitude of a tone of 0 dBm0 in G.711's scale (ITU-T G.711 §6: 3.17 dB below the top of µ-law).</summary>
    public const double ZeroDbm0 = 22_300;

    public static readonly double[] DtmfHz = [697, 770, 852, 941, 1209, 1336, 1477, 1633];
    private const string People = "/usr/share/pocketsphinx/test/data";
    private const string Text = "/usr/share/common-licenses/GPL-3";
    private static readonly string[] Voices = ["slt", "rms", "awb", "kal"];

    // What telephones do to a voice, and how much people differ: speed shifts all frequencies, pitch only the harmonics.
    private static readonly string[] Manners =
    [
        "",
        "highpass 300",
        "speed 1.12 highpass 300",
        "speed 0.89",
        "pitch 250 highpass 250",
        "pitch -200",
        "speed 1.25 highpass 300",
        "speed 0.8 highpass 400",
        "pitch 500 highpass 300",
        "speed 1.06 pitch 120",
        "speed 0.94 pitch 300 highpass 350",
        "speed 1.18 pitch -150",
        "speed 1.35",
        "speed 0.75 pitch 600 highpass 300",
    ];

    /// <summary>Speech, a stretch at a time, until there is as much as was asked for: half people, half synthetic voices.</summary>
    /// <param name="seconds">How much.</param>
    /// <param name="folder">More recordings of people, WAV files; null for Debian's alone.</param>
    public static IEnumerable<(string Name, short[] Pcm)> Speech(double seconds, string? folder)
    {
        var recordings = Recordings(People).Concat(folder is null ? [] : Recordings(folder)).ToArray();
        var voices = Voices.Select(voice => new Lazy<short[]>(() => Speak(voice, 180))).ToArray();
        foreach (var manner in Manners.Concat(Manners.Select(m => $"speed 1.03 {m}")))
        {
            foreach (var stretch in Stretches(manner, recordings, voices))
            {
                if (seconds <= 0)
                    yield break;
                seconds -= (double)stretch.Pcm.Length / RateHz;
                yield return stretch;
            }
        }

        throw new InvalidOperationException("There is not so much speech.");
    }

    /// <summary>Eight channels of one second, −1…1: the frequencies of DTMF, all off by a factor.</summary>
    public static float[][] Tones(double factor, params double[] hz)
    {
        var sines = string.Join(' ', hz.Select(f => FormattableString.Invariant($"sine {f * factor:F3}")));
        var arguments = $"-q -n -r {RateHz} -e float -b 32 -t raw - synth 1 {sines}";
        var interleaved = MemoryMarshal.Cast<byte, float>(Run("sox", arguments, [])).ToArray();
        return
        [
            .. Enumerable.Range(0, hz.Length).Select(c => interleaved.Where((_, i) => i % hz.Length == c).ToArray()),
        ];
    }

    private static IEnumerable<(string Name, short[] Pcm)> Stretches(
        string manner,
        string[] files,
        Lazy<short[]>[] voices
    )
    {
        foreach (var chunk in files.Chunk(20))
        {
            var pcm = new List<short>();
            foreach (var file in chunk)
            {
                var format = file.EndsWith(".raw", StringComparison.Ordinal)
                    ? "-t raw -r 16000 -e signed -b 16 -c 1"
                    : "";
                pcm.AddRange(Sox($"{format} \"{file}\"", manner, []));
            }

            yield return ($"people {manner}", [.. pcm]);
        }

        for (var i = 0; i < voices.Length; i++)
        {
            var raw = MemoryMarshal.AsBytes<short>(voices[i].Value);
            yield return ($"{Voices[i]} {manner}", Sox($"-t raw -r {RateHz} -e signed -b 16 -c 1 -", manner, raw));
        }
    }

    private static string[] Recordings(string folder) =>
        [
            .. Directory
                .GetFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) == ".wav" || Path.GetFileName(f) == "goforward.raw")
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>A synthetic voice reads, each another part of the text.</summary>
    private static short[] Speak(string voice, int words)
    {
        var all = File.ReadAllText(Text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var part = all.Skip(Array.IndexOf(Voices, voice) * words + 100).Take(words);
        var wav = Path.GetTempFileName();
        try
        {
            Run("flite", $"-voice {voice} -t \"{string.Join(' ', part).Replace('"', ' ')}\" -o {wav}", []);
            return Sox($"-t wav {wav}", "", []);
        }
        finally
        {
            File.Delete(wav);
        }
    }

    /// <summary>Peaks at −6 dB of full scale, as loud as speech gets on a line.</summary>
    private static short[] Sox(string input, string effects, ReadOnlySpan<byte> fed) =>
        MemoryMarshal
            .Cast<byte, short>(
                Run("sox", $"-q -V1 -R {input} -t raw -r {RateHz} -e signed -b 16 -c 1 - {effects} gain -n -6", fed)
            )
            .ToArray();

    private static byte[] Run(string program, string arguments, ReadOnlySpan<byte> input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var fed = input.ToArray();
        var feeding = Task.Run(() =>
        {
            using var stdin = process.StandardInput.BaseStream;
            stdin.Write(fed);
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        feeding.Wait(TimeSpan.FromSeconds(60));
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)) || process.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed: {arguments}");
        return output.ToArray();
    }
}
