using OCPlatform.Media.Codecs;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Codecs;

public class AudioCodecFactoryTests
{
    public static TheoryData<AudioCodec, int> EveryPair()
    {
        var pairs = new TheoryData<AudioCodec, int>();
        foreach (var codec in Enum.GetValues<AudioCodec>().Where(AudioCodecFactory.IsAvailable))
        {
            pairs.Add(codec, 8000);
            pairs.Add(codec, 16_000);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void A_tone_comes_through_at_the_sessions_rate(AudioCodec codec, int rateHz)
    {
        using var encoder = AudioCodecFactory.CreateEncoder(codec, rateHz);
        using var decoder = AudioCodecFactory.CreateDecoder(codec, rateHz);
        encoder.SampleRateHz.Should().Be(rateHz);
        decoder.SampleRateHz.Should().Be(rateHz);
        var tone = Tone.Sine(1000, rateHz, rateHz, 8000);
        var frame = rateHz / 50;
        var back = new short[tone.Length];
        var payload = new byte[encoder.MaxBytes(20)];
        for (var at = 0; at < tone.Length; at += frame)
        {
            var bytes = encoder.Encode(tone.AsSpan(at, frame), payload);
            decoder.SamplesOf(payload.AsSpan(0, bytes)).Should().Be(frame);
            decoder.Decode(payload.AsSpan(0, bytes), back.AsSpan(at)).Should().Be(frame);
        }

        // Whatever the delay: all but the beginning is the tone, at its level.
        var tail = back[(tone.Length / 2)..];
        var power = tail.Sum(s => (double)s * s) / tail.Length;
        (10 * Math.Log10(power / (8000.0 * 8000 / 2))).Should().BeInRange(-1, 1);
        Tone.Amplitude(tail, 1000, rateHz).Should().BeInRange(7500, 8500);
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Nothing_is_allocated_per_packet(AudioCodec codec, int rateHz)
    {
        using var encoder = AudioCodecFactory.CreateEncoder(codec, rateHz);
        using var decoder = AudioCodecFactory.CreateDecoder(codec, rateHz);
        var pcm = Tone.Sine(700, rateHz / 50, rateHz, 5000);
        var payload = new byte[encoder.MaxBytes(20)];
        var back = new short[pcm.Length];

        Allocations.ShouldBeNonePer(
            "packet",
            200,
            () =>
            {
                var bytes = encoder.Encode(pcm, payload);
                decoder.SamplesOf(payload.AsSpan(0, bytes));
                decoder.Decode(payload.AsSpan(0, bytes), back);
                decoder.Conceal(back);
                encoder.OnPeerLoss(0.05f);
            }
        );
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Whatever_a_payload_holds_a_decoder_stays_within_its_buffer(AudioCodec codec, int rateHz)
    {
        using var decoder = AudioCodecFactory.CreateDecoder(codec, rateHz);
        var random = new Random(7);
        var pcm = new short[rateHz / 50 * 3];
        for (var i = 0; i < 2000; i++)
        {
            var payload = new byte[random.Next(0, 1500)];
            random.NextBytes(payload);
            var expected = decoder.SamplesOf(payload);
            var samples = decoder.Decode(payload, pcm);
            samples.Should().BeInRange(0, pcm.Length);
            if (samples > 0)
                samples.Should().Be(expected);
            decoder.Recover(payload, pcm.AsSpan(0, rateHz / 50));
        }
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    [InlineData(AudioCodec.L16Narrow)]
    public void Codecs_without_state_are_shared(AudioCodec codec)
    {
        AudioCodecFactory.CreateDecoder(codec, 8000).Should().BeSameAs(AudioCodecFactory.CreateDecoder(codec, 8000));
        AudioCodecFactory.CreateEncoder(codec, 8000).Should().BeSameAs(AudioCodecFactory.CreateEncoder(codec, 8000));
    }

    [Fact]
    public void Linear_samples_are_in_network_order()
    {
        using var encoder = AudioCodecFactory.CreateEncoder(AudioCodec.L16, 16_000);
        var payload = new byte[4];
        encoder.Encode([0x1234, -2], payload).Should().Be(4);
        payload.Should().Equal(0x12, 0x34, 0xFF, 0xFE);
        using var decoder = AudioCodecFactory.CreateDecoder(AudioCodec.L16, 16_000);
        decoder.SamplesOf(payload.AsSpan(0, 3)).Should().Be(0, "half a sample is malformed");
    }

    [Fact]
    public void A_session_works_at_8_or_16_kHz()
    {
        var create = () => AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 24_000);
        create.Should().Throw<ArgumentOutOfRangeException>();
    }
}
