using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Chat;

/// <summary>Who may chat, with which agent, and how much. The protocol is docs/chat-protocol.md.</summary>
public sealed class ChatOptions : IValidatableObject
{
    /// <summary>The agent that answers when the client names none: a file in the agents folder, without .yaml.</summary>
    [Required]
    public string Agent { get; set; } = "frontdesk";

    /// <summary>Further agents that a client may ask for by name.</summary>
    public List<string> Agents { get; set; } = [];

    /// <summary>
    /// File of the key that signs session tokens; made at the first start, readable by the platform's user only. Nodes
    /// that share clients share its content.
    /// </summary>
    [Required]
    public string TokenKeyFile { get; set; } = "data/chat.key";

    /// <summary>
    /// Origins of the pages that may connect, such as `https://shop.example`; `*` for all. Empty: pages served by this
    /// platform itself. Clients that are no browser send no origin and are let in.
    /// </summary>
    public List<string> AllowedOrigins { get; set; } = [];

    /// <summary>Connections at once on this node; one more gets 503 with Retry-After.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 2_000;

    /// <summary>Connections at once from one IPv4 address or one IPv6 /64 network; one more gets 429.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnectionsPerSource { get; set; } = 50;

    /// <summary>Greatest message from a client, in bytes; a greater one closes the connection.</summary>
    [Range(1_024, 1_048_576)]
    public int MaxMessageBytes { get; set; } = 16_384;

    /// <summary>Greatest text of one message, in characters (UTF-16).</summary>
    [Range(1, 100_000)]
    public int MaxTextLength { get; set; } = 2_000;

    /// <summary>Messages per second that a client may send for long.</summary>
    [Range(0.1, 10_000)]
    public double MessagesPerSecond { get; set; } = 5;

    /// <summary>Messages that a client may send at once.</summary>
    [Range(1, 10_000)]
    public int MessageBurst { get; set; } = 20;

    /// <summary>Messages refused in a row, for whatever cause, after which the connection is closed.</summary>
    [Range(1, 10_000)]
    public int MaxRefusedInARow { get; set; } = 20;

    /// <summary>Texts sent and not yet acknowledged; one more is refused until one of them is.</summary>
    [Range(1, 1_000)]
    public int MaxPendingInputs { get; set; } = 8;

    /// <summary>Messages waiting for a client that reads too slowly; one more closes the connection.</summary>
    [Range(8, 100_000)]
    public int OutgoingQueue { get; set; } = 256;

    /// <summary>How long a client may take to read one message, in ms.</summary>
    [Range(100, 600_000)]
    public int SendTimeoutMs { get; set; } = 10_000;

    /// <summary>How long a new connection may take until its `open`, in ms.</summary>
    [Range(100, 600_000)]
    public int OpenTimeoutMs { get; set; } = 10_000;

    /// <summary>How long the conversation may take to answer `open`, `close` or acknowledge a text, in ms.</summary>
    [Range(100, 600_000)]
    public int ConversationTimeoutMs { get; set; } = 10_000;

    /// <summary>What is unanswered by the conversation is told again after this time, in ms.</summary>
    [Range(10, 60_000)]
    public int RetryMs { get; set; } = 1_000;

    /// <summary>A connection without any message from the client for this long is closed, in s; the token stays good.</summary>
    [Range(1, 86_400)]
    public int IdleTimeoutSeconds { get; set; } = 1_800;

    /// <summary>Time between WebSocket pings to a silent client, in ms.</summary>
    [Range(100, 600_000)]
    public int PingIntervalMs { get; set; } = 15_000;

    /// <summary>How long the pong may take, in ms.</summary>
    [Range(100, 600_000)]
    public int PingTimeoutMs { get; set; } = 15_000;

    /// <summary>How long a client may take to answer a closing handshake, in ms.</summary>
    [Range(10, 60_000)]
    public int CloseTimeoutMs { get; set; } = 2_000;

    internal TimeSpan Retry => TimeSpan.FromMilliseconds(RetryMs);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in AllowedOrigins.Where(origin => origin != "*" && !ChatOrigin.IsWellFormed(origin)))
        {
            yield return new ValidationResult(
                $"'{origin}' is no origin; write scheme and host, such as https://shop.example.",
                [nameof(AllowedOrigins)]
            );
        }
    }
}
