namespace OCPlatform.LoadTest;

/// <summary>Why a caller's script came to its end.</summary>
public enum ScriptEnd
{
    /// <summary>Every line was said and answered.</summary>
    Done,

    /// <summary>The hold time was over.</summary>
    HoldOver,

    /// <summary>Answered, but not one packet of audio came.</summary>
    NoAudio,

    /// <summary>The agent did not begin to speak within the reply time-out.</summary>
    NoGreeting,

    /// <summary>The agent did not answer a line within the reply time-out.</summary>
    NoReply,

    /// <summary>The script waits for the agent to hang up, and it did not.</summary>
    AgentStayed,

    /// <summary>The audio stopped, and did not come back within the caller's patience.</summary>
    AudioLost,
}

/// <summary>What a caller must do next.</summary>
public abstract record CallerAction
{
    /// <summary>Send this speech, and report its first and last sample.</summary>
    public sealed record Speak(SpokenLine Speech) : CallerAction;

    /// <summary>Send these digits.</summary>
    public sealed record SendDigits(string Digits) : CallerAction;

    public sealed record HangUp(ScriptEnd Reason) : CallerAction;
}
