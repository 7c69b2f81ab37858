using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

public sealed class OggOpusFileTests : IDisposable
{
    private readonly RecordingRig _rig = new();

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    public void Opus_is_in_valid_pages_and_decodes_to_caller_left_and_agent_right(int rateHz)
    {
        var recorder = _rig.Begin(RecordingFormat.OggOpus, rateHz);
        var caller = RecordedAudio.Tone(440, rateHz, rateHz * 3);
        var agent = RecordedAudio.Tone(1000, rateHz, rateHz * 3);

        _rig.FeedSlowly(recorder, 0, caller, agent);
        var finished = RecordingRig.End(recorder);

        finished.Fault.Should().BeNull();
        finished.Duration.Should().Be(TimeSpan.FromSeconds(3));
        finished.Bytes.Should().Be(new FileInfo(finished.Path).Length).And.BeLessThan(3 * 6000);
        var ogg = new OggOpusReader(File.ReadAllBytes(finished.Path));
        ogg.EndIsMarked.Should().BeTrue();
        ogg.Samples48.Should().Be(3 * 48_000);
        var heard = ogg.Decode();
        RecordedAudio.Level(heard.Left, 440, 48_000).Should().BeApproximately(8000, 1200);
        RecordedAudio.Level(heard.Right, 1000, 48_000).Should().BeApproximately(8000, 1200);
        RecordedAudio.Level(heard.Right, 440, 48_000).Should().BeLessThan(400);
        RecordedAudio.Level(heard.Left, 1000, 48_000).Should().BeLessThan(400);
    }

    [Fact]
    public void A_click_stands_at_its_own_time_after_a_gap_and_a_pause()
    {
        var recorder = _rig.Begin(RecordingFormat.OggOpus);
        var second = new short[8000];
        var burst = new short[8000];
        RecordedAudio.Tone(1000, 8000, 400).CopyTo(burst.AsSpan(4000));

        _rig.FeedSlowly(recorder, 0, second, second);
        _rig.FeedSlowly(recorder, 32_000, second, second);
        recorder.Paused = true;
        _rig.FeedSlowly(recorder, 40_000, burst, burst);
        recorder.Paused = false;
        _rig.FeedSlowly(recorder, 48_000, burst, burst);
        var finished = RecordingRig.End(recorder);

        finished.Duration.Should().Be(TimeSpan.FromSeconds(7));
        var heard = new OggOpusReader(File.ReadAllBytes(finished.Path)).Decode();
        heard.DurationMs.Should().Be(7000);
        var loud = heard.Left.Select((sample, at) => (Loud: Math.Abs((int)sample) > 2000, At: at)).Where(s => s.Loud);
        // 6.5 s, give or take the codec's own smearing.
        (loud.First().At / 48.0)
            .Should()
            .BeApproximately(6500, 10);
        (loud.Last().At / 48.0).Should().BeApproximately(6550, 10);
    }

    [Fact]
    public void An_empty_recording_is_a_valid_file()
    {
        var finished = RecordingRig.End(_rig.Begin(RecordingFormat.OggOpus));

        var ogg = new OggOpusReader(File.ReadAllBytes(finished.Path));
        (ogg.EndIsMarked, ogg.Samples48).Should().Be((true, 0));
    }

    [Fact]
    public void A_long_packet_is_laced_as_RFC_3533_says()
    {
        var page = new OggPage(2048);
        page.TryAdd(new byte[510]).Should().BeTrue();
        page.TryAdd(new byte[3]).Should().BeTrue();
        page.TryAdd(new byte[2048]).Should().BeFalse();

        var bytes = page.Take(0, 0, 1, 0).ToArray();

        bytes[26].Should().Be(4);
        bytes.AsSpan(27, 4).ToArray().Should().Equal(255, 255, 0, 3);
        OggPage.LengthOf(bytes).Should().Be(27 + 4 + 513);
        bytes[^1] ^= 1;
        OggPage.LengthOf(bytes).Should().Be(0);
    }

    public void Dispose() => _rig.Dispose();
}
