using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>A request that a <see cref="Talker"/> is going to make.</summary>
internal sealed record PlannedRequest(TimeSpan At, string Method, string Peer, string Destination, TimeSpan? CancelAt);

/// <summary>An INVITE of ours, kept to make the ACK of its 2xx, and the ACK, kept to send it again.</summary>
internal sealed record OwnInvite(byte[] Request, string Destination)
{
    public byte[]? Ack { get; init; }

    public string AckDestination { get; init; } = Destination;
}

/// <summary>A request that came in and waits for its final response; a status of 0 is never given.</summary>
internal sealed record OpenRequest(byte[] Request, int Status, TimeSpan At);

/// <summary>A 2xx that is repeated until its ACK comes.</summary>
internal sealed record OpenSuccess(SipTransactionId Id, uint CSeq, byte[] Response, TimeSpan SentAt);

/// <summary>Everything that a <see cref="Talker"/> must not forget, as plain data: its snapshot.</summary>
internal sealed class TalkerState
{
    public List<PlannedRequest> Plans { get; init; } = [];

    public Dictionary<SipTransactionId, OwnInvite> OwnInvites { get; init; } = [];

    public Dictionary<SipTransactionId, OpenRequest> Open { get; init; } = [];

    public Dictionary<string, OpenSuccess> Unacknowledged { get; init; } = [];

    public TalkerState Copy() =>
        new()
        {
            Plans = [.. Plans],
            OwnInvites = new(OwnInvites),
            Open = new(Open),
            Unacknowledged = new(Unacknowledged),
        };
}
