using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Voice;

/// <summary>What the audio side of a call tells its actor. Never audio: only what was said, heard and played.</summary>
public abstract record VoiceEvent
{
    private VoiceEvent() { }

    /// <summary>The caller began to speak; while the agent spoke, it has fallen silent by now.</summary>
    public sealed record UserStarted(DateTimeOffset At) : VoiceEvent;

    /// <summary>The caller said this. Text is empty and Failed set when recognition failed.</summary>
    public sealed record UserSaid(
        string UtteranceId,
        string Text,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt,
        bool Failed
    ) : VoiceEvent;

    /// <summary>Neither side has spoken for the configured time.</summary>
    public sealed record UserSilent(DateTimeOffset At) : VoiceEvent;

    /// <summary>An agent turn is over: played in full, or interrupted for good.</summary>
    /// <param name="LatencyMs">End of the caller's speech to the first audio sent; null when nothing was asked.</param>
    public sealed record AgentTurnDelivered(
        int Turn,
        string HeardText,
        bool Interrupted,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt,
        int? LatencyMs
    ) : VoiceEvent;

    /// <summary>An agent turn has been heard up to the end of a clause, and goes on.</summary>
    public sealed record AgentHeard(int Turn, string HeardText, DateTimeOffset StartedAt, DateTimeOffset At)
        : VoiceEvent;

    /// <summary>
    /// The voice has stopped, as it was asked to: what it still has in the playout is the last that is heard from it.
    /// </summary>
    /// <param name="Heard">How far the turn under way comes with that; null when there is none, or nothing of it was heard.</param>
    public sealed record FellSilent(AgentHeard? Heard) : VoiceEvent;

    /// <summary>The caller pressed a key.</summary>
    public sealed record DigitPressed(char Digit, int DurationMs, DateTimeOffset At) : VoiceEvent;

    /// <summary>The other side is a fax machine.</summary>
    public sealed record FaxHeard(FaxTone Tone, DateTimeOffset At) : VoiceEvent;

    /// <summary>Encryption was agreed, and its handshake failed.</summary>
    public sealed record NotSecured(string Cause) : VoiceEvent;

    /// <summary>No audio has arrived for the configured time.</summary>
    public sealed record MediaTimedOut(DateTimeOffset At) : VoiceEvent;

    /// <summary>The voice stopped working; nothing more comes from it.</summary>
    public sealed record Broken(Exception Cause) : VoiceEvent;
}
