using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Sip;

/// <summary>
/// The way a SIP message came, as plain data. Transport is the Via token (UDP, TCP, TLS, WS, WSS); addresses are
/// "ip:port", IPv6 in brackets. Local is our address as that peer can reach it, for Contact.
/// </summary>
public sealed record SipPath(string Transport, string Remote, string Local);

/// <summary>Why a request of a call got no final response.</summary>
public enum SendFailure
{
    /// <summary>It never left: no way, not allowed, no room.</summary>
    Refused,

    /// <summary>Whom it was sent to said nothing.</summary>
    Timeout,

    /// <summary>It could not be brought there: no connection, an error of the network.</summary>
    TransportError,
}

/// <summary>
/// What a SIP gateway tells a call. Messages cross as the bytes that were on the wire. The sender is the gateway that
/// holds the transaction; answers go back to it.
/// </summary>
public static class SipGatewayEvents
{
    /// <summary>An admitted INVITE that opens a call. The gateway has sent 100 and holds the server transaction.</summary>
    /// <param name="AllowReferrals">Whether who sent it may have us call others by REFER.</param>
    /// <param name="Media">Null: whatever the node has.</param>
    [WireName("sip/invite/1")]
    public sealed record InviteArrived(
        CallId CallId,
        string TransactionId,
        byte[] Message,
        SipPath Path,
        string Trunk,
        DateTimeOffset At,
        bool AllowReferrals = true,
        MediaTerms? Media = null
    ) : ICallMessage;

    /// <summary>A request inside the call's SIP dialog. TransactionId is null for ACK.</summary>
    [WireName("sip/request/1")]
    public sealed record RequestArrived(
        CallId CallId,
        string? TransactionId,
        byte[] Message,
        SipPath Path,
        DateTimeOffset At
    ) : ICallMessage;

    /// <summary>The INVITE of this transaction was cancelled; the CANCEL itself has been answered.</summary>
    [WireName("sip/cancel/1")]
    public sealed record CancelArrived(CallId CallId, string TransactionId, DateTimeOffset At) : ICallMessage;

    /// <summary>
    /// A request as it really left, before any response to it: always for an INVITE that opens a SIP dialog, else only
    /// when it differs from what the call wrote (a new CSeq after a challenge). Trunk is null for a phone or a bare URI.
    /// </summary>
    [WireName("sip/request-sent/1")]
    public sealed record RequestSent(
        CallId CallId,
        string RequestKey,
        byte[] Message,
        SipPath Path,
        string? Trunk,
        DateTimeOffset At,
        bool AllowReferrals = true,
        MediaTerms? Media = null
    ) : ICallMessage;

    /// <summary>A response to a request that the call sent under RequestKey.</summary>
    [WireName("sip/response/1")]
    public sealed record ResponseArrived(CallId CallId, string RequestKey, byte[] Message, DateTimeOffset At)
        : ICallMessage;

    /// <summary>The request sent under RequestKey got no final response: it timed out or could not be sent.</summary>
    /// <param name="Cause">One line for a person, with every way that was tried.</param>
    [WireName("sip/request-failed/1")]
    public sealed record RequestFailed(
        CallId CallId,
        string RequestKey,
        string Cause,
        DateTimeOffset At,
        SendFailure Failure = SendFailure.Refused
    ) : ICallMessage;

    /// <summary>
    /// The gateway's node leaves: the call moves its dialogs to another gateway (a re-INVITE with its Contact), as soon as
    /// they are in a state for it, and then tells this one with <see cref="SipGatewayCommands.Release"/>. Told again each second.
    /// </summary>
    [WireName("sip/gateway-leaving/1")]
    public sealed record GatewayLeaving(CallId CallId) : ICallMessage;

    /// <summary>The answer to <see cref="SipGatewayCommands.IsInviteWaiting"/>.</summary>
    /// <param name="Waits">False: the INVITE has had its final response, and a call begun now would have no caller.</param>
    [WireName("sip/invite-standing/1")]
    public sealed record InviteStanding(CallId CallId, string TransactionId, bool Waits) : ICallMessage;

