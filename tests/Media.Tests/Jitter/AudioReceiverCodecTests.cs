using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Jitter;

/// <summary>Codecs with state and clocks of their own, through the receiver.</summary>
public class AudioReceiverCodecTests
{
    [Theory]
    [InlineData(AudioCodec.G722, 16_000)]
    [InlineData(AudioCodec.G722, 8000)]
    [InlineData(AudioCodec.Opus, 16_000)]
    [InlineData(AudioCodec.Opus, 8000)]
    [InlineData(AudioCodec.L16, 8000)]
    public void A_tone_comes_through_at_its_level_with_every_tenth_packet_lost(AudioCodec codec, int rateHz)
    {
        AudioCodecFactory.IsAvailable(codec).Should().BeTrue();
        using var encoder = AudioCodecFactory.CreateEncoder(codec, rateHz);
        using var receiver = new AudioReceiver(10, 200, rateHz);
        receiver.Use(AudioCodecFactory.CreateDecoder(codec, rateHz), codec.ClockRateHz());
        encoder.OnPeerLoss(0.1f);
        var frame = rateHz / 50;
        var pcm = new short[frame];
        var payload = new byte[encoder.MaxBytes(20)];
        var ticks = codec.ClockRateHz() / 50;
        var levels = new List<double>();
        var kinds = new List<FrameKind>();
        for (var i = 0; i < 300; i++)
        {
            for (var k = 0; k < frame; k++)
                pcm[k] = (short)(8000 * Math.Sin(2 * Math.PI * 400 * (i * frame + k) / rateHz));
            var length = encoder.Encode(pcm, payload);
            if (i % 10 != 7)
            {
                var bytes = new byte[RtpHeader.FixedBytes + length];
                RtpHeader.Write(bytes, 96, false, (ushort)i, (uint)(i * ticks), 3);
                payload.AsSpan(0, length).CopyTo(bytes.AsSpan(RtpHeader.FixedBytes));
                RtpHeader.TryParse(bytes, out var packet).Should().BeTrue();
                receiver.Admit(packet, out var sequence).Should().BeTrue();
                receiver.OnAudio(packet, sequence, 1_000_000_000 + i * 20_000_000L);
            }

            kinds.Add(receiver.Pull(1_005_000_000 + i * 20_000_000L, pcm).Kind);
            levels.Add(BackgroundNoise.Magnitude(pcm));
        }

        // A sine's mean magnitude is 2/π of its peak.
        levels.Skip(50).Average().Should().BeInRange(4300, 5500);
        levels.Skip(50).Min().Should().BeGreaterThan(1000, "what is lost is made up");
        receiver.Lost.Should().Be(30);
        var recoveredMs = receiver.RecoveredSamples * 1000.0 / rateHz;
        var shrunkMs = receiver.ShrunkSamples * 1000.0 / rateHz;
        (receiver.ConcealedMs + recoveredMs)
            .Should()
            .BeApproximately(600, 25, $"{recoveredMs} ms were recovered, {shrunkMs} ms left out");
        receiver.DelayMs.Should().BeLessThan(45);
        kinds.Skip(10).Should().NotContain(FrameKind.Silence);
    }
}
