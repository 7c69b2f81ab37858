using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

public sealed class RecordingWriterTests
{
    [Fact]
    public void A_stalled_disk_costs_the_newest_audio_and_not_the_alignment()
    {
        var file = new FakeFile();
        using var rig = new RecordingRig(_ => file);
        var recorder = rig.Begin();
        var counting = Ramp(8000 * 20);
        RecordingRig.Wait(() => recorder.Opened.IsCompleted);

        // The writer's thread hangs in a write while 12 s of audio come.
        file.Stall();
        RecordingRig.Feed(recorder, 0, counting.AsSpan(0, 8000 * 2), counting.AsSpan(0, 8000 * 2));
        rig.Writer.Wake();
        RecordingRig.Wait(() => file.Hangs);
        RecordingRig.Feed(
            recorder,
            8000 * 2,
            counting.AsSpan(8000 * 2, 8000 * 10),
            counting.AsSpan(8000 * 2, 8000 * 10)
        );
        file.GoOn();
        rig.FeedSlowly(recorder, 8000 * 12, counting[(8000 * 12)..], counting[(8000 * 12)..]);
        var finished = RecordingRig.End(recorder);

        // Four blocks of 16 kB hold four seconds at most, the first of them less.
        finished.Duration.Should().Be(TimeSpan.FromSeconds(20));
        finished.LostMs.Should().BeInRange(7_500, 9_500);
        rig.Writer.Stats.LostMs.Should().Be(finished.LostMs);
        var codes = file.Bytes.AsSpan(58).ToArray();
        codes.Length.Should().Be(8000 * 20 * 2);
        var wrong = Enumerable
            .Range(0, 8000 * 20)
            .Count(i => codes[2 * i] != 0xFF && codes[2 * i] != Code(counting[i]));
        wrong.Should().Be(0, "a sample stands at its own time or there is silence");
        var silent = Enumerable.Range(0, 8000 * 20).Count(i => codes[2 * i] == 0xFF);
        silent.Should().Be((int)finished.LostMs * 8);
    }

    [Fact]
    public void A_disk_that_was_full_for_a_while_leaves_silence_and_a_cause()
    {
        var file = new FakeFile();
        using var rig = new RecordingRig(_ => file);
        var recorder = rig.Begin();
        var counting = Ramp(8000 * 9);

        rig.FeedSlowly(recorder, 0, counting[..24_000], counting[..24_000]);
        RecordingRig.Wait(() => recorder.Waiting == 0);
        file.Refuses = true;
        rig.FeedSlowly(recorder, 24_000, counting[24_000..48_000], counting[24_000..48_000]);
        RecordingRig.Wait(() => recorder.Waiting == 0);
        file.Refuses = false;
        rig.FeedSlowly(recorder, 48_000, counting[48_000..], counting[48_000..]);
        var finished = RecordingRig.End(recorder);

        finished.Duration.Should().Be(TimeSpan.FromSeconds(9));
        finished.LostMs.Should().BeInRange(1000, 4500);
        finished.Fault.Should().Be("No space left on device");
        var codes = file.Bytes.AsSpan(58).ToArray();
        codes.Length.Should().Be(8000 * 9 * 2);
        Enumerable
            .Range(0, 8000 * 9)
            .Count(i => codes[2 * i] != 0xFF && codes[2 * i] != Code(counting[i]))
            .Should()
            .Be(0);
        Enumerable.Range(48_000 + 8000, 16_000).Should().OnlyContain(i => codes[2 * i] == Code(counting[i]));
    }

