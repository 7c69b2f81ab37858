namespace OCPlatform.LoadTest;

/// <summary>
/// A caller in conversation: hears the agent's audio, decides when to speak, to press digits and to hang up, and measures
/// each turn. Sans-IO: all times come from outside, on one clock that both directions share. Not thread-safe.
/// </summary>
public sealed class CallerConversation(CallerScript script, SpeechDetectorOptions? detection = null)
{
    /// <summary>A wait for the agent longer than this is dead air.</summary>
    public static readonly TimeSpan DeadAir = TimeSpan.FromSeconds(2);

    // How long an answered caller waits for the agent to hang up where the script says so.
    private static readonly TimeSpan HangUpTimeout = TimeSpan.FromSeconds(20);

    // Received audio reaches us through a jitter buffer: silence counts only when the buffer cannot hold speech any more.
    private static readonly TimeSpan HearingDelay = TimeSpan.FromMilliseconds(250);

    // An agent that began while the caller spoke, and went on this long after, is taken to have given its answer.
    private static readonly TimeSpan TalkOverIsReply = TimeSpan.FromSeconds(1);

    // Between words of an agent that is being interrupted.
    private static readonly TimeSpan WordGap = TimeSpan.FromMilliseconds(300);

    // Without a packet for this long a person notices that the line is dead, and waits.
    private static readonly TimeSpan DeadLine = TimeSpan.FromMilliseconds(400);

    // How long a person listens, when the line is back, for the agent to go on or to ask again.
    private static readonly TimeSpan ResumePatience = TimeSpan.FromSeconds(2.5);

    // Sending a digit takes its duration and a pause.
    private static readonly TimeSpan DigitTime = TimeSpan.FromMilliseconds(260);

    private readonly SpeechDetector _agent = new(detection);
    private readonly List<TurnMeasurement> _turns = [];
    private Phase _phase = Phase.Unanswered;
    private TimeSpan _answeredAt;
    private TimeSpan _phaseSince;
    private TimeSpan? _agentSpokeFrom;
    private bool _heardPacket;
    private int _next;
    private TimeSpan? _lastPacket;
    private bool _lineIsDead;
    private TimeSpan _resumedAt = TimeSpan.MinValue;

    // The turn under way.
    private CallerLine? _line;
    private TimeSpan _callerStart;
    private TimeSpan _callerEnd;
    private bool _bargedIn;
    private bool _bargeInMissed;

    // The line broke while the caller spoke or waited for the reply: whatever the agent says, the line is said again.
    private bool _interrupted;

    private enum Phase
    {
        Unanswered,
        WaitingForAgent,
        AgentSpeaking,
        Thinking,
        Speaking,
        WaitingForHangUp,
        Ended,
    }

    public IReadOnlyList<TurnMeasurement> Turns => _turns;

    /// <summary>Answer to the agent's first speech; null when it never spoke, or the caller spoke first.</summary>
    public TimeSpan? GreetingWait { get; private set; }

    /// <summary>The longest silence in which the caller waited for the agent.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <summary>Waits longer than <see cref="DeadAir"/>.</summary>
    public int DeadAirs { get; private set; }

    /// <summary>Why the caller hung up; null while it did not.</summary>
    public ScriptEnd? End { get; private set; }

    /// <summary>Every line was said at least once.</summary>
    public bool AllLinesSaid { get; private set; } = script.Lines.Count == 0;

    /// <summary>Every stretch of the agent's speech so far, in order.</summary>
    public IReadOnlyList<SpeechSegment> AgentSpeech => [.. AllSegments()];

    /// <summary>The 200 has come.</summary>
    public void OnAnswered(TimeSpan now)
    {
        if (_phase != Phase.Unanswered)
        {
            return;
        }
        _answeredAt = now;
        Enter(script.Greeting ? Phase.WaitingForAgent : Phase.Thinking, now);
    }

    /// <summary>Times that the caller said a line again because the line broke.</summary>
    public int LinesRepeated { get; private set; }

    /// <summary>A packet has come, with speech or without.</summary>
    public void OnPacket(TimeSpan arrivedAt)
    {
        _lastPacket = arrivedAt;
        if (_lineIsDead)
        {
            _lineIsDead = false;
            OnLineBack(arrivedAt);
        }
    }

    /// <summary>The platform moved the call: what was being said may have been lost on the way.</summary>
    public void OnMoved() => _interrupted |= _line is not null && _phase is Phase.Speaking or Phase.WaitingForAgent;

    /// <summary>Received audio.</summary>
    /// <param name="pcm">8 kHz.</param>
    /// <param name="arrivedAt">Arrival of the packet: when its first sample can be heard.</param>
    public void OnAgentAudio(ReadOnlySpan<short> pcm, TimeSpan arrivedAt)
    {
        _heardPacket = true;
        _agent.Push(pcm, arrivedAt);
    }

