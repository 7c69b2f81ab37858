using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

public class MediaSessionTests
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.Pcma, 30)]
    public async Task A_tone_played_on_one_side_is_heard_on_the_other(AudioCodec codec, int ptimeMs)
    {
        await using var pair = SessionPair.Started(new MediaCapabilities { Codecs = [codec], PtimeMs = ptimeMs });

        await EnqueueAll(pair.Caller, Tone.Sine(600, 8000));
        pair.Caller.Playout.Mark(1);
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("drained"), "the end of the playout");
        await Eventually.Holds(() => TailIsQuiet(pair.AgentSink), "the far end hears the end");

        // Level, not samples: a busy machine may delay packets, and the jitter buffer adapts. Exactness is tested in
        // virtual time (SessionStreamTests).
        var heard = pair.AgentSink.Audio.SkipWhile(s => Math.Abs((int)s) < 500).Skip(800).Take(1600).ToArray();
        Tone.Amplitude(heard, 600, 8000).Should().BeApproximately(8000, 800);
        pair.Agent.Stats.PacketsReceived.Should().BeGreaterThan(0);
        pair.CallerSink.Events.Should().ContainInOrder("started", "mark 1", "drained");
    }

    [Fact]
    public async Task A_digit_arrives_once_with_its_duration()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 3, "media flows");

        foreach (var digit in "42#")
            pair.Caller.SendDtmf(digit, 160).Should().BeTrue();
        await Eventually.Holds(() => pair.AgentSink.Events.Count(e => e.StartsWith("dtmf")) >= 3, "three digits");
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 60, "some more time");

        pair.AgentSink.Events.Where(e => e.StartsWith("dtmf")).Should().Equal("dtmf 4 160", "dtmf 2 160", "dtmf # 160");
    }

    [Fact]
    public async Task Clear_stops_at_once_and_tells_what_was_sent()
    {
        await using var pair = SessionPair.Started(change: o => o.PlayoutCapacityMs = 4000);
        var tone = Tone.Sine(440, 8000);
        pair.Agent.Playout.TryEnqueue(tone).Should().Be(8000);
        pair.Agent.Playout.Mark(1);
        pair.Agent.Playout.TryEnqueue(tone).Should().Be(8000);
        pair.Agent.Playout.Mark(2);
        pair.Agent.Playout.TryEnqueue(tone).Should().Be(8000);
        pair.Agent.Playout.Mark(3);

        await Eventually.Holds(() => pair.AgentSink.Events.Contains("mark 1"), "the first mark");
        await Eventually.Holds(() => pair.Agent.Playout.Buffered < 12000, "half of the second stretch");
        var cleared = await pair.Agent.Playout.Clear();
        await Eventually.Holds(() => TailIsQuiet(pair.CallerSink), "the caller hears nothing any more");

        cleared.LastMark.Should().Be(1);
        cleared.SamplesSinceLastMark.Should().BeInRange(4000, 7000);
        cleared.TotalSamplesSent.Should().Be(8000 + cleared.SamplesSinceLastMark);
        cleared.SamplesDropped.Should().Be(24000 - (int)cleared.TotalSamplesSent);
        cleared.Pending.Select(p => p.Id).Should().Equal(2, 3);
        cleared.Pending[0].SamplesUnsent.Should().Be(16000 - (int)cleared.TotalSamplesSent);
        var heard = pair.CallerSink.Audio.Count(s => Math.Abs((int)s) > 200);
        heard
            .Should()
            .BeCloseTo(
                (int)(cleared.TotalSamplesSent * 0.98),
                1600u,
                "what was heard is what the report says, and a busy machine is met by playing slowly"
            );
        pair.AgentSink.Events.Should().NotContain("mark 2");
        pair.AgentSink.Cleared.Should().ContainSingle().Which.Should().Be(cleared);
    }

    [Fact]
    public async Task Pause_holds_the_playout_and_resume_goes_on_without_loss()
    {
        await using var pair = SessionPair.Started();
        await EnqueueAll(pair.Agent, Tone.Sine(300, 4000));
        pair.Agent.Playout.Mark(9);
        await Eventually.Holds(() => pair.Agent.Playout.Buffered < 3000, "playing");

        pair.Agent.Playout.Pause();
        await Eventually.Holds(() => TailIsQuiet(pair.CallerSink), "silence");
        var held = pair.Agent.Playout.Buffered;
        held.Should().BeGreaterThan(0);
        pair.AgentSink.Events.Should().NotContain("drained").And.NotContain("mark 9");

        pair.Agent.Playout.Resume();
        await Eventually.Holds(() => pair.AgentSink.Events.Contains("drained"), "the rest");
        pair.AgentSink.Events.Should().Contain("mark 9");
    }

    [Fact]
    public async Task A_full_playout_makes_the_producer_wait()
    {
        await using var pair = SessionPair.Started(change: o => o.PlayoutCapacityMs = 100);
        var playout = pair.Caller.Playout;

        playout.TryEnqueue(Tone.Sine(440, 8000)).Should().Be(playout.Capacity);
        playout.TryEnqueue(Tone.Sine(440, 160)).Should().BeLessThan(160);
        (await playout.EnqueueAsync(Tone.Sine(440, 4000), playout.Epoch)).Should().BeTrue();

        playout.Mark(1);
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("mark 1"), "the end");
        var cleared = await playout.Clear();
        cleared.TotalSamplesSent.Should().BeInRange(playout.Capacity + 4000, playout.Capacity + 4160);
    }

    [Fact]
    public async Task Audio_of_a_producer_that_was_overtaken_by_a_clear_is_refused()
    {
        await using var pair = SessionPair.Started();
        var epoch = pair.Agent.Playout.Epoch;
        var endless = pair.Agent.Playout.EnqueueAsync(Tone.Sine(440, 80_000), epoch);
        await Eventually.Holds(() => pair.AgentSink.Events.Contains("started"), "playing");

        await pair.Agent.Playout.Clear();

        (await endless).Should().BeFalse();
        pair.Agent.Playout.TryEnqueue(Tone.Sine(440, 160), epoch).Should().Be(-1);
        pair.Agent.Playout.Buffered.Should().Be(0);
    }

    [Fact]
    public async Task Hold_stops_sending_and_keeps_the_playout_until_resumed()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.CallerSink.Events.Any(e => e.StartsWith("first")), "media flows");

        pair.Agent.Update(pair.AgentMedia with { Direction = MediaDirection.Inactive });
        await Eventually.Holds(() => IsStill(() => pair.Agent.Stats.PacketsSent), "no more packets");
        pair.Agent.Playout.TryEnqueue(Tone.Sine(440, 800));
        var before = pair.Agent.Stats.PacketsSent;
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 40, "time passes");
        pair.Agent.Stats.PacketsSent.Should().Be(before);
        pair.Agent.Playout.Buffered.Should().Be(800);

        pair.Agent.Update(pair.AgentMedia);
        await Eventually.Holds(() => pair.AgentSink.Events.Contains("drained"), "played after the hold");
    }

    [Fact]
    public async Task A_missing_peer_is_reported_once_but_not_while_on_hold()
    {
        await using var pair = SessionPair.Create(change: o => o.MediaTimeoutSeconds = 1);
        pair.Agent.Start(pair.AgentMedia with { Direction = MediaDirection.SendOnly });
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 75, "1.5 s on hold");
        pair.AgentSink.Events.Should().NotContain("timeout");

        pair.Agent.Update(pair.AgentMedia);
        await Eventually.Holds(() => pair.AgentSink.Events.Contains("timeout"), "the time-out");
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 200, "more silence");
        pair.AgentSink.Events.Count(e => e == "timeout").Should().Be(1);
    }

    [Fact]
    public async Task The_end_of_a_session_tells_the_peer_and_gives_the_port_back()
    {
        await using var pair = SessionPair.Started();
        await Eventually.Holds(() => pair.CallerSink.Events.Any(e => e.StartsWith("first")), "media flows");

        pair.Agent.Dispose();
        await pair.Agent.Closed;
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("bye"), "the BYE");
        pair.Caller.Dispose();
        await pair.Caller.Closed;

        pair.Engine.Stats.PortsInUse.Should().Be(0);
        pair.Engine.Stats.Sessions.Should().Be(0);
    }

    [Fact]
    public async Task A_sink_that_throws_harms_nobody()
    {
        await using var pair = SessionPair.Create();
        var faulty = pair.Engine.TryOpenSession(new ThrowingSink())!;
        faulty.Start(pair.AgentMedia with { LocalPort = faulty.LocalPort });
        pair.Agent.Start(pair.AgentMedia);
        await Eventually.Holds(() => pair.AgentSink.Frames.Length > 20, "the other call goes on");

        faulty.Stats.SinkFaults.Should().BeGreaterThan(10);
    }

    private sealed class ThrowingSink : IMediaSink
    {
        public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info) => throw new InvalidDataException();
    }

    private static bool IsStill(Func<long> counter)
    {
        var before = counter();
        Thread.Sleep(60);
        return counter() == before;
    }

    private static async Task EnqueueAll(MediaSession session, short[] pcm) =>
        (await session.Playout.EnqueueAsync(pcm, session.Playout.Epoch)).Should().BeTrue();

    private static bool TailIsQuiet(RecordingSink sink)
    {
        var audio = sink.Audio;
        return audio.Length > 1600 && audio.AsSpan(audio.Length - 1600).ToArray().All(s => Math.Abs((int)s) < 100);
    }
}
