namespace OCPlatform.Sip.Sessions;

/// <summary>
/// What the shell of a <see cref="SipSession"/> has to do, or, as a <see cref="SipSessionEvent"/>, to know. Taken in order with
/// <see cref="SipSession.TryTake"/> after each input. Messages and bodies in them are those that came in: to be used at once, or retained
/// (<see cref="SipMessage.Retain"/>).
/// </summary>
public abstract record SipSessionAction
{
    private protected SipSessionAction() { }

    /// <summary>Answers a server transaction.</summary>
    public sealed record Respond(string Transaction, SipResponse Response) : SipSessionAction;

    /// <summary>
    /// Sends a response again that was sent before: a 2xx without ACK (RFC 3261 §13.3.1.4), a reliable 1xx without PRACK (RFC 3262 §3).
    /// </summary>
    public sealed record Retransmit(string Transaction, SipResponse Response) : SipSessionAction;

    /// <summary>Sends a request in a client transaction; what comes of it returns under the key.</summary>
    /// <param name="Key">Unique within the session.</param>
    /// <param name="Request">Its Via is the placeholder <see cref="SipSession.PlaceholderVia"/>.</param>
    /// <param name="NextHop">Where it goes: first route, or the target.</param>
    /// <param name="OpensDialog">The INVITE of a call we place; not set for requests within the dialog.</param>
    public sealed record Send(string Key, SipRequest Request, SipUri NextHop, bool OpensDialog = false)
        : SipSessionAction;

    /// <summary>Sends outside any transaction: the ACK of a 2xx.</summary>
    public sealed record SendStateless(SipRequest Request, SipUri NextHop) : SipSessionAction;

    /// <summary>Cancels the INVITE sent under the key, as soon as a provisional response allows it (RFC 3261 §9.1).</summary>
    public sealed record Cancel(string Key) : SipSessionAction;
}

/// <summary>Which message brought an offer or answer.</summary>
public enum SipOfferCarrier
{
    /// <summary>The INVITE that opens the dialog: answered by <see cref="SipSession.Ring"/> or <see cref="SipSession.Answer"/>.</summary>
    Invite,

    /// <summary>A re-INVITE: answered by <see cref="SipSession.AcceptOffer"/>, as all that follow.</summary>
    Reinvite,
    Update,
    Prack,

    /// <summary>A reliable 1xx; an offer in it is answered in PRACK.</summary>
    ReliableProvisional,

    /// <summary>A 2xx; an offer in it is answered in ACK.</summary>
    Success,
    Ack,
}

/// <summary>What happened to the session.</summary>
public abstract record SipSessionEvent : SipSessionAction
{
    private SipSessionEvent() { }

    /// <summary>The peer's offer, which waits for our answer.</summary>
    /// <param name="Body">The session description.</param>
    /// <param name="Carrier">What it came in.</param>
    /// <param name="Early">The call is not answered yet.</param>
    public sealed record OfferReceived(ReadOnlyMemory<byte> Body, SipOfferCarrier Carrier, bool Early)
        : SipSessionEvent;

    /// <summary>
    /// The peer wants an offer of ours: an INVITE or re-INVITE without one. Given by <see cref="SipSession.Ring"/>,
    /// <see cref="SipSession.Answer"/> or, in a re-INVITE, <see cref="SipSession.AcceptOffer"/>; the answer then comes as
    /// <see cref="AnswerReceived"/>.
    /// </summary>
    public sealed record OfferWanted(SipOfferCarrier Carrier, bool Early) : SipSessionEvent;

    /// <summary>The peer took its offer back (CANCEL of a re-INVITE), or we did not answer in time. The session is as before.</summary>
    public sealed record OfferWithdrawn : SipSessionEvent;

    /// <summary>The answer to our offer. Empty when the peer accepted without one.</summary>
    public sealed record AnswerReceived(ReadOnlyMemory<byte> Body, SipOfferCarrier Carrier, bool Early)
        : SipSessionEvent;

    /// <summary>Our offer was refused, or nothing came of it; the session is as before (RFC 3261 §14.1).</summary>
    /// <param name="Status">The status; 408 when none came.</param>
    /// <param name="Response">The refusal; null when none came.</param>
    public sealed record OfferRejected(int Status, SipResponse? Response) : SipSessionEvent;

    /// <summary>
    /// A refresh of ours (<see cref="SipSession.Refresh"/>, or the session timer's) was refused, or could not be sent; the session is
    /// as before (RFC 3261 §14.1). One that the peer knows of ends in <see cref="SessionChanged"/>.
    /// </summary>
    /// <param name="Status">The status; 503 when none came.</param>
    /// <param name="Response">The refusal; null when none came.</param>
    public sealed record RefreshFailed(int Status, SipResponse? Response) : SipSessionEvent;

