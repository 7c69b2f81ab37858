using System.Diagnostics.CodeAnalysis;
using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>
/// The INVITE usage of one SIP dialog, as caller or callee, from the INVITE to the last response (RFC 3261 §12–§15 and its extensions). Sans-IO:
/// messages, verbs and the time go in; actions and events come out by <see cref="TryTake"/>, which the shell drains after every input;
/// <see cref="Deadline"/> says when <see cref="OnDeadline"/> is due. Times are offsets from any fixed point of a monotone clock.
/// No input from the wire makes it throw. Not thread-safe.
/// </summary>
public sealed partial class SipSession
{
    /// <summary>Host that stands for our own address, which only the sender of a message knows.</summary>
    public const string PlaceholderHost = "gateway.invalid";

    /// <summary>The Via of every request that a session writes, replaced by the sender.</summary>
    public const string PlaceholderVia = $"SIP/2.0/UDP {PlaceholderHost};branch=z9hG4bKgateway";

    /// <summary>
    /// The session that an INVITE opens. Null when it cannot be: <paramref name="refusal"/> is then the final response to it. Else the offer,
    /// or the wish for one, is the first event.
    /// </summary>
    /// <param name="invite">Without To tag.</param>
    /// <param name="transaction">Its server transaction.</param>
    /// <param name="localTag">The To tag of our responses.</param>
    /// <param name="contact">Our Contact.</param>
    /// <param name="options">Settings.</param>
    /// <param name="now">The time.</param>
    /// <param name="refusal">Null when there is a session.</param>
    public static SipSession? Incoming(
        SipRequest invite,
        string transaction,
        string localTag,
        SipUri contact,
        SipSessionOptions options,
        TimeSpan now,
        out SipResponse? refusal
    ) => throw new NotImplementedException();

    /// <summary>Places a call: the INVITE is the first action, under <see cref="InviteKey"/>.</summary>
    public static SipSession Outgoing(SipInvitePlan plan, SipSessionOptions options, TimeSpan now) =>
        throw new NotImplementedException();

    /// <summary>The session as <see cref="State"/> told it, maybe in another process. Deadlines start anew.</summary>
    public static SipSession Restore(SipSessionState state, SipSessionOptions options, TimeSpan now) =>
        throw new NotImplementedException();

    /// <summary>Key of the INVITE of <see cref="Outgoing"/>, retries after 422 included.</summary>
    public const string InviteKey = "invite";

    public SipSessionState State => throw new NotImplementedException();

    public SipSessionPhase Phase => throw new NotImplementedException();

    /// <summary>The INVITE that opened the dialog, as received or as it left last.</summary>
    public SipRequest Invite => throw new NotImplementedException();

    /// <summary>The dialog that an incoming INVITE asks to take the place of; the shell looks for it.</summary>
    public SipReplaces? Replaces => throw new NotImplementedException();

    /// <summary>The dialog now: of several early ones the last that was heard of; null before there is one.</summary>
    public SipDialogState? Dialog => throw new NotImplementedException();

    /// <summary>Where in-dialog requests go: first route, or the peer's Contact; before there is a dialog, the target of the INVITE.</summary>
    public SipUri NextHop => throw new NotImplementedException();

    /// <summary>Where offer and answer stand.</summary>
    public SipOfferState Offer => throw new NotImplementedException();

    /// <summary>Why it ended; null before.</summary>
    public SipSessionEnd? End { get; private set; }

    /// <summary>When <see cref="OnDeadline"/> is needed next; <see cref="TimeSpan.MaxValue"/> when never.</summary>
    public TimeSpan Deadline => throw new NotImplementedException();

    /// <summary>The next action or event, in order; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out SipSessionAction? action) => throw new NotImplementedException();

    // Inputs

    /// <summary>A request with this session's Call-ID and our tag. <paramref name="transaction"/> is null for ACK.</summary>
    public void OnRequest(SipRequest request, string? transaction, TimeSpan now) => throw new NotImplementedException();

    /// <summary>The INVITE of this transaction was cancelled; the CANCEL itself has been answered.</summary>
    public void OnCancel(string transaction, TimeSpan now, SipRequest? cancel = null) =>
        throw new NotImplementedException();

    /// <summary>A response to the request sent under the key, repeated 2xx included.</summary>
    public void OnResponse(string key, SipResponse response, TimeSpan now) => throw new NotImplementedException();

    /// <summary>The request as it really left, before any response to it: its CSeq, From and Contact become the dialog's.</summary>
    public void OnRequestSent(string key, SipRequest asSent) => throw new NotImplementedException();

