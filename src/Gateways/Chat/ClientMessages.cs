namespace OCPlatform.Gateways.Chat;

/// <summary>What a client tells the gateway, read and checked.</summary>
internal abstract record ClientMessage
{
    private ClientMessage() { }

    /// <summary>Opens a conversation, or takes one up again by its token.</summary>
    /// <param name="Token">Null for a new conversation.</param>
    /// <param name="Agent">Null for the default agent.</param>
    /// <param name="Seen">What the client has of the conversation; null for nothing.</param>
    public sealed record Open(int Version, string? Token, string? Agent, SeenMark? Seen) : ClientMessage;

    public sealed record Send(string Id, string Text) : ClientMessage;

    public sealed record Typing : ClientMessage;

    public sealed record Ping : ClientMessage;

    public sealed record Close : ClientMessage;
}

/// <summary>
/// How far a client has come: every turn before <paramref name="Turn"/> in full; that turn in full too when
/// <paramref name="Index"/> is null, else its deltas up to that index (-1 for none).
/// </summary>
internal sealed record SeenMark(int Turn, int? Index);
