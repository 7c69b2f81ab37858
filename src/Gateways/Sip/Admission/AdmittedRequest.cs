using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// A request that the door let in: what the gateway passes to those who serve it. They answer with
/// <see cref="SipEndpoint.Respond(SipTransactionId, SipResponse)"/>.
/// </summary>
/// <param name="Received">As it came.</param>
/// <param name="Kind">Who serves it.</param>
/// <param name="Caller">Who sent it. In a dialog nobody is asked again: <see cref="SipCaller.Stranger"/>.</param>
public sealed record AdmittedRequest(SipServerRequest Received, SipRequestKind Kind, SipCaller Caller)
{
    public SipRequest Request => Received.Request;

    /// <summary>For the answer; null for ACK alone.</summary>
    public SipTransactionId? Transaction => Received.TransactionId;
}
