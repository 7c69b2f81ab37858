namespace OCPlatform.LoadTest.Tests;

public sealed class CallerConversationTests
{
    private static readonly SpokenLine Line = SpokenLine.FromPcm("hello there", Signals.Voice(1000));

    [Fact]
    public void Each_line_waits_for_the_agent_and_is_measured_to_the_reply()
    {
        var talk = new Talk(CallerScript.Speaking(Line, Line), greetingAfterMs: 300, greetingMs: 1000);
        talk.AfterLine(0, delayMs: 640, ms: 900);
        talk.AfterLine(1, delayMs: 1234, ms: 900);

        talk.Run().Should().Be(ScriptEnd.Done);

        talk.Conversation.GreetingWait.Should().BeCloseTo(Ms(300), Ms(10));
        talk.Conversation.Turns.Select(t => t.VoiceToVoice!.Value.TotalMilliseconds)
            .Should()
            .SatisfyRespectively(
                first => first.Should().BeApproximately(640, 10),
                second => second.Should().BeApproximately(1234, 10)
            );
        talk.Conversation.Turns.Should().OnlyContain(t => !t.TalkedOver && !t.NoReply && t.BargeIn == null);
        talk.Conversation.LongestWait.Should().BeCloseTo(Ms(1234), Ms(10));
        talk.Conversation.DeadAirs.Should().Be(0);
        // 300 greeting wait + 1000 + 800 end of speech + 400 think, on the next tick.
        talk.Conversation.Turns[0].CallerStart.Should().BeCloseTo(Ms(2500), Ms(40));
    }

    [Fact]
    public void A_barge_in_measures_when_the_agent_falls_silent()
    {
        var script = CallerScript.Speaking(Line);
        script = script with { Lines = [script.Lines[0] with { BargeIn = Ms(700) }] };
        var talk = new Talk(script, greetingAfterMs: 200, greetingMs: 10_000) { YieldsAfterMs = 180 };
        talk.AfterLine(0, delayMs: 500, ms: 800);

        talk.Run().Should().Be(ScriptEnd.Done);

        var turn = talk.Conversation.Turns.Should().ContainSingle().Subject;
        turn.CallerStart.Should().BeCloseTo(Ms(900), Ms(40));
        turn.BargeIn.Should().BeCloseTo(Ms(180), Ms(15));
        turn.VoiceToVoice.Should().BeCloseTo(Ms(500), Ms(10));
        turn.TalkedOver.Should().BeFalse();
    }

    [Fact]
    public void An_agent_that_speaks_into_the_line_has_talked_over_it()
    {
        var talk = new Talk(CallerScript.Speaking(Line), greetingAfterMs: 100, greetingMs: 500);
        talk.AfterLine(0, delayMs: -400, ms: 3000);

        talk.Run().Should().Be(ScriptEnd.Done);

        var turn = talk.Conversation.Turns.Should().ContainSingle().Subject;
        turn.TalkedOver.Should().BeTrue();
        turn.VoiceToVoice.Should().BeNull("nobody can say which sound is the reply");
    }

    [Fact]
    public void A_missing_reply_ends_the_call_and_is_dead_air()
    {
        var talk = new Talk(CallerScript.Speaking(Line), greetingAfterMs: 100, greetingMs: 500);

        talk.Run().Should().Be(ScriptEnd.NoReply);

        talk.Conversation.Turns.Should().ContainSingle().Which.NoReply.Should().BeTrue();
        talk.Conversation.LongestWait.Should().BeCloseTo(Ms(10_000), Ms(20));
        talk.Conversation.DeadAirs.Should().Be(1);
    }

    [Fact]
    public void No_greeting_and_no_audio_are_told_apart()
    {
        new Talk(CallerScript.Speaking(Line), null, 0).Run().Should().Be(ScriptEnd.NoGreeting);
        new Talk(CallerScript.Speaking(Line), null, 0) { SendsPackets = false }
            .Run()
            .Should()
            .Be(ScriptEnd.NoAudio);
    }

    [Fact]
    public void A_silent_turn_waits_for_the_agent_and_has_no_voice_to_voice()
    {
        var script = new CallerScript
        {
            Name = "silent",
            Lines =
            [
                new CallerLine
                {
                    Text = "",
                    Silence = Ms(4000),
                    ReplyRequired = false,
                },
            ],
        };
        var talk = new Talk(script, greetingAfterMs: 100, greetingMs: 500);

        talk.Run().Should().Be(ScriptEnd.Done);

        talk.Conversation.Turns.Should()
            .ContainSingle()
            .Which.Should()
            .Match<TurnMeasurement>(t => t.VoiceToVoice == null && t.ReplyStart == null && !t.NoReply);
    }

    [Fact]
    public void Lines_repeat_until_the_hold_time_is_over()
    {
        var script = CallerScript.Speaking(Line) with { Repeat = true, Hold = TimeSpan.FromSeconds(15) };
        var talk = new Talk(script, greetingAfterMs: 100, greetingMs: 500);
        for (var i = 0; i < 10; i++)
        {
            talk.AfterLine(i, delayMs: 300, ms: 700);
        }

        talk.Run().Should().Be(ScriptEnd.HoldOver);

        talk.Now.Should().BeCloseTo(Ms(15_000), Ms(20));
        talk.Conversation.Turns.Count.Should().BeGreaterThan(3);
    }

