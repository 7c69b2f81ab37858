using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

public class MediaSessionTests
{
    [Theory]
    [InlineData(AudioCodec.Pcmu, 20)]
    [InlineData(AudioCodec.Pcma, 20)]
    [InlineData(AudioCodec.Pcmu, 10)]
    [InlineData(AudioCodec.Pcmu, 30)]
    [InlineData(AudioCodec.Pcmu, 60)]
    public async Task What_is_played_is_what_the_other_side_hears(AudioCodec codec, int ptimeMs)
    {
        await using var pair = SessionPair.Started(new MediaCapabilities { Codecs = [codec], PtimeMs = ptimeMs });
        var sent = Speechlike(16000);

        await EnqueueAll(pair.Caller, sent);
        pair.Caller.Playout.Mark(1);
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("mark 1"), "the mark");
        await Eventually.Holds(() => TailIsQuiet(pair.AgentSink), "the far end hears the end");

        var expected = Coded(codec, sent);
        var heard = pair.AgentSink.Audio;
        Find(heard, expected).Should().BeGreaterThanOrEqualTo(0, "every sample arrives once, in order");
        pair.Agent.Stats.PacketsLost.Should().Be(0);
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
            .BeCloseTo((int)(cleared.TotalSamplesSent * 0.98), 400u, "what was heard is what the report says");
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
    public async Task A_full_playout_makes_the_producer_wait_and_loses_nothing()
    {
        await using var pair = SessionPair.Started(change: o => o.PlayoutCapacityMs = 100);
        var sent = Speechlike(8000);

        (await pair.Caller.Playout.EnqueueAsync(sent, pair.Caller.Playout.Epoch)).Should().BeTrue();
        await Eventually.Holds(() => pair.CallerSink.Events.Contains("drained"), "the end");
        await Eventually.Holds(() => TailIsQuiet(pair.AgentSink), "silence");

        Find(pair.AgentSink.Audio, Coded(AudioCodec.Pcmu, sent)).Should().BeGreaterThanOrEqualTo(0);
        pair.CallerSink.Events.Count(e => e == "started").Should().Be(1, "the producer was never too slow");
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

    /// <summary>Syllables of a few tones with pauses between them; never 0 where it speaks.</summary>
    private static short[] Speechlike(int samples)
    {
        var speech = new short[samples];
        for (var i = 0; i < samples; i++)
        {
            var envelope = Math.Abs(Math.Sin(Math.PI * i / 2400.0));
            speech[i] = (short)(
                6000
                * envelope
                * (Math.Sin(i * 0.23) + 0.5 * Math.Sin(i * 0.61) + 0.3 * Math.Sin(i * 1.7 + i * i * 1e-5))
            );
        }

        return speech;
    }

    private static async Task EnqueueAll(MediaSession session, short[] pcm) =>
        (await session.Playout.EnqueueAsync(pcm, session.Playout.Epoch)).Should().BeTrue();

    private static short[] Coded(AudioCodec codec, short[] pcm)
    {
        var codes = new byte[pcm.Length];
        G711.Encode(codec, pcm, codes);
        var decoded = new short[pcm.Length];
        G711.Decode(codec, codes, decoded);
        return decoded;
    }

    private static bool TailIsQuiet(RecordingSink sink)
    {
        var audio = sink.Audio;
        return audio.Length > 1600 && audio.AsSpan(audio.Length - 1600).ToArray().All(s => Math.Abs((int)s) < 100);
    }

    /// <summary>Where the ramp at the start (5 ms) is over, the rest must be there sample by sample.</summary>
    private static int Find(short[] heard, short[] expected) => heard.AsSpan().IndexOf(expected.AsSpan(40));
}
