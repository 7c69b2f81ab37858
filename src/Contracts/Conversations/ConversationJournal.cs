using System.Collections.Immutable;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Conversations;

/// <summary>A journaled fact of a conversation. The time is in the event; applying it needs no clock.</summary>
public interface IConversationEvent : IConversationMessage
{
    DateTimeOffset At { get; }
}

/// <summary>What an input was.</summary>
public enum ConversationInputKind
{
    Said,
    Pressed,
    Silent,
}

/// <summary>The dialogue model's state as the conversation keeps it for the model.</summary>
public sealed record DialogNotes(
    string Flow,
    string Awaiting,
    ImmutableSortedDictionary<string, string> Slots,
    ImmutableSortedDictionary<string, string> Memory
)
{
    public static readonly DialogNotes Empty = new(
        "",
        "",
        ImmutableSortedDictionary<string, string>.Empty,
        ImmutableSortedDictionary<string, string>.Empty
    );
}

/// <summary>A tool to run under an idempotency key. Arguments are a JSON object.</summary>
/// <param name="CallId">The model's own name of the call; quoted back with the result.</param>
public sealed record ToolRequested(string CallId, string Name, string Arguments, string Key);

/// <summary>The events from which a conversation is rebuilt.</summary>
public static class ConversationJournal
{
    [WireName("conversation/opened/1")]
    public sealed record Opened(
        ConversationId ConversationId,
        DateTimeOffset At,
        ConversationChannel Channel,
        string Agent,
        string? Caller
    ) : IConversationEvent;

    /// <summary>An input was taken under its id; Turn is the agent's turn that answers it.</summary>
    [WireName("conversation/input-taken/1")]
    public sealed record InputTaken(
        ConversationId ConversationId,
        DateTimeOffset At,
        string InputId,
        int Turn,
        ConversationInputKind Kind,
        string Text,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt
    ) : IConversationEvent;

    /// <summary>
    /// One step of the agent's turn that does not end it: what the model said and changed, and the tools it asks for.
    /// Durable before the tools run.
    /// </summary>
    [WireName("conversation/step-taken/1")]
    public sealed record StepTaken(
        ConversationId ConversationId,
        DateTimeOffset At,
        int Turn,
        string Text,
        DialogNotes Notes,
        ImmutableList<ToolRequested> Calls
    ) : IConversationEvent;

    /// <summary>What the tool that was called under this key gave, or why it failed.</summary>
    [WireName("conversation/tool-returned/1")]
    public sealed record ToolReturned(
        ConversationId ConversationId,
        DateTimeOffset At,
        string Key,
        string Result,
        bool Failed
    ) : IConversationEvent;

    /// <summary>The agent's turn in full, as it was meant, and the model's state after it.</summary>
    [WireName("conversation/agent-answered/1")]
    public sealed record AgentAnswered(
        ConversationId ConversationId,
        DateTimeOffset At,
        int Turn,
        string Text,
        AfterTurn Next,
        DialogNotes Notes
    ) : IConversationEvent;

    /// <summary>What was heard of an agent's turn; it replaces the text in the history.</summary>
    [WireName("conversation/turn-heard/1")]
    public sealed record TurnHeard(
        ConversationId ConversationId,
        DateTimeOffset At,
        int Turn,
        string HeardText,
        bool Interrupted,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt
    ) : IConversationEvent;

    /// <summary>The one terminal event.</summary>
    [WireName("conversation/closed/1")]
    public sealed record Closed(ConversationId ConversationId, DateTimeOffset At, string Cause) : IConversationEvent;
}
