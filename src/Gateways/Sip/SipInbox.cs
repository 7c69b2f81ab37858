using Akka.Actor;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>Carries what happens on the endpoint's loop to the gateway's mailbox, as the door found it.</summary>
internal sealed class SipInbox(IActorRef gateway) : ISipHandler
{
    public sealed record Refused(SipTransactionId Transaction, SipResponse Response);

    public sealed record Cancel(SipTransactionId Invite);

    public sealed record Response(SipTransactionId Transaction, SipResponse Message);

    public sealed record FlowClosed(SipDestination Flow);

    public sealed record TransactionOver(SipTransactionId Transaction, SipTransactionEnd End);

    public void OnRequest(SipServerRequest request)
    {
        object message = request.Ticket switch
        {
            RequestIdentity identity => new AdmittedRequest(request, request.TransactionId!.Value, identity),
            TransactionRefusal refusal => new Refused(request.TransactionId!.Value, refusal.Response),
            _ => new DialogRequest(request),
        };
        gateway.Tell(message);
    }

    public void OnCancel(SipTransactionId invite, SipRequest cancel) => gateway.Tell(new Cancel(invite));

    public void OnResponse(SipTransactionId client, SipResponse response) =>
        gateway.Tell(new Response(client, response));

    public void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) =>
        gateway.Tell(new TransactionOver(id, end));

    public void OnFlowClosed(SipDestination flow) => gateway.Tell(new FlowClosed(flow));
}
