using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>
/// The core above an endpoint. Called on the endpoint's loop, one call at a time and in order; must not block.
/// An exception is caught, counted and told to <see cref="SipEndpointOptions.OnHandlerException"/>.
/// </summary>
public interface ISipHandler
{
    /// <summary>A new request (its retransmissions are never seen), or the ACK of a 2xx.</summary>
    void OnRequest(SipServerRequest request);

    /// <summary>The peer cancelled its INVITE before a final response; the core answers the INVITE with 487.</summary>
    void OnCancel(SipTransactionId invite, SipRequest cancel);

    /// <summary>A response to a request of ours: provisional and final, retransmitted 2xx of an INVITE included.</summary>
    void OnResponse(SipTransactionId client, SipResponse response);

    /// <summary>A transaction of either side is over.</summary>
    void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end);

    /// <summary>A connection ended, or a destination was found dead: nothing more comes or goes that way.</summary>
    void OnFlowClosed(SipDestination flow) { }
}

/// <summary>A request as the core gets it.</summary>
/// <param name="Request">
/// Its top Via tells where it really came from. The transaction layer reads it too until the first response: it must not be changed. A core that
/// is done with it, or with a response, may say so by <see cref="SipMessage.Release"/>.
/// </param>
/// <param name="TransactionId">For <see cref="SipEndpoint.Respond"/>; null for the ACK of a 2xx, which has no answer.</param>
/// <param name="Flow">The way it came.</param>
/// <param name="Ticket">What the gatekeeper gave it on its way; null without one.</param>
public sealed record SipServerRequest(
    SipRequest Request,
    SipTransactionId? TransactionId,
    SipFlow Flow,
    object? Ticket = null
)
{
    /// <summary>Where it came from.</summary>
    public IPEndPoint Remote => Flow.Remote.EndPoint;

    public IPEndPoint Local => Flow.Local;

    /// <summary>UDP, TCP …</summary>
    public string Transport => Flow.Transport.Name;
}
