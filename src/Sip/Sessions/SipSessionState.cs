using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>How far a session has come.</summary>
public enum SipSessionPhase
{
    /// <summary>The INVITE has no final response.</summary>
    Inviting,

    /// <summary>Callee: 2xx sent, its ACK is due.</summary>
    Answered,
    Established,

    /// <summary>Over; a BYE or a referral may still be under way.</summary>
    Ended,
}

/// <summary>Where an offer and its answer stand (RFC 3264 §4): one at a time.</summary>
public enum SipOfferState
{
    /// <summary>No exchange took place yet.</summary>
    None,

    /// <summary>We offered and wait for the answer.</summary>
    LocalOffer,

    /// <summary>The peer offered and waits for ours.</summary>
    RemoteOffer,

    /// <summary>Both are known.</summary>
    Stable,
}

/// <summary>
/// All there is to know of a <see cref="SipSession"/> to go on elsewhere, as plain values for a journal. Messages are the base64 of their bytes.
/// Times are left out: they are those of another clock; <see cref="SipSession.Restore"/> starts them anew, on the safe side.
/// </summary>
public sealed record SipSessionState
{
    public required SipSessionPhase Phase { get; init; }

    public required SipDialogRole Role { get; init; }

    public required string LocalTag { get; init; }

    /// <summary>The dialog; null while our INVITE has brought none.</summary>
    public SipDialogState? Dialog { get; init; }

    public SipOfferState Offer { get; init; }

    /// <summary>Our description that is in force, repeated by a refresh with re-INVITE; null when there is none.</summary>
    public string? LocalDescription { get; init; }

    /// <summary>Our description that waits for the peer's answer.</summary>
    public string? OpenOffer { get; init; }

    /// <summary>Methods that the peer's last Allow named; null when it sent none.</summary>
    public SipValueList<string>? RemoteAllow { get; init; }

    /// <summary>Extensions that the peer's last Supported named.</summary>
    public SipValueList<string> RemoteSupported { get; init; } = [];

    public SipSessionTimerState? Timer { get; init; }

    /// <summary>Largest Min-SE that was asked of us, seconds (RFC 4028 §7.3).</summary>
    public int MinSeS { get; init; }

    /// <summary>Number for the next client transaction key.</summary>
    public int NextKey { get; init; }

    /// <summary>The INVITE that has no final response; its key is our key, or the peer's transaction.</summary>
    public SipOpenExchange? Invite { get; init; }

    /// <summary>Caller: the offer of the INVITE, which each fork answers for itself.</summary>
    public string? InviteOffer { get; init; }

    /// <summary>Caller: why the INVITE was cancelled; null when it was not.</summary>
    public SipCancelState? Cancelled { get; init; }

    /// <summary>Caller: early dialogs.</summary>
    public SipValueList<SipForkState> Forks { get; init; } = [];

    /// <summary>Our 2xx that waits for its ACK.</summary>
    public SipOpenExchange? Unacknowledged { get; init; }

    /// <summary>Caller: our ACKs, while the 2xx they belong to may come again.</summary>
    public SipValueList<SipOpenExchange> Acks { get; init; } = [];

    /// <summary>Our reliable provisional response that waits for its PRACK.</summary>
    public SipOpenExchange? Provisional { get; init; }

    /// <summary>Last RSeq that we sent; 0 for none (RFC 3262 §3).</summary>
    public uint LastRSeq { get; init; }

    /// <summary>The description of an answer that waits for PRACK.</summary>
    public string? QueuedAnswer { get; init; }

    /// <summary>A change of ours that has no outcome yet.</summary>
    public SipChangeState? Change { get; init; }

    /// <summary>Reason of a BYE that waits for an ACK, empty without one; null when none waits.</summary>
    public string? OwedBye { get; init; }

    /// <summary>Requests of ours without final response.</summary>
    public SipValueList<SipOpenExchange> Requests { get; init; } = [];

    /// <summary>What the peer waits for.</summary>
    public SipValueList<SipOpenExchange> Unanswered { get; init; } = [];

    public SipValueList<SipReferralState> Referrals { get; init; } = [];
}

/// <summary>A session timer that was agreed on (RFC 4028).</summary>
/// <param name="IntervalS">Session interval, seconds.</param>
/// <param name="WeRefresh">The refreshes are ours to send.</param>
/// <param name="Agreed">False when the peer knows no timers and we refresh for ourselves.</param>
public sealed record SipSessionTimerState(int IntervalS, bool WeRefresh, bool Agreed);

/// <summary>A request or response that is not through yet.</summary>
/// <param name="Key">Our key, or the peer's transaction.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Request">Base64 of the request; null when it is not needed.</param>
/// <param name="Response">Base64 of our response that waits for ACK or PRACK; null when there is none.</param>
/// <param name="RemoteTag">The dialog it belongs to, when there are several.</param>
/// <param name="ReferralId">The referral it tells of.</param>
public sealed record SipOpenExchange(
    string Key,
    string Purpose,
    string? Request,
    string? Response = null,
    string? RemoteTag = null,
    string? ReferralId = null
);

/// <summary>An early dialog of our INVITE.</summary>
public sealed record SipForkState(
    SipDialogState Dialog,
    uint LastRSeq,
    SipOfferState Offer,
    string? LocalDescription,
    string? OpenOffer
);

/// <summary>Why an INVITE of ours was cancelled.</summary>
public sealed record SipCancelState(SipEndedBy By, SipEndCause Cause, string Detail);

/// <summary>A change of ours from its first request to its outcome.</summary>
public sealed record SipChangeState(string Body, bool ByUpdate, bool IsRefresh);

/// <summary>A REFER and the implicit subscription that tells of it (RFC 3515).</summary>
/// <param name="Id">Its name in verbs and events.</param>
/// <param name="EventId">The CSeq number of the REFER as it left.</param>
/// <param name="Ours">We sent the REFER.</param>
/// <param name="IsFirst">The first of the dialog, which NOTIFY may tell without id.</param>
/// <param name="Status">Last status told.</param>
public sealed record SipReferralState(string Id, string EventId, bool Ours, bool IsFirst, int Status);
