using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>A dialog of a session, early or confirmed, with what belongs to it alone: of a forked INVITE there are several.</summary>
internal sealed class SessionDialog(SipDialog dialog, OfferAnswer exchange)
{
    /// <summary>
    /// A journal does not know the last few requests of a process that died: numbers this far on are surely new (RFC 3261 §12.2.2
    /// lets them be).
    /// </summary>
    public const uint RestoreGap = 64;

    public SipDialog Dialog { get; } = dialog;

    public OfferAnswer Exchange { get; } = exchange;

    public string RemoteTag => Dialog.State.RemoteTag;

    /// <summary>Caller: the last RSeq taken in order; 0 for none (RFC 3262 §4).</summary>
    public uint LastRSeq { get; set; }

    /// <summary>Caller: a PRACK of the last RSeq that came to nothing.</summary>
    public SipRequest? LostPrack { get; set; }

    /// <summary>Caller: the description of an unreliable 1xx, which foretells the answer.</summary>
    public ReadOnlyMemory<byte> Preview { get; set; }

    /// <summary>Added to the number of the next request.</summary>
    public uint CSeqGap { get; set; }

    public SipRequest CreateRequest(string method)
    {
        if (CSeqGap > 0)
        {
            Dialog.AdvanceLocalCSeq(Dialog.State.LocalCSeq + CSeqGap);
            CSeqGap = 0;
        }
        return Dialog.CreateRequest(method);
    }
}

/// <summary>What a request within the session is for.</summary>
internal enum RequestPurpose
{
    Invite,
    Reinvite,
    Update,
    Prack,
    Bye,

    /// <summary>BYE to a fork that answered too late.</summary>
    ByeFork,
    Refer,
    Notify,
    Info,

    /// <summary>No request of the peer: its offer in a reliable 1xx, which our PRACK answers.</summary>
    ProvisionalOffer,

    /// <summary>No request of the peer: its offer in a 2xx, which our ACK answers.</summary>
    SuccessOffer,
}

/// <summary>A request of ours without final response.</summary>
internal sealed class ClientRequest(
    string key,
    RequestPurpose purpose,
    SipRequest request,
    SessionDialog? dialog,
    TimeSpan deadline
)
{
    public string Key { get; } = key;

    public RequestPurpose Purpose { get; } = purpose;

    /// <summary>As it left last.</summary>
    public SipRequest Request { get; set; } = request;

    /// <summary>Null for the INVITE that opens the dialog.</summary>
    public SessionDialog? Dialog { get; } = dialog;

    /// <summary>The transaction layer tells long before; this is for a shell that was lost.</summary>
    public TimeSpan Deadline { get; set; } = deadline;

    public string? ReferralId { get; init; }
}

/// <summary>Something of the peer's that waits for our decision.</summary>
internal sealed class ServerRequest(
    string key,
    RequestPurpose purpose,
    SipRequest request,
    SessionDialog dialog,
    bool isOffer,
    TimeSpan deadline
)
{
    /// <summary>Its transaction; for an offer in a response, our key of the request, and for one in a 1xx the RAck to send.</summary>
    public string Key { get; } = key;

    public RequestPurpose Purpose { get; } = purpose;

    /// <summary>The peer's request; for an offer in a response, our INVITE.</summary>
    public SipRequest Request { get; } = request;

    public SessionDialog Dialog { get; } = dialog;

    /// <summary>It waits for an answer, or an offer, of ours.</summary>
    public bool IsOffer { get; } = isOffer;

    public TimeSpan Deadline { get; } = deadline;
}
