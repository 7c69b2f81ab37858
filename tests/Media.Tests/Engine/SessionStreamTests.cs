using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

public class SessionStreamTests
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.Pcma, 20)]
    [InlineData(AudioCodec.Pcmu, 10)]
    [InlineData(AudioCodec.Pcmu, 30)]
    [InlineData(AudioCodec.Pcmu, 40)]
    [InlineData(AudioCodec.Pcmu, 50)]
    [InlineData(AudioCodec.Pcmu, 60)]
    public async Task What_is_played_is_what_the_other_side_hears(AudioCodec codec, int ptimeMs)
    {
        await using var pair = new VirtualPair(new MediaCapabilities { Codecs = [codec], PtimeMs = ptimeMs });
        var sent = Signal(24000);
        pair.Run(20);
        pair.Caller.TryEnqueue(sent).Should().Be(sent.Length);
        pair.Run(200);

        IsHeard(pair.AgentSink.Audio, codec, sent).Should().BeTrue("every sample arrives once, in order");
        pair.AgentStats.PacketsLost.Should().Be(0);
        pair.AgentStats.ConcealedMs.Should().Be(0);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(30)]
    [InlineData(60)]
    public async Task A_mark_comes_with_the_packet_that_completes_its_audio(int ptimeMs)
    {
        await using var pair = new VirtualPair(new MediaCapabilities { PtimeMs = ptimeMs });
        pair.Run(20);
        var sentBefore = 0;
        var marks = new List<(int Tick, string Event)>();
        pair.Caller.TryEnqueue(Signal(1000));
        pair.Caller.Mark(1);
        pair.Caller.TryEnqueue(Signal(1000));
        pair.Caller.Mark(2);
        for (var tick = 1; tick <= 20; tick++)
        {
            pair.Run(1);
            foreach (var e in pair.CallerSink.Events.Skip(sentBefore).ToList())
            {
                sentBefore++;
                if (e.StartsWith("mark") || e == "drained")
                    marks.Add((tick, e));
            }
        }

        // 1000 samples are complete in the 7th frame, 2000 in the 13th; then in the packet that carries that frame.
        marks.Select(m => m.Event).Should().Equal("mark 1", "mark 2", "drained");
        marks[0].Tick.Should().BeInRange(7, 7 + ptimeMs / 20);
        marks[1].Tick.Should().BeInRange(13, 13 + ptimeMs / 20);
        if (ptimeMs == 20)
            marks.Select(m => m.Tick).Should().Equal(7, 13, 13);
    }

    [Fact]
    public async Task An_echo_is_heard_once_and_whole()
    {
        await using var pair = new VirtualPair();
        pair.AgentStream.Echo = true;
        var sent = Signal(16_000);
        pair.Run(50);
        pair.Caller.TryEnqueue(sent).Should().Be(sent.Length);
        pair.Run(150);

        IsHeard(pair.CallerSink.Audio, AudioCodec.Pcmu, sent).Should().BeTrue();
    }

    [Theory]
    [InlineData(AudioCodec.Pcmu)]
    [InlineData(AudioCodec.Pcma)]
    public async Task Shared_audio_is_heard_over_and_over(AudioCodec codec)
    {
        await using var pair = new VirtualPair(new MediaCapabilities { Codecs = [codec] });
        var sent = Signal(4000);
        pair.AgentStream.Repeated = new SharedAudio(sent, 8000);
        pair.Run(100);

        IsHeard(pair.CallerSink.Audio, codec, [.. sent, .. sent, .. sent]).Should().BeTrue();
    }

    [Fact]
    public async Task Shared_audio_gives_way_to_shorter_audio()
    {
        await using var pair = new VirtualPair();
        pair.AgentStream.Repeated = new SharedAudio(Signal(4000), 8000);
        pair.Run(20);
        var shorter = Signal(480);
        pair.AgentStream.Repeated = new SharedAudio(shorter, 8000);
        pair.Run(20);

        IsHeard(pair.CallerSink.Audio, AudioCodec.Pcmu, [.. shorter, .. shorter]).Should().BeTrue();
    }

    [Fact]
    public async Task A_small_ring_that_is_kept_filled_loses_nothing()
    {
        await using var pair = new VirtualPair(capacityMs: 100);
        var sent = Signal(16000);
        var at = 0;
        pair.Run(20);
        pair.Run(150, () => at += pair.Caller.TryEnqueue(sent.AsSpan(at)));

        at.Should().Be(sent.Length);
        IsHeard(pair.AgentSink.Audio, AudioCodec.Pcmu, sent).Should().BeTrue();
        pair.CallerSink.Events.Where(e => !e.StartsWith("first")).Should().Equal("started", "drained");
    }

    [Fact]
    public async Task Clear_stops_within_a_tick_and_counts_to_the_sample()
    {
        await using var pair = new VirtualPair();
        pair.Run(20);
        var tone = Tone.Sine(437, 8000);
        for (var id = 1; id <= 3; id++)
        {
            pair.Caller.TryEnqueue(tone).Should().Be(8000);
            pair.Caller.Mark(id);
        }

        pair.Run(75); // 12,000 samples
        var clearing = pair.Caller.Clear();
        pair.Caller.Buffered.Should().Be(0);
        pair.Caller.TryEnqueue(tone.AsSpan(0, 320)); // What comes after the Clear stays.
        pair.Run(1);
        var cleared = await clearing;
        pair.Run(20);

        cleared.TotalSamplesSent.Should().Be(12_040, "5 ms of fading");
        cleared.LastMark.Should().Be(1);
        cleared.SamplesSinceLastMark.Should().Be(4_040);
        cleared.SamplesDropped.Should().Be(24_000 - 12_040);
        cleared.Pending.Should().Equal(new PendingMark(2, 3_960), new PendingMark(3, 11_960));
        pair.CallerSink.Events.Should().NotContain("mark 2");
        pair.AgentSink.Audio.Count(s => Math.Abs((int)s) > 200).Should().BeInRange(11_900, 12_360);
        pair.Caller.Mark(4).Should().BeTrue();
        pair.Run(1);
        pair.CallerSink.Events.Should().Contain("mark 4");
    }

    [Fact]
    public async Task A_second_clear_counts_from_the_marks_as_if_nothing_had_been_dropped()
    {
        await using var pair = new VirtualPair();
        pair.Run(20);
        pair.Caller.TryEnqueue(Signal(4000));
        pair.Run(10);
        var first = pair.Caller.Clear();
        pair.Run(2);
        pair.Caller.TryEnqueue(Signal(800));
        pair.Caller.Mark(5);
        pair.Caller.TryEnqueue(Signal(4000));
        pair.Run(10);
        var second = pair.Caller.Clear();
        pair.Run(1);

        (await first).TotalSamplesSent.Should().Be(1640);
        (await first).LastMark.Should().BeNull();
        (await second).LastMark.Should().Be(5);
        (await second).SamplesSinceLastMark.Should().Be(800 + 40);
        (await second).TotalSamplesSent.Should().Be(1640 + 1600 + 40);
    }

    [Fact]
    public async Task Nothing_jumps_where_the_sound_is_paused_resumed_or_cleared()
    {
        await using var pair = new VirtualPair();
        pair.Run(20);
        pair.Caller.TryEnqueue(Tone.Sine(200, 24000, amplitude: 20000));
        pair.Run(10);
        pair.Caller.Pause();
        pair.Run(15);
        pair.Caller.Resume();
        pair.Run(10);
        _ = pair.Caller.Clear();
        pair.Run(15);

        var heard = pair.AgentSink.Audio;
        var steepest = heard.Zip(heard.Skip(1), (a, b) => Math.Abs(b - a)).Max();
        // The tone itself moves by 20000·2π·200/8000 = 3142 a sample, G.711 and the 5 ms ramps add a little.
        steepest.Should().BeLessThan(4200);
    }

    private static bool IsHeard(short[] heard, AudioCodec codec, short[] sent)
    {
        var codes = new byte[sent.Length];
        var decoded = new short[sent.Length];
        G711.Encode(codec, sent, codes);
        G711.Decode(codec, codes, decoded);
        // The first 5 ms are ramped up.
        return heard.AsSpan().IndexOf(decoded.AsSpan(40)) >= 0;
    }

    private static short[] Signal(int samples)
    {
        var random = new Random(4);
        var signal = new short[samples];
        for (var i = 0; i < samples; i++)
            signal[i] = (short)(6000 * Math.Sin(i * 0.2) + random.Next(-2000, 2000));
        return signal;
    }
}
