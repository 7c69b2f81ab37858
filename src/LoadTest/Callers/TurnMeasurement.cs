namespace OCPlatform.LoadTest;

/// <summary>
/// What one turn of the caller came to. Times are on the caller's one clock (<see cref="CallerConversation"/>), as the
/// caller's ear has them: a sample sent counts when it is captured, a sample received when its packet arrives.
/// </summary>
public sealed record TurnMeasurement
{
    /// <summary>0-based place in the call.</summary>
    public required int Index { get; init; }

    /// <summary>What the caller said, the digits, or empty for a silent turn.</summary>
    public required string Text { get; init; }

    /// <summary>The caller's first and last sample of speech.</summary>
    public required TimeSpan CallerStart { get; init; }
    public required TimeSpan CallerEnd { get; init; }

    /// <summary>The reply's first and last sample of speech; null when none came.</summary>
    public TimeSpan? ReplyStart { get; init; }
    public TimeSpan? ReplyEnd { get; init; }

    /// <summary>
    /// End of the caller's speech to the start of the reply. Null for silent turns and digits, without a reply, and when
    /// the agent spoke at the moment the caller ended, for then nobody can say which sound is the reply.
    /// </summary>
    public TimeSpan? VoiceToVoice { get; init; }

    /// <summary>The caller began while the agent spoke: from then to the agent's last sample before its silence.</summary>
    public TimeSpan? BargeIn { get; init; }

    /// <summary>The line was to interrupt the agent, but the agent had already finished.</summary>
    public bool BargeInMissed { get; init; }

    /// <summary>The agent began to speak before the caller had finished.</summary>
    public bool TalkedOver { get; init; }

    /// <summary>A reply was required and none came in time.</summary>
    public bool NoReply { get; init; }

    /// <summary>The line broke, or the call moved, while the caller spoke or waited for the reply.</summary>
    public bool Interrupted { get; init; }

    /// <summary>The reply as a recogniser understood what arrived; null: not asked for.</summary>
    public string? Heard { get; init; }

    /// <summary>Silence after the caller until the agent spoke, or until the caller gave up.</summary>
    public TimeSpan Wait { get; init; }
}