    [Fact]
    public void A_line_that_the_call_broke_in_is_said_again()
    {
        // Greeting to 600, line from 1820 to 2820: the line breaks as it is spoken, and the agent never hears it.
        var talk = new Talk(CallerScript.Speaking(Line), greetingAfterMs: 100, greetingMs: 500)
        {
            Breaks = [(2200, 4200)],
        };
        talk.AfterLine(1, delayMs: 500, ms: 700);

        talk.Run().Should().Be(ScriptEnd.Done);

        talk.Conversation.LinesRepeated.Should().Be(1);
        talk.Conversation.Turns.Select(t => t.Interrupted).Should().Equal(true, false);
        talk.Conversation.Turns[0].VoiceToVoice.Should().BeNull();
        talk.Conversation.Turns[1].VoiceToVoice.Should().BeCloseTo(Ms(500), Ms(20));
        talk.Conversation.Turns[1].CallerStart.Should().BeCloseTo(Ms(4200 + 2500), Ms(700));
    }

    [Fact]
    public void An_agent_that_was_cut_is_given_time_to_go_on()
    {
        var talk = new Talk(CallerScript.Speaking(Line), greetingAfterMs: 100, greetingMs: 4000)
        {
            Breaks = [(1000, 3000)],
        };
        talk.AfterLine(0, delayMs: 500, ms: 700);

        talk.Run().Should().Be(ScriptEnd.Done);

        talk.Conversation.LinesRepeated.Should().Be(0);
        talk.Conversation.Turns.Should().ContainSingle().Which.CallerStart.Should().BeGreaterThan(Ms(4100));
        talk.Conversation.Turns[0].TalkedOver.Should().BeFalse();
    }

    [Fact]
    public void A_caller_gives_up_a_line_that_stays_dead()
    {
        var talk = new Talk(CallerScript.Speaking(Line), greetingAfterMs: 100, greetingMs: 500)
        {
            Breaks = [(2000, 120_000)],
        };

        talk.Run().Should().Be(ScriptEnd.AudioLost);

        talk.Now.Should().BeCloseTo(Ms(17_000), Ms(60));
    }

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    /// <summary>An agent on a virtual clock in 20 ms packets: greets, and answers each line after an exact delay.</summary>
    private sealed class Talk(CallerScript script, int? greetingAfterMs, int greetingMs)
    {
        private const int FrameMs = 20;
        private readonly Dictionary<int, (int DelayMs, int Ms)> _replies = [];

        // The agent's speech in ms since the answer; ends may be cut by a barge-in.
        private readonly List<(double Start, double End)> _speech = [];

        public CallerConversation Conversation { get; } = new(script);
        public TimeSpan Now { get; private set; }
        public bool SendsPackets { get; init; } = true;
        public int? YieldsAfterMs { get; init; }

        /// <summary>Times without a packet, in ms since the answer.</summary>
        public IReadOnlyList<(int FromMs, int ToMs)> Breaks { get; init; } = [];

        public void AfterLine(int line, int delayMs, int ms) => _replies[line] = (delayMs, ms);

        public ScriptEnd Run()
        {
            if (greetingAfterMs is { } after)
            {
                _speech.Add((after, after + greetingMs));
            }
            Conversation.OnAnswered(Now);
            double? lineEnds = null;
            var lines = 0;
            var voice = Signals.Voice(60_000);
            for (var ms = 0; ms < 120_000; ms += FrameMs)
            {
                if (SendsPackets && !Breaks.Any(b => b.FromMs <= ms && ms < b.ToMs))
                {
                    Conversation.OnPacket(Ms(ms));
                    var frame = new short[FrameMs * 8];
                    for (var i = 0; i < frame.Length; i++)
                    {
                        var at = ms + i / 8.0;
                        frame[i] = _speech.Any(s => s.Start <= at && at < s.End)
                            ? voice[ms * 8 % 400_000 + i]
                            : (short)0;
                    }
                    Conversation.OnAgentAudio(frame, Ms(ms));
                }
                Now = Ms(ms + FrameMs);
                if (lineEnds <= Now.TotalMilliseconds)
                {
                    Conversation.OnSpeechEnded(Ms(lineEnds.Value));
                    lineEnds = null;
                }
                switch (Conversation.OnTick(Now))
                {
                    case CallerAction.HangUp hangUp:
                        return hangUp.Reason;
                    case CallerAction.Speak speak:
                        Conversation.OnSpeechStarted(Now);
                        lineEnds = Now.TotalMilliseconds + speak.Speech.Duration.TotalMilliseconds;
                        if (YieldsAfterMs is { } yields)
                        {
                            _speech[^1] = (_speech[^1].Start, Now.TotalMilliseconds + yields);
                        }
                        if (_replies.TryGetValue(lines++, out var reply))
                        {
                            _speech.Add((lineEnds.Value + reply.DelayMs, lineEnds.Value + reply.DelayMs + reply.Ms));
                        }
                        break;
                }
            }
            throw new InvalidOperationException("The conversation never ended.");
        }
    }
}
