using OCPlatform.Media.Codecs;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Codecs;

/// <summary>Against the codec of ffmpeg, which passes the test sequences of the recommendation.</summary>
public class G722Tests
{
    private const string FfmpegEncode = "-v error -f s16le -ar 16000 -ac 1 -i - -c:a g722 -f g722 -";
    private const string FfmpegDecode = "-v error -f g722 -i - -f s16le -";

    public static TheoryData<string> Signals => ["speech", "loud noise", "square wave", "sweep", "silence"];

    [Theory]
    [MemberData(nameof(Signals))]
    public void What_is_encoded_is_what_ffmpeg_encodes(string name)
    {
        var signal = Signal(name);

        var expected = Bytes(FfmpegEncode, signal);

        Encode(signal).AsSpan().SequenceEqual(expected.AsSpan(0, signal.Length / 2)).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public void What_is_decoded_is_what_ffmpeg_decodes(string name)
    {
        var codes = Encode(Signal(name));

        var expected = ReferenceTool.Samples(ReferenceTool.Run("ffmpeg", FfmpegDecode, codes));

        Decode(codes).AsSpan().SequenceEqual(expected).Should().BeTrue();
    }

    [Fact]
    public void Any_bytes_are_decoded_as_ffmpeg_decodes_them()
    {
        var codes = new byte[160_000];
        new Random(3).NextBytes(codes);
        // Stretches of one code drive the scale and the predictor to their limits.
        for (var code = 0; code < 256; code++)
            codes.AsSpan(code * 400, 150).Fill((byte)code);

        var expected = ReferenceTool.Samples(ReferenceTool.Run("ffmpeg", FfmpegDecode, codes));

        Decode(codes).AsSpan().SequenceEqual(expected).Should().BeTrue();
    }

    [Fact]
    public void Both_halves_of_the_band_come_through()
    {
        var speech = new short[32_000];
        for (var i = 0; i < speech.Length; i++)
            speech[i] = (short)(
                6000 * Math.Sin(2 * Math.PI * 800 * i / 16_000) + 3000 * Math.Sin(2 * Math.PI * 6000 * i / 16_000)
            );

        var back = Decode(Encode(speech))[8000..];

        Tone.Amplitude(back, 800, 16_000).Should().BeInRange(5700, 6300);
        Tone.Amplitude(back, 6000, 16_000).Should().BeInRange(2700, 3300);
    }

    [Fact]
    public void A_reset_decoder_is_as_a_new_one()
    {
        var codes = Encode(Signal("sweep"));
        var decoder = new G722Decoder();
        var pcm = new short[codes.Length * 2];
        decoder.Decode(codes, pcm);
        decoder.Reset();
        decoder.Decode(codes, pcm);

        pcm.Should().Equal(Decode(codes));
    }

    [Fact]
    public void A_payload_that_does_not_fit_gives_nothing()
    {
        new G722Decoder().Decode(new byte[161], new short[320]).Should().Be(0);
    }

    private static short[] Signal(string name)
    {
        var random = new Random(1);
        return name switch
        {
            // Not so loud that a band's sample exceeds its 15 bits: the recommendation limits it, ffmpeg does not.
            "speech" => [.. ReferenceTool.Speech16k().Select(s => (short)(s * 0.7))],
            "loud noise" => Make(i => random.Next(short.MinValue, short.MaxValue)),
            // Long flat tops, as loud as the filters take without cutting them off.
            "square wave" => Make(i => i / 40 % 2 == 0 ? 24_000 : -24_000),
            "sweep" => Make(i => 20_000 * Math.Sin(2 * Math.PI * i * i / 16_000.0 / 20)),
            _ => Make(_ => 0),
        };
    }

    private static short[] Make(Func<int, double> sample) =>
        [.. Enumerable.Range(0, 48_000).Select(i => (short)sample(i))];

    private static byte[] Bytes(string arguments, short[] signal) =>
        ReferenceTool.Run("ffmpeg", arguments, System.Runtime.InteropServices.MemoryMarshal.AsBytes<short>(signal));

    /// <summary>In packets of 20 ms.</summary>
    private static byte[] Encode(short[] signal)
    {
        var encoder = new G722Encoder();
        var codes = new byte[signal.Length / 2];
        for (var at = 0; at < codes.Length; at += 160)
        {
            var samples = signal.AsSpan(at * 2, Math.Min(320, signal.Length - at * 2));
            encoder.Encode(samples, codes.AsSpan(at)).Should().Be(samples.Length / 2);
        }

        return codes;
    }

    private static short[] Decode(byte[] codes)
    {
        var decoder = new G722Decoder();
        var pcm = new short[codes.Length * 2];
        for (var at = 0; at < codes.Length; at += 160)
        {
            var payload = codes.AsSpan(at, Math.Min(160, codes.Length - at));
            decoder.Decode(payload, pcm.AsSpan(at * 2)).Should().Be(payload.Length * 2);
        }

        return pcm;
    }
}
