using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>Texts that phones send by SIP MESSAGE: who answers them, and how many.</summary>
public sealed class SipMessagingOptions
{
    /// <summary>The agent that answers: a file in the agents folder, without .yaml. Empty: the one of `chat.agent`.</summary>
    public string Agent { get; set; } = "";

    /// <summary>Conversations at once on this node; a text that would begin one more gets 503 with Retry-After.</summary>
    [Range(1, 100_000)]
    public int MaxConversations { get; set; } = 500;

    /// <summary>Conversations at once of one trunk, whose callers choose their own names; one more gets 503.</summary>
    [Range(1, 100_000)]
    public int MaxConversationsPerTrunk { get; set; } = 100;

    /// <summary>A sender's next text continues the conversation for this long after the last one, in s.</summary>
    [Range(1, 86_400)]
    public int IdleTimeoutSeconds { get; set; } = 1_800;

    /// <summary>Greatest text of one message, in bytes; a greater one gets 413.</summary>
    [Range(1, 65_535)]
    public int MaxMessageBytes { get; set; } = 4_096;

    /// <summary>Messages per second that a user or trunk may send for long; more get 503 with Retry-After.</summary>
    [Range(0.01, 10_000)]
    public double MessagesPerSecond { get; set; } = 2;

    /// <summary>Messages that a user or trunk may send at once.</summary>
    [Range(1, 10_000)]
    public int MessageBurst { get; set; } = 10;

    /// <summary>Texts of one sender that the conversation has not taken yet; one more gets 503.</summary>
    [Range(1, 100)]
    public int MaxPendingInputs { get; set; } = 8;

    /// <summary>How long the conversation may take to journal a text before its sender gets 503, in ms.</summary>
    [Range(100, 30_000)]
    public int AcknowledgeTimeoutMs { get; set; } = 5_000;

    /// <summary>What is unanswered by the conversation is told again after this time, in ms.</summary>
    [Range(10, 30_000)]
    public int RetryMs { get; set; } = 1_000;

    /// <summary>Characters of replies that may wait for one sender's phone; a reply beyond is given up.</summary>
    [Range(1_000, 1_000_000)]
    public int MaxOutboxLength { get; set; } = 16_000;

    /// <summary>How long a reply may wait for its turn and for the phone, in s; then it is given up.</summary>
    [Range(1, 3_600)]
    public int ReplyTimeoutSeconds { get; set; } = 120;
}
