using System.Text.Json;
using System.Text.Json.Serialization;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Gateways.Chat;

/// <summary>What the gateway tells a client; the shapes are those of docs/chat-protocol.md.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(Missed), "turns")]
[JsonDerivedType(typeof(Accepted), "accepted")]
[JsonDerivedType(typeof(Typing), "typing")]
[JsonDerivedType(typeof(TurnStart), "turnStart")]
[JsonDerivedType(typeof(Delta), "delta")]
[JsonDerivedType(typeof(TurnEnd), "turnEnd")]
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(Pong), "pong")]
[JsonDerivedType(typeof(Error), "error")]
internal abstract record ServerMessage
{
    private ServerMessage() { }

    /// <summary>The message as it goes over the wire: UTF-8 JSON.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, WireSerializer.Json);

    /// <summary>The conversation is open; Turns are those the client has not in full.</summary>
    public sealed record Opened(
        int Version,
        string Token,
        string Agent,
        bool Resumed,
        IReadOnlyList<Turn> Turns,
        ChatLimits Limits
    ) : ServerMessage;

    /// <summary>Complete turns that the client missed while the gateway had lost touch with the conversation.</summary>
    public sealed record Missed(IReadOnlyList<Turn> Turns) : ServerMessage;

    /// <summary>The text is journaled as this turn.</summary>
    public sealed record Accepted(string Id, int Turn) : ServerMessage;

    /// <summary>The agent is working on a reply, or no longer.</summary>
    public sealed record Typing(bool Active) : ServerMessage;

    /// <summary>An agent turn; deltas from index <paramref name="From"/> follow, those before it stay as they are.</summary>
    public sealed record TurnStart(int Turn, int From, string? InReplyTo, DateTimeOffset At) : ServerMessage;

    public sealed record Delta(int Turn, int Index, string Text) : ServerMessage;

    /// <summary>The turn is complete. Text is all of it; null when it was broken off: what was shown stays.</summary>
    public sealed record TurnEnd(int Turn, string? Text, bool Interrupted) : ServerMessage;

    public sealed record Ended(string? Cause) : ServerMessage;

    public sealed record Pong : ServerMessage;

    public sealed record Error(ChatError Code, string Message, string? Id = null, int? RetryAfterMs = null)
        : ServerMessage;
}

internal sealed record ChatLimits(
    int MaxTextLength,
    int MaxMessageBytes,
    double MessagesPerSecond,
    int IdleTimeoutSeconds
);

/// <summary>Codes of the error message, in camel case on the wire.</summary>
internal enum ChatError
{
    /// <summary>No JSON object, or a field is missing or wrong.</summary>
    Malformed,

    /// <summary>The "type" is none of this protocol's.</summary>
    UnknownType,

    /// <summary>The protocol version is not spoken here.</summary>
    VersionUnsupported,

    /// <summary>The token was not made by this platform.</summary>
    TokenInvalid,

    /// <summary>No such agent for chats.</summary>
    AgentUnknown,

    /// <summary>`open` must come first.</summary>
    NotOpen,

    /// <summary>`open` came twice.</summary>
    AlreadyOpen,

    TextTooLong,

    RateLimited,

    TooManyPending,

    /// <summary>The conversation does not answer; try again.</summary>
    Unavailable,
}
