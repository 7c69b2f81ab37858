using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Codecs;

public class G711Tests
{
    private static short Decode(AudioCodec codec, byte code)
    {
        Span<short> sample = stackalloc short[1];
        G711.Decode(codec, [code], sample);
        return sample[0];
    }

    private static byte Encode(AudioCodec codec, short sample)
    {
        Span<byte> code = stackalloc byte[1];
        G711.Encode(codec, [sample], code);
        return code[0];
    }

    // ITU-T G.711, tables 2a/2b (µ-law, 14 bits: value × 4) and 1a/1b (A-law, 13 bits: value × 8): decoder outputs.
    [Theory]
    [InlineData(AudioCodec.Pcmu, 0x80, 8031 * 4)]
    [InlineData(AudioCodec.Pcmu, 0x8F, 4191 * 4)]
    [InlineData(AudioCodec.Pcmu, 0x9F, 2079 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xAF, 1023 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xBF, 495 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xCF, 231 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xDF, 99 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xEF, 33 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xFE, 2 * 4)]
    [InlineData(AudioCodec.Pcmu, 0xFF, 0)]
    [InlineData(AudioCodec.Pcmu, 0x00, -8031 * 4)]
    [InlineData(AudioCodec.Pcmu, 0x7F, 0)]
    [InlineData(AudioCodec.Pcma, 0xAA, 4032 * 8)]
    [InlineData(AudioCodec.Pcma, 0xA5, 2112 * 8)]
    [InlineData(AudioCodec.Pcma, 0xB5, 1056 * 8)]
    [InlineData(AudioCodec.Pcma, 0x85, 528 * 8)]
    [InlineData(AudioCodec.Pcma, 0x95, 264 * 8)]
    [InlineData(AudioCodec.Pcma, 0xE5, 132 * 8)]
    [InlineData(AudioCodec.Pcma, 0xF5, 66 * 8)]
    [InlineData(AudioCodec.Pcma, 0xC5, 33 * 8)]
    [InlineData(AudioCodec.Pcma, 0xD5, 1 * 8)]
    [InlineData(AudioCodec.Pcma, 0x55, -1 * 8)]
    [InlineData(AudioCodec.Pcma, 0x2A, -4032 * 8)]
    public void Codes_decode_to_the_values_of_the_standard(AudioCodec codec, byte code, int sample)
    {
        ((int)Decode(codec, code)).Should().Be(sample);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public void Every_code_survives_decoding_and_encoding(AudioCodec codec)
    {
        for (var code = 0; code < 256; code++)
        {
            // µ-law has two zeros; the negative one becomes the positive.
            if (codec == AudioCodec.Pcmu && code == 0x7F)
                continue;
            Encode(codec, Decode(codec, (byte)code)).Should().Be((byte)code);
        }
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public void The_error_is_within_half_a_step_and_the_order_is_kept(AudioCodec codec)
    {
        var last = short.MinValue;
        for (var sample = -32768; sample <= 32767; sample++)
        {
            var back = Decode(codec, Encode(codec, (short)sample));
            back.Should().BeGreaterThanOrEqualTo(last, "louder stays louder");
            last = back;
            // Segments of 2^s × the finest step; the clipping levels are 32124 (µ) and 32256 (A).
            var allowed = Math.Max(16, (Math.Abs(sample) + 132) / 32 + 4);
            Math.Abs(back - sample).Should().BeLessThanOrEqualTo(Math.Abs(sample) > 31000 ? 1100 : allowed);
        }
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public void Many_samples_are_encoded_as_one_by_one(AudioCodec codec)
    {
        var samples = Enumerable.Range(-32768, 65536).Select(s => (short)s).ToArray();
        var codes = new byte[samples.Length];
        G711.Encode(codec, samples, codes);

        for (var i = 0; i < samples.Length; i++)
            codes[i].Should().Be(Encode(codec, samples[i]));
        var odd = new byte[165];
        G711.Encode(codec, samples.AsSpan(1000, 163), odd);
        odd.Should().Equal([.. codes[1000..1163], 0, 0]);
    }

    [Fact]
    public void Silence_is_the_code_of_zero()
    {
        Encode(AudioCodec.Pcmu, 0).Should().Be(G711.Silence(AudioCodec.Pcmu)).And.Be(0xFF);
        Encode(AudioCodec.Pcma, 0).Should().Be(G711.Silence(AudioCodec.Pcma)).And.Be(0xD5);
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu, 38)]
    [InlineData(AudioCodec.Pcma, 37)]
    public void A_tone_keeps_the_signal_to_noise_ratio_of_the_standard(AudioCodec codec, double decibels)
    {
        var tone = Engine.Tone.Sine(1020, 8000, amplitude: 10000);
        var codes = new byte[tone.Length];
        var back = new short[tone.Length];
        G711.Encode(codec, tone, codes);
        G711.Decode(codec, codes, back);

        var signal = tone.Sum(s => (double)s * s);
        var noise = tone.Zip(back, (a, b) => Math.Pow(a - b, 2)).Sum();
        (10 * Math.Log10(signal / noise)).Should().BeGreaterThan(decibels - 1.5);
    }
}
