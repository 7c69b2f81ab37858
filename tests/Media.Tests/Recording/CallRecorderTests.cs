using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

public sealed class CallRecorderTests : IDisposable
{
    private readonly RecordingRig _rig = new();

    [Theory]
    [InlineData(RecordingFormat.WavUlaw, 8000, "u-law")]
    [InlineData(RecordingFormat.WavPcm, 8000, "Signed Integer PCM")]
    [InlineData(RecordingFormat.WavUlaw, 16_000, "u-law")]
    [InlineData(RecordingFormat.WavPcm, 16_000, "Signed Integer PCM")]
    public void The_caller_is_left_the_agent_right_and_sox_says_the_same_of_the_file(
        RecordingFormat format,
        int rateHz,
        string encoding
    )
    {
        var recorder = _rig.Begin(format, rateHz);
        var caller = RecordedAudio.Tone(440, rateHz, rateHz * 3);
        var agent = RecordedAudio.Tone(1000, rateHz, rateHz * 3);

        _rig.FeedSlowly(recorder, 4800, caller, agent);
        var finished = RecordingRig.End(recorder);

        finished.Duration.Should().Be(TimeSpan.FromSeconds(3));
        (finished.LostMs, finished.GapMs, finished.Fault).Should().Be((0, 0, null));
        finished.Bytes.Should().Be(new FileInfo(finished.Path).Length);
        RecordedAudio.Soxi("-s", finished.Path).Should().Be($"{rateHz * 3}");
        RecordedAudio.Soxi("-r", finished.Path).Should().Be($"{rateHz}");
        RecordedAudio.Soxi("-c", finished.Path).Should().Be("2");
        RecordedAudio.Soxi("-e", finished.Path).Should().Be(encoding);
        var heard = RecordedAudio.ReadWav(finished.Path);
        RecordedAudio.Level(heard.Left, 440, rateHz).Should().BeApproximately(8000, 100);
        RecordedAudio.Level(heard.Left, 1000, rateHz).Should().BeLessThan(20);
        RecordedAudio.Level(heard.Right, 1000, rateHz).Should().BeApproximately(8000, 100);
        RecordedAudio.Level(heard.Right, 440, rateHz).Should().BeLessThan(20);
    }

    [Fact]
    public void What_came_as_PCMU_stands_in_the_file_bit_by_bit()
    {
        var codes = new byte[8000];
        new Random(7).NextBytes(codes);
        // The two zeros of µ-law are the same sample, and there is one code for it.
        codes.AsSpan().Replace((byte)0x7F, (byte)0xFF);
        var pcm = new short[codes.Length];
        G711.Decode(AudioCodec.Pcmu, codes, pcm);
        var recorder = _rig.Begin();

        _rig.FeedSlowly(recorder, 0, pcm, pcm);
        var finished = RecordingRig.End(recorder);

        var file = File.ReadAllBytes(finished.Path);
        var left = Enumerable.Range(0, codes.Length).Select(i => file[58 + 2 * i]);
        left.Should().Equal(codes);
    }

    [Theory]
    [InlineData(RecordingFormat.WavUlaw)]
    [InlineData(RecordingFormat.WavPcm)]
    public void Ticks_that_the_clock_gave_up_are_silence_of_the_same_length(RecordingFormat format)
    {
        var recorder = _rig.Begin(format);
        var second = RecordedAudio.Tone(440, 8000, 8000);

        // 0.1 s goes into the same block, 5 s beyond what any block holds.
        _rig.FeedSlowly(recorder, 0, second, second);
        _rig.FeedSlowly(recorder, 8800, second, second);
        _rig.FeedSlowly(recorder, 56_800, second, second);
        var finished = RecordingRig.End(recorder);

        finished.GapMs.Should().Be(5100);
        finished.Duration.Should().Be(TimeSpan.FromMilliseconds(8100));
        var heard = RecordedAudio.ReadWav(finished.Path);
        foreach (var channel in new[] { heard.Left, heard.Right })
        {
            AssertSoundsFrom(channel, [(0, 8000), (8800, 16_800), (56_800, 64_800)]);
        }
    }

    [Fact]
    public void A_pause_is_silence_and_time_goes_on()
    {
        var recorder = _rig.Begin();
        var second = RecordedAudio.Tone(440, 8000, 8000);

        _rig.FeedSlowly(recorder, 0, second, second);
        recorder.Paused = true;
        recorder.Position.Should().Be(TimeSpan.FromSeconds(1));
        _rig.FeedSlowly(recorder, 8000, second, second);
        recorder.Paused = false;
        _rig.FeedSlowly(recorder, 16_000, second, second);
        var finished = RecordingRig.End(recorder);

        finished.Duration.Should().Be(TimeSpan.FromSeconds(3));
        var heard = RecordedAudio.ReadWav(finished.Path);
        AssertSoundsFrom(heard.Left, [(0, 8000), (16_000, 24_000)]);
        AssertSoundsFrom(heard.Right, [(0, 8000), (16_000, 24_000)]);
    }