    /// <summary>The first sample of the line was captured (it left at the end of its packet).</summary>
    public void OnSpeechStarted(TimeSpan at) => _callerStart = at;

    /// <summary>The last sample of the line was captured.</summary>
    public void OnSpeechEnded(TimeSpan at)
    {
        if (_phase == Phase.Speaking)
        {
            _callerEnd = at;
            Enter(Phase.WaitingForAgent, at);
        }
    }

    /// <summary>To be asked every 20 ms or so; null: nothing to do.</summary>
    public CallerAction? OnTick(TimeSpan now)
    {
        if (_phase is Phase.Unanswered or Phase.Ended)
        {
            return null;
        }
        _agent.Advance(now - HearingDelay);
        if (script.Hold is { } hold && now - _answeredAt >= hold)
        {
            return HangUp(ScriptEnd.HoldOver, now);
        }
        if (IsLineDead(now))
        {
            // Nobody talks into a dead line; who hears nothing for long gives up.
            return now - _lastPacket >= script.LinePatience ? HangUp(ScriptEnd.AudioLost, now) : null;
        }
        return _phase switch
        {
            Phase.WaitingForAgent => Wait(now),
            Phase.AgentSpeaking => Listen(now),
            Phase.Thinking => Think(now),
            Phase.WaitingForHangUp when now - _phaseSince >= HangUpTimeout => HangUp(ScriptEnd.AgentStayed, now),
            _ => null,
        };
    }

    /// <summary>The call is over, from whichever side: the turn under way is measured as far as it came.</summary>
    public void OnEnded(TimeSpan now)
    {
        if (_phase != Phase.Ended)
        {
            CloseTurn(now, false);
            Enter(Phase.Ended, now);
        }
    }

    private bool IsLineDead(TimeSpan now)
    {
        if (now - _lastPacket >= DeadLine && !_lineIsDead)
        {
            _lineIsDead = true;
            OnMoved();
        }
        return _lineIsDead;
    }

    private void OnLineBack(TimeSpan now)
    {
        _resumedAt = now;
        if (_phase is Phase.WaitingForAgent or Phase.AgentSpeaking or Phase.Thinking)
        {
            // Waiting begins anew; an agent that was cut is given time to go on.
            Enter(_phase == Phase.WaitingForAgent ? Phase.WaitingForAgent : Phase.AgentSpeaking, now);
        }
    }

    private CallerAction? Wait(TimeSpan now)
    {
        if (ReplyStart() is { } start)
        {
            _agentSpokeFrom = start;
            CountWait(_interrupted ? TimeSpan.Zero : start - _phaseSince);
            if (_line is null)
            {
                GreetingWait = start - _answeredAt;
            }
            Enter(Phase.AgentSpeaking, now);
            return Listen(now);
        }
        var silent = _line is { Speech: null, Digits: null };
        var limit =
            silent ? _line!.Silence
            : _interrupted ? ResumePatience
            : script.ReplyTimeout;
        // What was said up to the limit may still be in the jitter buffer.
        if (now - _phaseSince < limit + HearingDelay)
        {
            return null;
        }
        if (_interrupted && !silent)
        {
            return SayAgain(now);
        }
        CountWait(limit);
        if (_line is null)
        {
            return HangUp(_heardPacket ? ScriptEnd.NoGreeting : ScriptEnd.NoAudio, now);
        }
        if (_line.ReplyRequired)
        {
            CloseTurn(now, true);
            return HangUp(ScriptEnd.NoReply, now);
        }
        Enter(Phase.Thinking, now);
        return Think(now);
    }

    private CallerAction? Listen(TimeSpan now)
    {
        if (
            _agent.IsSpeaking
            && NextLine() is { BargeIn: { } delay } line
            && _agentSpokeFrom is { } start
            && now - start >= delay
        )
        {
            return Begin(line, now, bargingIn: true);
        }
        if (_agent.IsSpeaking || now - _agent.LastSpeech < script.EndOfSpeech)
        {
            return null;
        }
        if (_agent.LastSpeech < _resumedAt && now - _resumedAt < ResumePatience)
        {
            // The agent was cut in the middle: it will go on.
            return null;
        }
        Enter(Phase.Thinking, now);
        return Think(now);
    }

    /// <summary>Says the line under way again, as one does who was not heard.</summary>
    private CallerAction? SayAgain(TimeSpan now)
    {
        var line = _line!;
        CloseTurn(now, false);
        LinesRepeated++;
        return Say(line, now, bargingIn: false);
    }