    /// <summary>The answer to <see cref="SipGatewayCommands.Leave"/>: how many calls use this gateway still.</summary>
    [WireName("sip/carrying/1")]
    public sealed record Carrying(int Calls) : IWireMessage;
}

/// <summary>What a call wants to know of a gateway.</summary>
public static class SipGatewayQueries
{
    /// <summary>Whether a phone is registered at the gateway under this URI, and can be reached: answered with <see cref="PhoneAnswer"/>.</summary>
    [WireName("sip/find-phone/1")]
    public sealed record FindPhone(string Uri) : IWireMessage;

    [WireName("sip/phone-answer/1")]
    public sealed record PhoneAnswer(bool IsHere) : IWireMessage;
}

/// <summary>What a call asks of a gateway.</summary>
public static class SipGatewayCommands
{
    /// <summary>Answers a server transaction.</summary>
    [WireName("sip/send-response/1")]
    public sealed record SendResponse(string TransactionId, int Status, byte[] Message) : IWireMessage;

    /// <summary>
    /// Asks whether an INVITE that came late to its call still waits for a response; the gateway refuses one that stays
    /// unanswered too long. Answered with <see cref="SipGatewayEvents.InviteStanding"/>; a yes gives the call that time anew.
    /// </summary>
    [WireName("sip/is-invite-waiting/1")]
    public sealed record IsInviteWaiting(CallId CallId, string TransactionId) : IWireMessage;

    /// <summary>
    /// Sends an INVITE that opens a SIP dialog. The gateway finds the target (the named trunk, a registered phone, or the
    /// Request-URI itself), dresses the request for it, answers challenges, and goes on to the next target on failure.
    /// </summary>
    /// <param name="Message">Via and Contact have the host <c>gateway.invalid</c>, which the gateway replaces.</param>
    /// <param name="Trunk">The trunk to use; null lets the gateway choose.</param>
    [WireName("sip/send-invite/1")]
    public sealed record SendInvite(CallId CallId, string RequestKey, byte[] Message, string? Trunk) : IWireMessage;

    /// <summary>Cancels the INVITE sent under RequestKey (RFC 3261 §9.1); it still ends by a response of its own.</summary>
    [WireName("sip/cancel-request/1")]
    public sealed record CancelRequest(CallId CallId, string RequestKey) : IWireMessage;

    /// <summary>
    /// Sends a request in a client transaction of its own; what comes of it returns under RequestKey. Remote names the
    /// flow to use; empty, or when that flow is gone, the request goes where its Route or Request-URI points (RFC 3263).
    /// </summary>
    [WireName("sip/send-request/1")]
    public sealed record SendRequest(CallId CallId, string RequestKey, byte[] Message, string Transport, string Remote)
        : IWireMessage;

    /// <summary>
    /// Sends outside any transaction: ACK for a 2xx, a 2xx retransmission (RFC 3261 §13.3.1.4). Remote as in
    /// <see cref="SendRequest"/>.
    /// </summary>
    [WireName("sip/send-stateless/1")]
    public sealed record SendStateless(byte[] Message, string Transport, string Remote) : IWireMessage;

    /// <summary>Admits no call from now on: the node is being stopped. Calls in progress go on.</summary>
    [WireName("sip/drain/1")]
    public sealed record Drain : IWireMessage;

    /// <summary>
    /// The node leaves: all calls that use this gateway are told to move to another one. Answered with
    /// <see cref="SipGatewayEvents.Carrying"/>; asked again and again until none is left.
    /// </summary>
    [WireName("sip/leave/1")]
    public sealed record Leave : IWireMessage;

    /// <summary>The call uses another gateway from now on.</summary>
    [WireName("sip/release/1")]
    public sealed record Release(CallId CallId) : IWireMessage;
}