    [Fact]
    public void A_media_time_that_starts_again_goes_on_where_it_was()
    {
        var recorder = _rig.Begin();
        var second = RecordedAudio.Tone(440, 8000, 8000);

        _rig.FeedSlowly(recorder, 80_000, second, second);
        _rig.FeedSlowly(recorder, 0, second, second);

        RecordingRig.End(recorder).Duration.Should().Be(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void What_comes_after_the_end_changes_nothing()
    {
        var recorder = _rig.Begin();
        var second = RecordedAudio.Tone(440, 8000, 8000);
        _rig.FeedSlowly(recorder, 0, second, second);
        var finished = RecordingRig.End(recorder);

        RecordingRig.Feed(recorder, 8000, second, second);
        recorder.Stop();

        recorder.Position.Should().Be(finished.Duration);
        new FileInfo(finished.Path).Length.Should().Be(finished.Bytes);
    }

    [Fact]
    public void A_recording_that_nobody_spoke_in_is_an_empty_file_that_can_be_read()
    {
        var finished = RecordingRig.End(_rig.Begin());

        finished.Duration.Should().Be(TimeSpan.Zero);
        RecordedAudio.ReadWav(finished.Path).Left.Should().BeEmpty();
    }

    [Fact]
    public async Task A_file_that_cannot_be_made_is_told_and_the_call_goes_on()
    {
        var noFolder = Path.Combine(_rig.Folder, "file");
        File.WriteAllText(noFolder, "");
        var recorder = _rig.Writer.Begin(Path.Combine(noFolder, "a.wav"), RecordingFormat.WavUlaw, 8000);
        var second = RecordedAudio.Tone(440, 8000, 8000);

        await recorder.Invoking(r => r.Opened.WaitAsync(TimeSpan.FromSeconds(20))).Should().ThrowAsync<IOException>();
        _rig.FeedSlowly(recorder, 0, second, second);

        var finished = RecordingRig.End(recorder);
        (finished.Bytes, finished.LostMs).Should().Be((0, 1000));
        finished.Fault.Should().Contain(noFolder);
    }

    [Fact]
    public void A_file_that_is_there_is_not_written_over()
    {
        File.WriteAllText(Path.Combine(_rig.Folder, "1.wav"), "precious");

        var finished = RecordingRig.End(_rig.Begin());

        finished.Fault.Should().NotBeNull();
        File.ReadAllText(finished.Path).Should().Be("precious");
    }

    [Fact]
    public void The_end_of_the_writer_completes_what_is_open()
    {
        var recorder = _rig.Begin();
        var second = RecordedAudio.Tone(440, 8000, 8000);
        RecordingRig.Feed(recorder, 0, second.AsSpan(0, 4000), second.AsSpan(0, 4000));

        _rig.Writer.Dispose();

        recorder.Finished.IsCompleted.Should().BeTrue();
        RecordedAudio.ReadWav(recorder.Path).DurationMs.Should().Be(500);
    }

    [Theory]
    [InlineData(RecordingFormat.WavUlaw, 8000)]
    [InlineData(RecordingFormat.WavPcm, 16_000)]
    public void A_frame_allocates_nothing(RecordingFormat format, int rateHz)
    {
        using var rig = new RecordingRig(_ => new NoFile());
        var recorder = rig.Begin(format, rateHz);
        var frame = RecordedAudio.Tone(440, rateHz, rateHz / 50);
        long mediaTime = 0;
        using var done = new CancellationTokenSource();
        // A thread of its own keeps the writer busy: waking it is no part of a frame.
        var waker = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                rig.Writer.Wake();
                Thread.Yield();
            }
        });
        waker.Start();

        try
        {
            Allocations.ShouldBeNoneIn("20,000 frames", () => Run(20_000));
        }
        finally
        {
            done.Cancel();
            waker.Join();
        }

        RecordingRig.End(recorder).LostMs.Should().Be(0);

        void Run(int frames)
        {
            for (var i = 0; i < frames; i++, mediaTime += frame.Length)
            {
                while (recorder.Waiting > 2)
                    Thread.Yield();
                recorder.OnFrames(frame, frame, new MediaFrameInfo { MediaTime = mediaTime });
            }
        }
    }

    /// <summary>A tone within these stretches, and nothing between them.</summary>
    private static void AssertSoundsFrom(short[] channel, (int From, int To)[] stretches)
    {
        var silentFrom = 0;
        foreach (var (from, to) in stretches)
        {
            channel[silentFrom..from].Should().OnlyContain(sample => sample == 0);
            RecordedAudio.Level(channel.AsSpan(from, to - from), 440, 8000).Should().BeApproximately(8000, 100);
            silentFrom = to;
        }

        channel.Length.Should().Be(silentFrom);
    }

    public void Dispose() => _rig.Dispose();
}
