using OCPlatform.Media.Codecs;

namespace OCPlatform.Bench.Media;

/// <summary>What lies under a digit.</summary>
internal enum Background
{
    Nothing,
    Noise,
    Speech,
}

/// <summary>One digit and how it is sent: level of the stronger tone, twist (column over row), and what lies under it.</summary>
internal sealed record DtmfCase(
    char Digit,
    int DurationMs,
    double TwistDb,
    double LevelDbm0,
    double Offset,
    Background Background,
    AudioCodec Law
)
{
    public const string Digits = "123A456B789C*0#D";

    public static readonly double[] Offsets = [-0.015, 0, 0.015];

    /// <summary>Every combination.</summary>
    public static IEnumerable<DtmfCase> All() =>
        from durationMs in new[] { 45, 60, 100 }
        from twist in new double[] { -8, -6, 0, 6 }
        from level in new double[] { 0, -10, -20, -30, -35 }
        from offset in Offsets
        from background in Enum.GetValues<Background>()
        from law in new[] { AudioCodec.Pcmu, AudioCodec.Pcma }
        from digit in Digits
        select new DtmfCase(digit, durationMs, twist, level, offset, background, law);
}

/// <summary>Sends digits through G.711 to a detector, with pauses of 45 ms, and counts those that are found.</summary>
internal sealed class DtmfTrial(ReadOnlyMemory<short> speech)
{
    /// <summary>How far noise, or speech while it is loud, lies below the tones.</summary>
    public const double BackgroundDb = 15;

    private const int PauseMs = 45;
    private readonly Dictionary<double, float[][]> _tones = DtmfCase.Offsets.ToDictionary(
        o => o,
        o => ToneCorpus.Tones(1 + o, ToneCorpus.DtmfHz)
    );
    private readonly Random _random = new(1);
    private int _speechAt;

    /// <summary>Whether this digit, and nothing else, is heard.</summary>
    public bool IsFound(DtmfCase digit)
    {
        var detector = new InBandDtmf(ToneCorpus.RateHz);
        var pcm = Make(digit);
        var codes = new byte[pcm.Length];
        G711.Encode(digit.Law, pcm, codes);
        G711.Decode(digit.Law, codes, pcm);
        var heard = "";
        for (var at = 0; at < pcm.Length; at += 160)
        {
            if (detector.Process(pcm.AsSpan(at, 160), out var found, out _))
                heard += found;
        }

        return heard == digit.Digit.ToString();
    }

    /// <summary>The digit somewhere within frames, with a pause before and after.</summary>
    private short[] Make(DtmfCase digit)
    {
        var begin = 8 * PauseMs + _random.Next(160);
        var length = 8 * digit.DurationMs;
        var pcm = new short[(begin + length + 8 * PauseMs + 159) / 160 * 160];
        var code = DtmfCase.Digits.IndexOf(digit.Digit, StringComparison.Ordinal);
        var (row, column) = (_tones[digit.Offset][code / 4], _tones[digit.Offset][4 + code % 4]);
        var phase = _random.Next(4000);
        var amplitude = ToneCorpus.ZeroDbm0 * Math.Pow(10, digit.LevelDbm0 / 20);
        // Two tones of 0 dBm0 exceed what G.711 can carry: the sum is limited as a telephone's is.
        amplitude = Math.Min(amplitude, 15_500);
        var rowAmplitude = amplitude * Math.Pow(10, Math.Min(0, -digit.TwistDb) / 20);
        var columnAmplitude = amplitude * Math.Pow(10, Math.Min(0, digit.TwistDb) / 20);
        var power = (rowAmplitude * rowAmplitude + columnAmplitude * columnAmplitude) / 2;
        var background = Under(digit.Background, pcm.Length, power * Math.Pow(10, -BackgroundDb / 10));
        for (var i = 0; i < pcm.Length; i++)
        {
            var inside = i >= begin && i < begin + length;
            var tone = inside ? rowAmplitude * row[phase + i] + columnAmplitude * column[phase + i] : 0;
            pcm[i] = (short)Math.Clamp(tone + background[i], short.MinValue, short.MaxValue);
        }

        return pcm;
    }

    private double[] Under(Background kind, int samples, double power)
    {
        var under = new double[samples];
        if (kind == Background.Noise)
        {
            for (var i = 0; i < samples; i++)
                under[i] =
                    Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(_random.NextDouble() * 2 * Math.PI);
        }
        else if (kind == Background.Speech)
        {
            _speechAt = (_speechAt + 7919) % (speech.Length - samples);
            for (var i = 0; i < samples; i++)
                under[i] = speech.Span[_speechAt + i];
        }

        var present = under.Average(u => u * u);
        // A pause of the speaker stays one.
        if (kind == Background.Speech)
            present = Math.Max(present, 500 * 500);
        var gain = present == 0 ? 0 : Math.Sqrt(power / present);
        for (var i = 0; i < samples; i++)
            under[i] *= gain;
        return under;
    }
}
