namespace OCPlatform.CallActors.TurnTaking;

/// <summary>What a block of audio changed.</summary>
public enum TurnSignal
{
    None,

    /// <summary>The caller speaks, and spoke already for the start time: recognition begins with the audio before this.</summary>
    SpeechStarted,

    /// <summary>The caller's turn is over.</summary>
    SpeechEnded,

    /// <summary>Nobody has spoken for the silence time.</summary>
    UserSilent,
}

/// <summary>
/// Decides from speech probabilities when the caller starts and stops talking. Sans-IO: blocks of audio go in with the
/// time at their end, signals come out; it holds no audio and reads no clock. Times are ms on any monotonic clock.
/// </summary>
public sealed class TurnDetector(TurnTakingOptions options)
{
    private enum Phase
    {
        Quiet,
        Onset,
        Speaking,
        Trailing,
    }

    private Phase _phase = Phase.Quiet;
    private long _onsetAtMs;
    private long _speechMs;
    private long _lastSpeechAtMs;
    private long _quietSinceMs = -1;

    /// <summary>The caller holds the floor: after SpeechStarted, until SpeechEnded.</summary>
    public bool UserIsSpeaking => _phase is Phase.Speaking or Phase.Trailing;

    /// <summary>Start of the present (or last) utterance: the beginning of its first speech block.</summary>
    public long SpeechStartedAtMs => _onsetAtMs;

    /// <summary>End of the last block that held speech.</summary>
    public long SpeechEndedAtMs => _lastSpeechAtMs;

    /// <summary>Trailing silence so far, in ms; 0 while the caller speaks.</summary>
    public long TrailingSilenceMs { get; private set; }

    /// <summary>What was understood so far sounds unfinished: wait longer for more. Reset at every new utterance.</summary>
    public bool SoundsUnfinished { get; set; }

    /// <summary>Takes one block of <paramref name="blockMs"/> ms that ended at <paramref name="nowMs"/>.</summary>
    public TurnSignal OnBlock(float probability, int blockMs, long nowMs, bool agentIsSpeaking) =>
        _phase switch
        {
            Phase.Quiet => OnQuiet(probability, blockMs, nowMs, agentIsSpeaking),
            Phase.Onset => OnOnset(probability, blockMs, nowMs, agentIsSpeaking),
            Phase.Speaking => OnSpeaking(probability, nowMs),
            _ => OnTrailing(probability, nowMs),
        };

    /// <summary>Starts the silence time anew, for instance when the agent has begun to prepare an answer.</summary>
    public void RestartSilence() => _quietSinceMs = -1;

    private TurnSignal OnQuiet(float probability, int blockMs, long nowMs, bool agentIsSpeaking)
    {
        if (probability >= options.SpeechThreshold && (options.BargeIn || !agentIsSpeaking))
        {
            _phase = Phase.Onset;
            _onsetAtMs = nowMs - blockMs;
            _speechMs = 0;
            return OnOnset(probability, blockMs, nowMs, agentIsSpeaking);
        }
        return OnSilence(nowMs, agentIsSpeaking);
    }

    private TurnSignal OnSilence(long nowMs, bool agentIsSpeaking)
    {
        if (agentIsSpeaking)
        {
            _quietSinceMs = -1;
        }
        else if (_quietSinceMs < 0)
        {
            _quietSinceMs = nowMs;
        }
        else if (nowMs - _quietSinceMs >= options.UserSilentMs)
        {
            _quietSinceMs = -1;
            return TurnSignal.UserSilent;
        }
        return TurnSignal.None;
    }

    private TurnSignal OnOnset(float probability, int blockMs, long nowMs, bool agentIsSpeaking)
    {
        if (probability < options.SilenceThreshold)
        {
            _phase = Phase.Quiet;
            return OnSilence(nowMs, agentIsSpeaking);
        }
        _speechMs += blockMs;
        _lastSpeechAtMs = nowMs;
        if (_speechMs < (agentIsSpeaking ? options.BargeInMs : options.StartMs))
        {
            return TurnSignal.None;
        }
        _phase = Phase.Speaking;
        _quietSinceMs = -1;
        TrailingSilenceMs = 0;
        SoundsUnfinished = false;
        return TurnSignal.SpeechStarted;
    }

    private TurnSignal OnSpeaking(float probability, long nowMs)
    {
        if (probability < options.SilenceThreshold)
        {
            _phase = Phase.Trailing;
            return OnTrailing(probability, nowMs);
        }
        _lastSpeechAtMs = nowMs;
        return nowMs - _onsetAtMs >= options.MaxUtteranceMs ? End() : TurnSignal.None;
    }

    private TurnSignal OnTrailing(float probability, long nowMs)
    {
        if (probability >= options.SpeechThreshold)
        {
            _phase = Phase.Speaking;
            TrailingSilenceMs = 0;
            return OnSpeaking(probability, nowMs);
        }
        TrailingSilenceMs = nowMs - _lastSpeechAtMs;
        var wait = SoundsUnfinished ? options.UnfinishedEndpointMs : options.EndpointMs;
        return TrailingSilenceMs >= wait ? End() : TurnSignal.None;
    }

    private TurnSignal End()
    {
        _phase = Phase.Quiet;
        _quietSinceMs = -1;
        TrailingSilenceMs = 0;
        return TurnSignal.SpeechEnded;
    }
}