    /// <summary>
    /// A provisional response to our INVITE, 100 included. Its body, when not reliable, foretells the answer: early media.
    /// </summary>
    public sealed record Progress(int Status, SipResponse Response, bool Reliable) : SipSessionEvent
    {
        public ReadOnlyMemory<byte> Body => Response.Body;
    }

    /// <summary>
    /// Caller: the 2xx came; the answer or offer in it follows as an event of its own. Callee: the ACK came, Response is null.
    /// </summary>
    public sealed record Established(SipResponse? Response) : SipSessionEvent;

    /// <summary>
    /// What <see cref="SipSession.State"/> tells of an answered call is new (target, descriptions, session timer): to be journaled.
    /// </summary>
    public sealed record SessionChanged : SipSessionEvent;

    /// <summary>The peer's REFER (RFC 3515). Decided by <see cref="SipSession.AcceptReferral"/> or <see cref="SipSession.RejectReferral"/>.</summary>
    /// <param name="Id">Names it in the verbs.</param>
    /// <param name="Target">Whom to call; without its header part.</param>
    /// <param name="Replaces">The dialog that the new call shall replace: an attended transfer.</param>
    /// <param name="ReferredBy">Who asks (RFC 3892); null when not said.</param>
    /// <param name="Request">The REFER.</param>
    public sealed record ReferralRequested(
        string Id,
        SipUri Target,
        SipReplaces? Replaces,
        NameAddress? ReferredBy,
        SipRequest Request
    ) : SipSessionEvent;

    /// <summary>What became of our REFER so far.</summary>
    /// <param name="Id">As <see cref="SipSession.Refer"/> gave it.</param>
    /// <param name="Status">Status of the referred call, or of the REFER itself when that was refused; 408 when nothing was heard.</param>
    /// <param name="Reason">Reason phrase.</param>
    /// <param name="Final">Nothing more comes.</param>
    public sealed record ReferralProgress(string Id, int Status, string Reason, bool Final) : SipSessionEvent;

    /// <summary>A key pressed at the peer, told by INFO (application/dtmf-relay or application/dtmf).</summary>
    public sealed record DigitReceived(SipDigit Digit) : SipSessionEvent;

    /// <summary>The final response to our INFO; 408 when none came.</summary>
    public sealed record InfoAnswered(string Key, int Status) : SipSessionEvent;

    /// <summary>MESSAGE within the dialog (RFC 3428).</summary>
    public sealed record MessageReceived(string ContentType, ReadOnlyMemory<byte> Body) : SipSessionEvent;

    /// <summary>One of several early dialogs of our INVITE is gone: another was answered, or the gateway tries another target.</summary>
    public sealed record ForkEnded(string RemoteTag) : SipSessionEvent;

    /// <summary>There is no session any more: media may stop. A BYE may still be under way, and referrals may be told.</summary>
    public sealed record Ended(SipSessionEnd End) : SipSessionEvent;

    /// <summary>Always the last: nothing is under way any more, the session can be dropped.</summary>
    public sealed record Closed : SipSessionEvent;
}

/// <summary>Whose doing an end was.</summary>
public enum SipEndedBy
{
    Us,
    Peer,

    /// <summary>Nobody's will: something was not heard or could not be sent.</summary>
    Network,
}

/// <summary>What ended a session.</summary>
public enum SipEndCause
{
    /// <summary>BYE.</summary>
    HungUp,

    /// <summary>The caller gave up before it was answered.</summary>
    Cancelled,

    /// <summary>A final response from 300 to 699 to the INVITE.</summary>
    Rejected,

    /// <summary>Not answered in the time that the plan, the Expires header or the timers allow.</summary>
    NotAnswered,

    /// <summary>A request got no response.</summary>
    NoResponse,
    TransportError,

    /// <summary>Our 2xx was never acknowledged.</summary>
    NoAck,

    /// <summary>A reliable provisional response was never acknowledged (RFC 3262 §3).</summary>
    NoPrack,

    /// <summary>The session timer ran out (RFC 4028 §10).</summary>
    SessionExpired,

    /// <summary>The peer knows nothing of the dialog any more: 481 and its kin (RFC 5057 §5).</summary>
    DialogLost,

    /// <summary>The peer broke the protocol in a way that leaves no session.</summary>
    ProtocolError,
}

/// <summary>Why a session ended: one classified cause.</summary>
/// <param name="By">Whose doing.</param>
/// <param name="Cause">What it was.</param>
/// <param name="Status">The SIP status that goes with it; null after a plain BYE.</param>
/// <param name="Detail">For people.</param>
/// <param name="Reasons">Reason headers of the peer's BYE, CANCEL or final response (RFC 3326).</param>
/// <param name="Response">The refusal of our INVITE: its Contact when redirected, Warning, Retry-After.</param>
public sealed record SipSessionEnd(
    SipEndedBy By,
    SipEndCause Cause,
    int? Status,
    string Detail,
    IReadOnlyList<SipReason> Reasons,
    SipResponse? Response = null
);
