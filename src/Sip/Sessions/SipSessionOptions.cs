using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Sessions;

/// <summary>How a session treats reliable provisional responses (RFC 3262).</summary>
public enum SipReliableProvisionals
{
    /// <summary>Not spoken of; a peer that requires them gets 420.</summary>
    Never,

    /// <summary>Offered. Sent when the peer requires them, or can take them and the response carries a session description.</summary>
    Supported,

    /// <summary>Demanded of the peer: Require as caller, 421 as callee.</summary>
    Required,
}

/// <summary>Who sends the refreshes of a session timer (RFC 4028 §3).</summary>
public enum SipRefresher
{
    /// <summary>Left to the peer where it can choose; else us.</summary>
    Any,
    Us,
    Peer,
}

/// <summary>Settings of a <see cref="SipSession"/>; shared by all sessions of a process.</summary>
public sealed record SipSessionOptions
{
    public SipTimers Timers { get; init; } = new();

    /// <summary>Value of User-Agent and Server; null for none.</summary>
    public string? Product { get; init; } = "OCPlatform";

    /// <summary>Session interval to ask for, seconds (RFC 4028 §4); 0: no session timer of our own accord.</summary>
    public int SessionExpiresS { get; init; } = 1800;

    /// <summary>Shortest session interval to accept, seconds; RFC 4028 §4 has 90 as the least.</summary>
    public int MinSeS { get; init; } = 90;

    public SipRefresher Refresher { get; init; } = SipRefresher.Any;

    /// <summary>Refresh with UPDATE when the peer allows it; else always with re-INVITE.</summary>
    public bool RefreshByUpdate { get; init; } = true;

    public SipReliableProvisionals ReliableProvisionals { get; init; } = SipReliableProvisionals.Supported;

    /// <summary>False: REFER is not in Allow and gets 405.</summary>
    public bool AcceptReferrals { get; init; } = true;

    /// <summary>How long the peer of a REFER is told about its progress, seconds (RFC 3515 §2.4.4).</summary>
    public int ReferralExpiresS { get; init; } = 180;

    /// <summary>Media types that a session description may have; the first is used for ours.</summary>
    public IReadOnlyList<string> BodyTypes { get; init; } = ["application/sdp"];

    /// <summary>Random numbers of the protocol: glare timers, Retry-After, first RSeq. A seed makes a session repeatable, but then is for one thread.</summary>
    public Random Random { get; init; } = Random.Shared;
}

/// <summary>A call to place: what its INVITE says.</summary>
public sealed record SipInvitePlan
{
    /// <summary>Request-URI.</summary>
    public required SipUri Target { get; init; }

    /// <summary>Without tag.</summary>
    public required NameAddress From { get; init; }

    /// <summary>Without tag; null: the target.</summary>
    public NameAddress? To { get; init; }

    /// <summary>Our tag, and the caller's name for this call.</summary>
    public required string LocalTag { get; init; }

    /// <summary>Random when null.</summary>
    public string? CallId { get; init; }

    /// <summary>Our Contact; the host may be <see cref="SipSession.PlaceholderHost"/>.</summary>
    public required SipUri Contact { get; init; }

    /// <summary>Session description offered; empty: a delayed offer, which the peer makes in its 2xx.</summary>
    public ReadOnlyMemory<byte> Offer { get; init; }

    /// <summary>Further headers: P-Asserted-Identity, Privacy, Diversion …</summary>
    public IReadOnlyList<SipHeader> Headers { get; init; } = [];

    /// <summary>The dialog that this call takes the place of (RFC 3891).</summary>
    public SipReplaces? Replaces { get; init; }

    /// <summary>Who asked for this call by REFER (RFC 3892).</summary>
    public NameAddress? ReferredBy { get; init; }

    /// <summary>How long it may take until it is answered; then it is cancelled.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(120);
}
