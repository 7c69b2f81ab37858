using System.Collections.Concurrent;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.CallActors.TurnTaking;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// The audio side of one call between the media session and the call actor: it listens, speaks, and settles who has
/// the floor. Audio, all of it at the session's rate, comes from the media clock through a ring, goes to the phone
/// through the session's playout, and never passes a mailbox. All state is touched by the speech pump only; others post to it.
/// </summary>
/// <remarks>
/// When the caller starts while the agent has the floor, the agent falls silent at once, but its turn is only paused:
/// if recognition finds no words ("mhm", a cough), it goes on from the clause that was cut; otherwise the turn is over
/// and counts as heard up to the cut.
/// </remarks>
public sealed class CallVoice : IMediaSink, IDisposable
{
    // The pump comes every 10 ms; when it is late the ring grows, to a second.
    private const int RingAheadMs = 4 * Listener.BlockMs;
    private const int RingMaxAheadMs = 1000;

    // How far the phone's playout is kept ahead: little enough that an interruption leaves little to throw away.
    private const int PlayoutAheadMs = 200;

    // Agent audio goes to the playout in pieces of 20 ms.
    private const int MaxFrameSamples = 320;

    private readonly CallVoiceOptions _options;
    private readonly TextToSpeechClient _tts;
    private readonly Playout _playout;
    private readonly TimeProvider _time;
    private readonly Action<VoiceEvent> _tell;
    private readonly Listener _listener;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly long _startedTicks;
    private readonly DateTimeOffset _startedAt;
    private TextToSpeechOptions _speech;

    // Made with the first audio, when the session's rate is settled.
    private AudioRing? _ring;
    private AgentTurnAudio? _turn;
    private bool _paused;
    private bool _recognising;
    private bool _replyAwaited;
    private DateTimeOffset? _askedAt;

    // When it must be silent, at the next clause's end or, should the caller be speaking, at the latest; null: it goes on.
    private (long ClauseMs, long CallerMs)? _silentBy;
    private bool _silent;

    public CallVoice(
        CallVoiceOptions options,
        SpeechClients speech,
        Playout playout,
        TimeProvider time,
        Action<VoiceEvent> tell
    )
    {
        _options = options;
        _tts = speech.TextToSpeech;
        _speech = options.TextToSpeech;
        _playout = playout;
        _time = time;
        _tell = tell;
        _listener = new Listener(options.TurnTaking, speech.CreateVoiceActivityDetector, speech.SpeechToText);
        _startedTicks = time.GetTimestamp();
        _startedAt = time.GetUtcNow();
    }

    private bool AgentHasFloor => _turn is not null && !_paused;

    private int SamplesPerMs => _playout.SampleRateHz / 1000;

    private long NowMs => (long)_time.GetElapsedTime(_startedTicks).TotalMilliseconds;

    // ---- posted by the actor ----

    /// <summary>Turns that begin from now on are spoken in this voice; null for the configured one.</summary>
    public void UseVoice(string? voice) => Post(() => _speech = _speech with { Voice = voice });

    /// <summary>A new agent turn begins; one that is still being spoken is over.</summary>
    public void BeginTurn(int number) =>
        Post(() =>
        {
            Interrupt(then: () => { });
            Begin(number);
        });

    /// <summary>The next piece of the turn's text. Ignored when the turn is over.</summary>
    public void AddText(int number, string text) => Post(() => TurnOf(number)?.AddText(text));

    /// <summary>The turn's text is complete.</summary>
    public void CompleteTurn(int number) => Post(() => TurnOf(number)?.CompleteText());

    /// <summary>The agent prepares an answer: silence on the line is now its own.</summary>
    public void AwaitReply() => Post(() => _replyAwaited = true);

    /// <summary>
    /// Asks it to stop for good: at the end of the clause that it speaks, when that comes soon; and not while the caller is
    /// speaking, if that does not last. <see cref="VoiceEvent.FellSilent"/> says that it has.
    /// </summary>
    public void FallSilent(TimeSpan clauseWithin, TimeSpan callerWithin) =>
        Post(() =>
            _silentBy = (NowMs + (long)clauseWithin.TotalMilliseconds, NowMs + (long)callerWithin.TotalMilliseconds)
        );

    // ---- from the media clock ----

