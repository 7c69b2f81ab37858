using OCPlatform.Media.Codecs;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Codecs;

public class ComfortNoiseDecoderTests
{
    [Theory]
    [InlineData(40, 8000, 8000)]
    [InlineData(60, 16_000, 16_000)]
    [InlineData(50, 8000, 16_000)]
    public void Noise_has_the_level_of_the_payload(int level, int noiseRateHz, int sampleRateHz)
    {
        var decoder = new ComfortNoiseDecoder(noiseRateHz, sampleRateHz);
        decoder.Read([(byte)level]).Should().BeTrue();

        LevelOf(Generate(decoder, sampleRateHz)).Should().BeApproximately(-level, 1);
    }

    [Fact]
    public void A_spectrum_changes_the_colour_and_keeps_the_level()
    {
        var white = new ComfortNoiseDecoder(8000, 8000);
        var dull = new ComfortNoiseDecoder(8000, 8000);
        white.Read([40]);
        // k1 = −0.9: neighbouring samples are alike; k2 = 0.
        dull.Read([40, 127 - 114, 127]);
        var bright = new ComfortNoiseDecoder(8000, 8000);
        bright.Read([40, 127 + 114]);

        var (w, d, b) = (Generate(white, 8000), Generate(dull, 8000), Generate(bright, 8000));

        LevelOf(d).Should().BeApproximately(-40, 1.5);
        LevelOf(b).Should().BeApproximately(-40, 1.5);
        Correlation(w).Should().BeApproximately(0, 0.03);
        Correlation(d).Should().BeApproximately(0.9, 0.03);
        Correlation(b).Should().BeApproximately(-0.9, 0.03);
    }

    [Fact]
    public void A_model_of_high_order_is_played_as_its_all_pole_filter()
    {
        // A resonance at 1 kHz with poles of radius 0.95: a1 = −2r·cos(π/4), a2 = r²; k2 = a2, k1 = a1 / (1 + a2).
        var (a1, a2) = (-2 * 0.95 * Math.Cos(Math.PI / 4), 0.95 * 0.95);
        var decoder = new ComfortNoiseDecoder(8000, 8000);
        decoder.Read([30, Quantised(a1 / (1 + a2)), Quantised(a2)]);

        var noise = Generate(decoder, 8000);

        BandLevel(noise, 1000).Should().BeGreaterThan(BandLevel(noise, 500) + 12);
        BandLevel(noise, 1000).Should().BeGreaterThan(BandLevel(noise, 2000) + 12);

        static byte Quantised(double k) => (byte)Math.Round(127 + k * 32768 / 258);
    }

    [Fact]
    public void Any_payload_gives_noise_no_louder_than_it_says()
    {
        var random = new Random(11);
        var decoder = new ComfortNoiseDecoder(8000, 8000);
        decoder.Read([]).Should().BeFalse();
        for (var i = 0; i < 500; i++)
        {
            var payload = new byte[random.Next(1, 40)];
            random.NextBytes(payload);
            payload[0] = 45;
            decoder.Read(payload).Should().BeTrue();
            var frame = new short[160];
            decoder.Generate(frame);
            LevelOf(frame).Should().BeLessThan(-32);
        }
    }

    [Fact]
    public void There_is_silence_before_a_description_and_after_a_reset()
    {
        var decoder = new ComfortNoiseDecoder(8000, 8000);
        var frame = new short[160];
        frame.AsSpan().Fill(1);
        decoder.Generate(frame);
        frame.Should().AllBeEquivalentTo((short)0);
        decoder.Read([20, 1, 2, 3]);
        decoder.Generate(frame);
        frame.Should().Contain(s => s != 0);
        decoder.Reset();
        decoder.Generate(frame);
        frame.Should().AllBeEquivalentTo((short)0);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var decoder = new ComfortNoiseDecoder(8000, 16_000);
        var frame = new short[320];
        byte[] payload = [50, 100, 140, 120];

        Allocations.ShouldBeNonePer(
            "frame",
            200,
            () =>
            {
                decoder.Read(payload);
                decoder.Generate(frame);
            }
        );
    }

    /// <summary>Four seconds, in frames.</summary>
    private static short[] Generate(ComfortNoiseDecoder decoder, int rateHz)
    {
        var pcm = new short[4 * rateHz];
        for (var at = 0; at < pcm.Length; at += rateHz / 50)
            decoder.Generate(pcm.AsSpan(at, rateHz / 50));
        return pcm;
    }

    private static double LevelOf(short[] pcm) =>
        10 * Math.Log10(pcm.Average(s => (double)s * s) / (32768.0 * 32768) + 1e-20);

    private static double Correlation(short[] pcm) =>
        pcm.Zip(pcm.Skip(1), (a, b) => (double)a * b).Sum() / pcm.Sum(s => (double)s * s);

    /// <summary>Mean level about a frequency, over many short windows.</summary>
    private static double BandLevel(short[] pcm, double hz) =>
        20 * Math.Log10(pcm.Chunk(200).Average(part => Tone.Amplitude(part, hz, 8000)));
}
