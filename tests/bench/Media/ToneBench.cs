using System.Globalization;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;

namespace OCPlatform.Bench.Media;

/// <summary>Tone detectors: what they hear in speech, which digits they miss, what they cost.</summary>
internal static class ToneBench
{
    private const int Frame = ToneCorpus.RateHz / 50;

    /// <param name="arguments">[MINUTES OF SPEECH] [FOLDER WITH MORE RECORDINGS]</param>
    public static int Run(string[] arguments)
    {
        var minutes = arguments.Length > 0 ? double.Parse(arguments[0], CultureInfo.InvariantCulture) : 30;
        var speech = ToneCorpus.Speech(minutes * 60, arguments.ElementAtOrDefault(1)).ToList();
        var wrong = Listen(speech);
        var missed = Dial(speech[0].Pcm);
        Costs(speech[0].Pcm);
        return wrong + missed == 0 ? 0 : 1;
    }

    private static int Listen(List<(string Name, short[] Pcm)> speech)
    {
        var table = new FigureTable("speech", "seconds", "digits", "fax tones");
        var seconds = 0.0;
        var (digits, tones) = (0, 0);
        foreach (var (name, pcm) in speech)
        {
            var (heard, fax) = (Digits(pcm), FaxTones(pcm));
            digits += heard.Count;
            tones += fax.Count;
            seconds += (double)pcm.Length / ToneCorpus.RateHz;
            if (heard.Count + fax.Count > 0)
                table.Add(
                    name,
                    $"{(double)pcm.Length / ToneCorpus.RateHz:F0}",
                    string.Join(' ', heard),
                    string.Join(' ', fax)
                );
        }

        table.Add("all", $"{seconds:F0}", $"{digits}", $"{tones}").Print();
        return digits + tones;
    }

    /// <summary>Each digit with its duration.</summary>
    public static List<string> Digits(ReadOnlySpan<short> pcm)
    {
        var detector = new InBandDtmf(ToneCorpus.RateHz);
        var heard = new List<string>();
        for (; pcm.Length >= Frame; pcm = pcm[Frame..])
        {
            if (detector.Process(pcm[..Frame], out var digit, out var ms))
                heard.Add($"{digit}({ms})");
        }

        return heard;
    }

    public static List<FaxTone> FaxTones(ReadOnlySpan<short> pcm)
    {
        var detector = new FaxToneDetector(ToneCorpus.RateHz);
        var heard = new List<FaxTone>();
        for (; pcm.Length >= Frame; pcm = pcm[Frame..])
        {
            if (detector.Process(pcm[..Frame], out var tone))
                heard.Add(tone);
        }

        return heard;
    }

    /// <returns>1 when less than 99.5 % are found.</returns>
    private static int Dial(short[] speech)
    {
        var trial = new DtmfTrial(speech);
        var results = DtmfCase.All().Select(c => (Case: c, Found: trial.IsFound(c))).ToList();
        var table = new FigureTable("digits", "sent", "missed", "found");
        By("all", _ => "");
        By("under them", c => c.Background);
        By("level dBm0", c => c.LevelDbm0);
        By("twist dB", c => c.TwistDb);
        By("offset", c => c.Offset);
        By("ms", c => c.DurationMs);
        By("digit", c => c.Digit);
        table.Print();
        return results.Count(r => !r.Found) * 200 > results.Count ? 1 : 0;

        void By(string name, Func<DtmfCase, object> key)
        {
            foreach (var group in results.GroupBy(r => key(r.Case)))
            {
                var (sent, lost) = (group.Count(), group.Count(r => !r.Found));
                table.Add($"{name} {group.Key}", $"{sent}", $"{lost}", $"{100.0 * (sent - lost) / sent:F2} %");
            }
        }
    }

    private static void Costs(short[] speech)
    {
        var dtmf = new InBandDtmf(ToneCorpus.RateHz);
        var at = 0;
        var table = new FigureTable("20 ms of speech", "ns", "bytes allocated");
        Add("in-band DTMF", () => dtmf.Process(Next(), out _, out _));
        var fax = new FaxToneDetector(ToneCorpus.RateHz);
        Add("fax tones", () => fax.Process(Next(), out _));
        var wide = new InBandDtmf(2 * ToneCorpus.RateHz);
        Add("in-band DTMF from 16 kHz", () => wide.Process(Next(2), out _, out _));
        table.Print();

        ReadOnlySpan<short> Next(int frames = 1)
        {
            at = at + 3 * Frame > speech.Length ? 0 : at + Frame;
            return speech.AsSpan(at, frames * Frame);
        }

        void Add(string name, Action operation)
        {
            var cost = Measurement.Of(operation);
            table.Add(name, $"{cost.Nanoseconds:F0}", $"{cost.AllocatedBytes:F1}");
        }
    }
}