    /// <inheritdoc />
    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        if (_ring is null)
        {
            var history = Listener.PreRollMs * SamplesPerMs;
            Volatile.Write(
                ref _ring,
                new AudioRing(history, RingAheadMs * SamplesPerMs, RingMaxAheadMs * SamplesPerMs)
            );
        }
        _ring.Write(frame);
    }

    /// <inheritdoc />
    public void OnDtmf(char digit, int durationMs) =>
        _tell(new VoiceEvent.DigitPressed(digit, durationMs, _time.GetUtcNow()));

    /// <inheritdoc />
    public bool ListensForTones => true;

    /// <inheritdoc />
    public void OnFaxTone(FaxTone tone) => _tell(new VoiceEvent.FaxHeard(tone, _time.GetUtcNow()));

    /// <inheritdoc />
    public void OnNotSecured(string cause) => _tell(new VoiceEvent.NotSecured(cause));

    /// <inheritdoc />
    public void OnMediaTimeout() => _tell(new VoiceEvent.MediaTimedOut(_time.GetUtcNow()));

    /// <inheritdoc/>
    public void OnBroken(Exception cause) => ReportFailure(cause);

    // ---- on the speech pump ----

    /// <summary>Does what is due. Called by the pump every few ms.</summary>
    internal void Process()
    {
        // Audio comes every 20 ms from the session's start on, be it silence. Before that there is nobody to talk to.
        if (Volatile.Read(ref _ring) is not { } ring)
        {
            return;
        }
        while (_posted.TryDequeue(out var action))
        {
            action();
        }
        // The ear's clock is the wall clock at the end of what lies in the ring, so that it cannot drift away.
        var oldestMs = NowMs - ring.Available / SamplesPerMs;
        Span<short> room = stackalloc short[Listener.MaxBlockSamples];
        var block = room[..(Listener.BlockMs * SamplesPerMs)];
        for (var endMs = oldestMs + Listener.BlockMs; ring.TryRead(block); endMs += Listener.BlockMs)
        {
            Hear(block, ring, endMs);
        }
        Speak();
    }

    internal void ReportFailure(Exception cause) => _tell(new VoiceEvent.Broken(cause));

    private void Begin(int number)
    {
        _replyAwaited = false;
        var turn = new AgentTurnAudio(number, _askedAt, _playout.SampleRateHz);
        _askedAt = null;
        _turn = turn;
        var speech = _speech with { SampleRateHz = _playout.SampleRateHz };
        _ = SynthesizeAsync();
        if (_listener.Detector.UserIsSpeaking || _recognising)
        {
            Pause();
        }

        async Task SynthesizeAsync()
        {
            if (await turn.SynthesizeAsync(_tts, speech) is { } failure)
            {
                _options.OnSynthesisFailed?.Invoke(failure);
            }
        }
    }

    private void Hear(ReadOnlySpan<short> block, AudioRing ring, long endMs)
    {
        var busy = AgentHasFloor || _replyAwaited || _recognising;
        switch (_listener.OnBlock(block, ring, endMs, busy))
        {
            case TurnSignal.SpeechStarted:
                Pause();
                _tell(new VoiceEvent.UserStarted(At(_listener.Detector.SpeechStartedAtMs)));
                break;
            case TurnSignal.SpeechEnded:
                Recognise();
                break;
            case TurnSignal.UserSilent when _turn is null:
                _tell(new VoiceEvent.UserSilent(At(endMs)));
                break;
        }
    }

    private void Pause()
    {
        if (_turn is not null && !_paused)
        {
            _paused = true;
            _playout.Pause();
        }
    }

    private void Recognise()
    {
        var startedAt = At(_listener.Detector.SpeechStartedAtMs);
        var endedAt = At(_listener.Detector.SpeechEndedAtMs);
        // Unique over a restart of the call as well: the conversation knows inputs by their ids.
        var id = $"u{startedAt.ToUnixTimeMilliseconds()}";
        var utterance = _listener.TakeUtterance();
        _recognising = true;
        _ = CompleteAsync();

        async Task CompleteAsync()
        {
            string? text = null;
            try
            {
                if (utterance is not null)
                {
                    await using (utterance)
                    {
                        text = await utterance.CompleteAsync(_options.RecognitionDeadline);
                    }
                }
            }
            catch (Exception e)
            {
                _options.OnRecognitionFailed?.Invoke(e);
            }
            Post(() => OnRecognised(new VoiceEvent.UserSaid(id, text ?? "", startedAt, endedAt, text is null)));
        }
    }

    private void OnRecognised(VoiceEvent.UserSaid said)
    {
        _recognising = false;
        if (!said.Failed && UtteranceEnding.IsBackchannel(said.Text))
        {
            Resume();
            return;
        }
        _askedAt = said.EndedAt;
        _replyAwaited = true;
        Interrupt(then: () => _tell(said));
    }

    private void Resume()
    {
        if (_turn is not null && _paused && !_listener.Detector.UserIsSpeaking)
        {
            _paused = false;
            _playout.Resume();
        }
    }

    private void Speak()
    {
        if (_silent || _silentBy is not null && TryFallSilent())
        {
            return;
        }
        if (_turn is null || _paused)
        {
            return;
        }
        Span<short> frame = stackalloc short[MaxFrameSamples];
        while (_playout.Buffered < PlayoutAheadMs * SamplesPerMs)
        {
            if (_silentBy is not null && _turn.IsBetweenClauses)
            {
                return; // Here it falls silent, when it is next looked after.
            }
            var count = _turn.Take(frame);
            if (count == 0)
            {
                break;
            }
            _turn.StartedAt ??= _time.GetUtcNow();
            _playout.TryEnqueue(frame[..count]);
        }
        var unsent = _playout.Buffered;
        if (_turn.AllTaken && unsent == 0)
        {
            var turn = _turn;
            _turn = null;
            Deliver(turn, interrupted: false);
        }
        else if (_turn.TakeMark(unsent) is { } heard)
        {
            _tell(Mark(_turn, heard));
        }
    }

    private VoiceEvent.AgentHeard Mark(AgentTurnAudio turn, string heard) =>
        new(turn.Number, heard, turn.StartedAt ?? _time.GetUtcNow(), _time.GetUtcNow());

    private bool TryFallSilent()
    {
        var (clauseMs, callerMs) = _silentBy!.Value;
        var callerSpeaks = _listener.Detector.UserIsSpeaking || _recognising;
        var mayGoOn = callerSpeaks ? NowMs < callerMs : _turn is { IsBetweenClauses: false } && NowMs < clauseMs;
        if (mayGoOn)
        {
            return false;
        }
        _silent = true;
        if (_turn is not { } turn)
        {
            _tell(new VoiceEvent.FellSilent(null));
        }
        else if (_paused)
        {
            // What lies in the paused playout will not be sent.
            _ = FinishAsync(_playout.Clear());
        }
        else
        {
            _tell(new VoiceEvent.FellSilent(HeardOf(turn)));
        }
        return true;

        async Task FinishAsync(Task<PlayoutCleared> clearing)
        {
            var cleared = await clearing;
            Post(() =>
            {
                turn.PutBack(cleared.SamplesDropped);
                _tell(new VoiceEvent.FellSilent(HeardOf(turn)));
            });
        }
    }

    private VoiceEvent.AgentHeard? HeardOf(AgentTurnAudio turn) =>
        turn.Heard() is { Length: > 0 } heard ? Mark(turn, heard) : null;

    // What was heard is known only when the clock has dropped the rest, at its next tick.
    private void Interrupt(Action then)
    {
        if (_turn is not { } turn)
        {
            then();
            return;
        }
        _turn = null;
        _paused = false;
        turn.Abandon();
        _ = FinishAsync(_playout.Clear());
        _playout.Resume();

        async Task FinishAsync(Task<PlayoutCleared> clearing)
        {
            var cleared = await clearing;
            Post(() =>
            {
                turn.PutBack(cleared.SamplesDropped);
                Deliver(turn, interrupted: true);
                then();
            });
        }
    }

    private void Deliver(AgentTurnAudio turn, bool interrupted)
    {
        var now = _time.GetUtcNow();
        _tell(
            new VoiceEvent.AgentTurnDelivered(
                turn.Number,
                turn.Heard(),
                interrupted,
                turn.StartedAt ?? now,
                now,
                (int?)(turn.StartedAt - turn.AskedAt)?.TotalMilliseconds
            )
        );
    }

    private AgentTurnAudio? TurnOf(int number) => _turn?.Number == number ? _turn : null;

    private DateTimeOffset At(long ms) => _startedAt.AddMilliseconds(ms);

    private void Post(Action action) => _posted.Enqueue(action);

    /// <summary>On the pump's thread once the pump serves the call; the detector's native memory is in use there.</summary>
    public void Dispose()
    {
        _turn?.Abandon();
        _listener.Dispose();
    }
}