    private CallerAction? Think(TimeSpan now)
    {
        var line = NextLine();
        if (_agent.IsSpeaking && _agentSpokeFrom is not null)
        {
            // It only drew breath.
            Enter(Phase.AgentSpeaking, now);
            return null;
        }
        if (_interrupted && _line is { } broken)
        {
            return now - _phaseSince >= broken.Think ? SayAgain(now) : null;
        }
        if (line is not null)
        {
            return now - _phaseSince >= line.Think ? Begin(line, now, bargingIn: false) : null;
        }
        if (script.End == ScenarioEnd.WaitForAgent)
        {
            CloseTurn(now, false);
            Enter(Phase.WaitingForHangUp, now);
            return null;
        }
        return HangUp(ScriptEnd.Done, now);
    }

    private CallerLine? NextLine() =>
        _next < script.Lines.Count ? script.Lines[_next]
        : script.Repeat ? script.Lines[0]
        : null;

    private CallerAction? Begin(CallerLine line, TimeSpan now, bool bargingIn)
    {
        CloseTurn(now, false);
        _next = (_next < script.Lines.Count ? _next : 0) + 1;
        AllLinesSaid |= _next == script.Lines.Count;
        return Say(line, now, bargingIn);
    }

    private CallerAction? Say(CallerLine line, TimeSpan now, bool bargingIn)
    {
        _line = line;
        _interrupted = false;
        _bargedIn = bargingIn;
        _bargeInMissed = line.BargeIn is not null && !bargingIn;
        _agentSpokeFrom = null;
        _callerStart = now;
        _callerEnd = now;
        if (line.Speech is { } speech)
        {
            Enter(Phase.Speaking, now);
            return new CallerAction.Speak(speech);
        }
        if (line.Digits is { } digits)
        {
            _callerEnd = now + digits.Length * DigitTime;
        }
        Enter(Phase.WaitingForAgent, _callerEnd);
        return line.Digits is null ? null : new CallerAction.SendDigits(line.Digits);
    }

    private CallerAction.HangUp HangUp(ScriptEnd reason, TimeSpan now)
    {
        End = reason;
        OnEnded(now);
        return new CallerAction.HangUp(reason);
    }

    private void Enter(Phase phase, TimeSpan now)
    {
        _phase = phase;
        _phaseSince = now;
    }

    private void CountWait(TimeSpan wait)
    {
        LongestWait = wait > LongestWait ? wait : LongestWait;
        DeadAirs += wait > DeadAir ? 1 : 0;
    }

    /// <summary>When the agent began what counts as its answer to the turn under way (or its greeting), or null.</summary>
    private TimeSpan? ReplyStart()
    {
        foreach (var segment in AllSegments())
        {
            if (_line is null || segment.Start > _callerEnd)
            {
                return segment.Start;
            }
            if (segment.Start > _callerStart && segment.End - _callerEnd >= TalkOverIsReply)
            {
                return segment.Start;
            }
        }
        return null;
    }

    private void CloseTurn(TimeSpan now, bool noReply)
    {
        if (_line is not { } line)
        {
            return;
        }
        var spoke = line.Speech is not null;
        // Hung up in the middle of the line: it ends here.
        var callerEnd = _phase == Phase.Speaking ? now : _callerEnd;
        var reply = ReplyStart();
        var segments = AllSegments().ToList();
        var covered = segments.Any(s => s.Start <= callerEnd && s.End > callerEnd);
        var after = segments.Where(s => s.Start > callerEnd).Select(s => (TimeSpan?)s.Start).FirstOrDefault();
        _turns.Add(
            new TurnMeasurement
            {
                Index = _turns.Count,
                Text = line.Text,
                CallerStart = _callerStart,
                CallerEnd = callerEnd,
                ReplyStart = reply,
                ReplyEnd = reply is null ? null : segments[^1].End,
                VoiceToVoice = spoke && !covered && !_interrupted ? after - callerEnd : null,
                BargeIn = _bargedIn ? SilencedAfter(segments) : null,
                BargeInMissed = _bargeInMissed,
                TalkedOver = spoke && segments.Any(s => s.Start > _callerStart && s.Start <= callerEnd),
                NoReply = noReply,
                Interrupted = _interrupted,
                Wait = (reply ?? now) is var heard && heard > callerEnd ? heard - callerEnd : TimeSpan.Zero,
            }
        );
        _line = null;
    }

    /// <summary>Caller's first sample to the interrupted agent's last one; null while the agent still speaks.</summary>
    private TimeSpan? SilencedAfter(List<SpeechSegment> segments)
    {
        foreach (var segment in segments)
        {
            if (segment.Start <= _callerStart && segment.End + WordGap > _callerStart)
            {
                var goesOn = _agent.Current is { } current && current.Start == segment.Start;
                return goesOn ? null
                    : segment.End > _callerStart ? segment.End - _callerStart
                    : TimeSpan.Zero;
            }
        }
        return null;
    }

    private IEnumerable<SpeechSegment> AllSegments() =>
        _agent.Current is { } current ? _agent.Ended.Append(current) : _agent.Ended;
}
