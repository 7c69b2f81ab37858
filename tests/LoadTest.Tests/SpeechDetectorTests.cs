using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.LoadTest.Tests;

public sealed class SpeechDetectorTests
{
    private static readonly TimeSpan Exactness = TimeSpan.FromMilliseconds(10);

    [Theory]
    [InlineData(-100)]
    [InlineData(-70)]
    [InlineData(-55)]
    [InlineData(-48)]
    public void Bursts_of_speech_are_found_within_10_ms_whatever_the_comfort_noise(double noiseDb)
    {
        var clean = Signals.Join(
            Signals.Silence(1234),
            Signals.Voice(900, -20),
            Signals.Silence(803),
            Signals.Voice(301, -26),
            Signals.Silence(1000)
        );
        var detector = Hear(Signals.Add(clean, Signals.Noise(clean.Length / 8, noiseDb)));

        detector.Ended.Should().HaveCount(2);
        Near(detector.Ended[0], 1234, 2134);
        Near(detector.Ended[1], 2937, 3238);
        detector.IsSpeaking.Should().BeFalse();
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public void G711_moves_nothing(AudioCodec codec)
    {
        var pcm = Signals.Join(Signals.Silence(500), Signals.Voice(700), Signals.Silence(500));
        var codes = new byte[pcm.Length];
        G711.Encode(codec, pcm, codes);
        G711.Decode(codec, codes, pcm);

        Near(Hear(pcm).Ended.Should().ContainSingle().Subject, 500, 1200);
    }

    [Fact]
    public void Noise_alone_is_no_speech() =>
        Hear(Signals.Noise(5000, -48)).Should().Match<SpeechDetector>(d => d.Ended.Count == 0 && !d.IsSpeaking);

    [Fact]
    public void Speech_over_loud_line_noise_is_found_once_the_floor_is_known()
    {
        var detector = Hear(
            Signals.Join(
                Signals.Noise(2000, -44),
                Signals.Add(Signals.Noise(800, -44, 2), Signals.Voice(800, -18)),
                Signals.Noise(1500, -44, 3)
            )
        );

        Near(detector.Ended.Should().ContainSingle().Subject, 2000, 2800);
    }

    [Fact]
    public void A_click_is_no_speech() =>
        Hear(Signals.Join(Signals.Silence(300), Signals.Voice(10, -12), Signals.Silence(600))).Ended.Should().BeEmpty();

    [Fact]
    public void A_pause_between_words_does_not_end_the_stretch() =>
        Near(
            Hear(
                Signals.Join(
                    Signals.Silence(400),
                    Signals.Voice(200),
                    Signals.Silence(180),
                    Signals.Voice(200),
                    Signals.Silence(600)
                )
            )
                .Ended.Should()
                .ContainSingle()
                .Subject,
            400,
            980
        );

    [Fact]
    public void A_stretch_ends_by_the_clock_when_packets_stop()
    {
        var detector = Hear(Signals.Join(Signals.Silence(200), Signals.Voice(400)));
        detector.IsSpeaking.Should().BeTrue();

        detector.Advance(TimeSpan.FromMilliseconds(840));
        detector.IsSpeaking.Should().BeTrue();
        detector.Advance(TimeSpan.FromMilliseconds(860));

        Near(detector.Ended.Should().ContainSingle().Subject, 200, 600);
    }

    [Fact]
    public void Times_are_the_packets_own_when_one_is_delayed()
    {
        var detector = new SpeechDetector();
        detector.Push(Signals.Silence(20), TimeSpan.Zero);
        // The first packet with speech is 35 ms late: that is when it can be heard.
        detector.Push(Signals.Voice(20), TimeSpan.FromMilliseconds(55));
        detector.Push(Signals.Voice(20), TimeSpan.FromMilliseconds(56));

        (detector.Current!.Value.Start - TimeSpan.FromMilliseconds(55)).Duration().Should().BeLessThan(Exactness);
    }

    [Theory]
    [InlineData(160)]
    [InlineData(80)]
    [InlineData(240)]
    [InlineData(7)]
    public void The_packet_size_does_not_matter(int samples)
    {
        var pcm = Signals.Join(Signals.Silence(333), Signals.Voice(444), Signals.Silence(555));

        Near(Hear(pcm, samples).Ended.Should().ContainSingle().Subject, 333, 777);
    }

    private static SpeechDetector Hear(short[] pcm, int packetSamples = 160)
    {
        var detector = new SpeechDetector();
        for (var at = 0; at < pcm.Length; at += packetSamples)
        {
            var packet = pcm.AsSpan(at, Math.Min(packetSamples, pcm.Length - at));
            detector.Push(packet, TimeSpan.FromMicroseconds(at * 125.0));
        }
        return detector;
    }

    private static void Near(SpeechSegment segment, int startMs, int endMs)
    {
        segment.Start.Should().BeCloseTo(TimeSpan.FromMilliseconds(startMs), Exactness);
        segment.End.Should().BeCloseTo(TimeSpan.FromMilliseconds(endMs), Exactness);
    }
}
