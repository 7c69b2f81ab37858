using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Conversations;

/// <summary>Anything addressed to one conversation; the shard region routes by the id.</summary>
public interface IConversationMessage : IWireMessage
{
    ConversationId ConversationId { get; }
}

/// <summary>How the person is connected; the agent phrases for ear or eye, and only voice hears "played" marks.</summary>
public enum ConversationChannel
{
    Voice,
    Chat,
}

/// <summary>What the channel does once the agent's turn has been delivered in full.</summary>
public enum AfterTurn
{
    Listen,
    HangUp,
}

public enum Speaker
{
    User,
    Agent,
}

/// <summary>One turn as it stands in the history: of an agent's turn, only what was played or shown.</summary>
public sealed record Turn(
    int Number,
    Speaker Speaker,
    string Text,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    bool Interrupted
);

/// <summary>
/// What a channel (call actor or chat session) tells a conversation. The sender of <see cref="Attach"/> is the
/// conversation's listener from then on; a later Attach replaces it. Every input has an id that the channel chose: the
/// same id again is acknowledged again and otherwise ignored.
/// </summary>
public static class ConversationCommands
{
    /// <summary>
    /// Opens the conversation, or takes it up again. Answered by <see cref="ConversationEvents.Attached"/>; a new
    /// conversation then greets by itself with an agent turn.
    /// </summary>
    /// <param name="New">
    /// The channel knows that there is no such conversation yet, and has not said so before: then no past is read.
    /// </param>
    [WireName("conversation/attach/1")]
    public sealed record Attach(
        ConversationId ConversationId,
        ConversationChannel Channel,
        string Agent,
        string? Caller,
        DateTimeOffset At,
        bool New = false
    ) : IConversationMessage;

    /// <summary>The person said or wrote this. Answered by InputAccepted once journaled, then by an agent turn.</summary>
    /// <param name="Secret">The agent is told, the journal is not: the call's recording is paused for it.</param>
    [WireName("conversation/user-said/1")]
    public sealed record UserSaid(
        ConversationId ConversationId,
        string InputId,
        string Text,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt,
        bool Secret = false
    ) : IConversationMessage;

    /// <summary>The person pressed keys (0–9, *, #).</summary>
    /// <param name="Secret">See <see cref="UserSaid"/>.</param>
    [WireName("conversation/user-pressed/1")]
    public sealed record UserPressed(
        ConversationId ConversationId,
        string InputId,
        string Digits,
        DateTimeOffset At,
        bool Secret = false
    ) : IConversationMessage;

    /// <summary>The person has said nothing for the channel's silence time since the agent fell silent.</summary>
    [WireName("conversation/user-silent/1")]
    public sealed record UserSilent(ConversationId ConversationId, string InputId, DateTimeOffset At)
        : IConversationMessage;

    /// <summary>
    /// What the person really heard of an agent turn: all of it, or the words up to the interruption. Voice only; the
    /// history keeps this text.
    /// </summary>
    [WireName("conversation/turn-played/1")]
    public sealed record AgentTurnPlayed(
        ConversationId ConversationId,
        int Turn,
        string HeardText,
        bool Interrupted,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt
    ) : IConversationMessage;

    /// <summary>The channel is gone for good (hang-up, chat closed).</summary>
    [WireName("conversation/end/1")]
    public sealed record End(ConversationId ConversationId, string Cause, DateTimeOffset At) : IConversationMessage;

    /// <summary>
    /// The conversation's shard leaves this node: the actor makes its journal complete and stops; its next message starts it
    /// on another one. It never crosses the wire, and names no conversation: a shard tells it to all of its own.
    /// </summary>
    public sealed record LeaveNode
    {
        public static readonly LeaveNode Instance = new();
    }
}

/// <summary>What a conversation tells its listener.</summary>
public static class ConversationEvents
{
    /// <summary>
    /// Answer to Attach. History holds the turns so far when the conversation was resumed. An agent turn still open is
    /// not in it: it follows once more from its start, its pieces under the same indexes as before. When the conversation
    /// has ended, Ended follows.
    /// </summary>
    /// <param name="Voice">The agent's voice, as speech synthesis names it; null for the configured one.</param>
    [WireName("conversation/attached/1")]
    public sealed record Attached(
        ConversationId ConversationId,
        bool Resumed,
        bool Ended,
        IReadOnlyList<Turn> History,
        string? Voice = null
    ) : IConversationMessage;

    /// <summary>The input is journaled: it will be neither lost nor doubled. It may come after the answer has begun.</summary>
    /// <param name="Turn">The agent's turn that answers it; the input's own turn in the history is the one before.</param>
    [WireName("conversation/input-accepted/1")]
    public sealed record InputAccepted(ConversationId ConversationId, string InputId, int Turn) : IConversationMessage;

    /// <summary>The agent starts a turn; its text follows piece by piece. A new turn supersedes one still open.</summary>
    [WireName("conversation/turn-started/1")]
    public sealed record AgentTurnStarted(ConversationId ConversationId, int Turn, string? InReplyTo, DateTimeOffset At)
        : IConversationMessage;

    /// <summary>The next piece of the turn, in order from index 0; pieces join without a separator.</summary>
    [WireName("conversation/turn-text/1")]
    public sealed record AgentTurnText(ConversationId ConversationId, int Turn, int Index, string Text)
        : IConversationMessage;

    /// <summary>
    /// The turn's text is complete; what to do after it has been delivered. In a chat it is journaled by now. By voice the
    /// caller has heard its beginning already, and nothing is gained by waiting for a database that is away.
    /// </summary>
    [WireName("conversation/turn-ended/1")]
    public sealed record AgentTurnEnded(ConversationId ConversationId, int Turn, string Text, AfterTurn Next)
        : IConversationMessage;

    /// <summary>The conversation is over; nothing follows.</summary>
    [WireName("conversation/ended/1")]
    public sealed record Ended(ConversationId ConversationId, string Cause) : IConversationMessage;
}