    /// <summary>The request sent under the key gets no final response.</summary>
    public void OnRequestFailed(string key, SipRequestFailure failure, TimeSpan now) =>
        throw new NotImplementedException();

    /// <summary>Does what is due.</summary>
    public void OnDeadline(TimeSpan now) => throw new NotImplementedException();

    // Verbs of the callee before the answer

    /// <summary>
    /// A provisional response, 180–183 or 199. A body is the answer to the peer's offer as early media, or, sent reliably, our offer when the
    /// INVITE had none; it is left out where neither may stand.
    /// </summary>
    public SipSessionResult Ring(int status, ReadOnlyMemory<byte> body, TimeSpan now) =>
        throw new NotImplementedException();

    /// <summary>
    /// 200 with the answer, or with the offer when the INVITE had none; empty when a reliable provisional response brought it already. Held
    /// back until the PRACK that RFC 3262 §3 asks for is there.
    /// </summary>
    public SipSessionResult Answer(ReadOnlyMemory<byte> body, TimeSpan now) => throw new NotImplementedException();

    /// <summary>A final response from 300 to 699, with a Warning that names the cause; 3xx with Contact among the headers.</summary>
    public SipSessionResult Reject(int status, string? cause, IReadOnlyList<SipHeader>? headers, TimeSpan now) =>
        throw new NotImplementedException();

    // Verbs of both

    /// <summary>
    /// Ends it as its state asks for: CANCEL, BYE, or a final response (the status of a SIP reason from 300 on, else 480). A BYE waits for the
    /// ACK of our 2xx (RFC 3261 §15).
    /// </summary>
    public SipSessionResult HangUp(SipReason? reason, TimeSpan now) => throw new NotImplementedException();

    /// <summary>
    /// Offers a changed session: re-INVITE, or UPDATE while the dialog is early or when <paramref name="byUpdate"/> and the peer allows it.
    /// Empty: a re-INVITE that asks the peer for an offer. Ends in <see cref="SipSessionEvent.AnswerReceived"/> or
    /// <see cref="SipSessionEvent.OfferRejected"/>; glare is resolved here.
    /// </summary>
    public SipSessionResult Reoffer(ReadOnlyMemory<byte> body, TimeSpan now, bool byUpdate = false) =>
        throw new NotImplementedException();

    /// <summary>Refreshes target and session timer without changing the session.</summary>
    public SipSessionResult Refresh(TimeSpan now) => throw new NotImplementedException();

    /// <summary>Our Contact from now on, told to the peer with the next target refresh.</summary>
    public void MoveTo(SipUri contact) => throw new NotImplementedException();

    /// <summary>Our answer to the peer's open offer, or our offer where it wants one (re-INVITE without a description).</summary>
    public SipSessionResult AcceptOffer(ReadOnlyMemory<byte> body, TimeSpan now) => throw new NotImplementedException();

    /// <summary>Refuses the peer's open offer; the session stays as it was. 488 when in doubt.</summary>
    public SipSessionResult RejectOffer(int status, string? cause, TimeSpan now) => throw new NotImplementedException();

    /// <summary>Asks the peer to call <paramref name="target"/> (RFC 3515), in place of a dialog of ours when attended (RFC 3891).</summary>
    /// <param name="target">Whom to call.</param>
    /// <param name="replaces">The dialog it shall replace there.</param>
    /// <param name="referredBy">Who asks (RFC 3892); null leaves it out.</param>
    /// <param name="now">The time.</param>
    /// <param name="id">Names the referral in its events.</param>
    public SipSessionResult Refer(
        SipUri target,
        SipReplaces? replaces,
        NameAddress? referredBy,
        TimeSpan now,
        out string id
    ) => throw new NotImplementedException();

    /// <summary>202 to the peer's REFER; its progress is told with <see cref="ReportReferral"/>.</summary>
    public SipSessionResult AcceptReferral(string id, TimeSpan now) => throw new NotImplementedException();

    public SipSessionResult RejectReferral(string id, int status, string? cause, TimeSpan now) =>
        throw new NotImplementedException();

    /// <summary>Tells the peer how the call it asked for stands; a final status ends it. Works after the session's end too.</summary>
    public SipSessionResult ReportReferral(string id, int status, TimeSpan now) => throw new NotImplementedException();

    /// <summary>INFO with a body (RFC 6086, legacy usage): <see cref="SipDigit.RelayType"/> and the like.</summary>
    public SipSessionResult SendInfo(string contentType, ReadOnlyMemory<byte> body, TimeSpan now) =>
        throw new NotImplementedException();
}