    [Fact]
    public void A_disk_that_was_full_for_a_while_leaves_Opus_at_its_own_time()
    {
        var file = new FakeFile();
        using var rig = new RecordingRig(_ => file);
        var recorder = rig.Begin(RecordingFormat.OggOpus);
        var silence = new short[8000 * 3];
        var burst = new short[8000 * 3];
        RecordedAudio.Tone(1000, 8000, 400).CopyTo(burst.AsSpan(16_000));

        rig.FeedSlowly(recorder, 0, silence, silence);
        RecordingRig.Wait(() => recorder.Waiting == 0);
        file.Refuses = true;
        rig.FeedSlowly(recorder, 24_000, silence, silence);
        RecordingRig.Wait(() => recorder.Waiting == 0);
        file.Refuses = false;
        rig.FeedSlowly(recorder, 48_000, burst, burst);
        var finished = RecordingRig.End(recorder);

        finished.Fault.Should().Be("No space left on device");
        var heard = new OggOpusReader(file.Bytes).Decode();
        heard.DurationMs.Should().Be(9000);
        var first = Array.FindIndex(heard.Left, sample => Math.Abs((int)sample) > 2000);
        (first / 48.0).Should().BeApproximately(8000, 25, "a frame of 20 ms may have been cut");
    }

    [Fact]
    public void One_recording_s_trouble_is_no_other_s()
    {
        var broken = new FakeFile { Refuses = true };
        var good = new FakeFile();
        using var rig = new RecordingRig(path => path.EndsWith("1.wav", StringComparison.Ordinal) ? broken : good);
        var first = rig.Begin();
        var second = rig.Begin();
        var audio = Ramp(24_000);

        rig.FeedSlowly(first, 0, audio, audio);
        rig.FeedSlowly(second, 0, audio, audio);

        RecordingRig.End(first).Fault.Should().NotBeNull();
        var finished = RecordingRig.End(second);
        (finished.LostMs, finished.Fault).Should().Be((0, null));
        rig.Writer.Stats.Open.Should().Be(0);
    }

    [Fact]
    public void Recordings_that_begin_together_do_not_end_their_blocks_together()
    {
        using var rig = new RecordingRig(_ => new NoFile());
        var recorders = Enumerable.Range(0, 100).Select(_ => rig.Begin()).ToList();
        var frame = new short[160];
        var handedOver = new List<int>();

        for (var tick = 0; tick < 50; tick++)
        {
            foreach (var recorder in recorders)
                recorder.OnFrames(frame, frame, new MediaFrameInfo { MediaTime = tick * 160 });
            handedOver.Add(recorders.Count(r => r.BlocksHandedOver > 0));
        }

        var mostAtOnce = handedOver.Zip(handedOver.Skip(1), (before, after) => after - before).Max();
        mostAtOnce.Should().BeLessThan(10);
    }

    [Fact]
    public void No_block_is_lost_or_doubled_among_threads()
    {
        var blocks = new RecordingBlocks();
        for (var i = 0; i < 16; i++)
            blocks.Enter();
        var holders = new int[blocks.Count];

        Parallel.For(
            0,
            4,
            seed =>
            {
                var random = new Random(seed);
                var held = new List<RecordingBlock>();
                for (var i = 0; i < 200_000; i++)
                {
                    if (random.Next(2) == 0 && blocks.TryTake() is { } taken)
                    {
                        Interlocked.Increment(ref holders[taken.Number]).Should().Be(1);
                        held.Add(taken);
                    }
                    else if (held.Count > 0)
                    {
                        Interlocked.Decrement(ref holders[held[^1].Number]);
                        blocks.Return(held[^1]);
                        held.RemoveAt(held.Count - 1);
                    }
                }

                held.ForEach(block => Interlocked.Decrement(ref holders[block.Number]));
                held.ForEach(blocks.Return);
            }
        );

        Enumerable.Range(0, blocks.Count).Count(_ => blocks.TryTake() is not null).Should().Be(blocks.Count);
        blocks.TryTake().Should().BeNull();
    }

    /// <summary>Samples that tell where they are and are never silent.</summary>
    private static short[] Ramp(int samples) =>
        [.. Enumerable.Range(0, samples).Select(i => (short)(1000 + i / 8 * 37 % 20_000))];

    private static byte Code(short sample)
    {
        Span<byte> code = stackalloc byte[1];
        G711.Encode(AudioCodec.Pcmu, [sample], code);
        return code[0];
    }
}
