using System.Net;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>Requests that calls send, and what comes of them.</summary>
public sealed partial class SipGateway
{
    // Client transactions to who waits for them.
    private readonly Dictionary<SipTransactionId, PendingRequest> _requests = [];

    private sealed record PendingRequest(CallId CallId, string RequestKey, IActorRef ReplyTo);

    private void OnSendRequest(SipGatewayCommands.SendRequest command)
    {
        var request = (SipRequest)SipParser.Parse(command.Message);
        request.Headers.Remove(SipHeaderId.Via);
        var destination = new SipDestination(command.Transport, IPEndPoint.Parse(command.Remote));
        _door.Expect(destination.EndPoint.Address);
        if (_endpoint.SendRequest(request, destination) is { } transaction)
        {
            _requests[transaction] = new PendingRequest(command.CallId, command.RequestKey, Sender);
        }
        else
        {
            Sender.Tell(
                new SipGatewayEvents.RequestFailed(
                    command.CallId,
                    command.RequestKey,
                    "the gateway's queue is full",
                    _time.GetUtcNow()
                )
            );
        }
    }

    private void OnSendStateless(SipGatewayCommands.SendStateless command)
    {
        var destination = new SipDestination(command.Transport, IPEndPoint.Parse(command.Remote));
        _door.Expect(destination.EndPoint.Address);
        _endpoint.SendStateless(SipParser.Parse(command.Message), destination);
    }

    private void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (_requests.TryGetValue(transaction, out var pending))
        {
            pending.ReplyTo.Tell(
                new SipGatewayEvents.ResponseArrived(
                    pending.CallId,
                    pending.RequestKey,
                    response.ToBytes(),
                    _time.GetUtcNow()
                )
            );
        }
        response.Release();
    }

    private void OnRequestOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        if (_requests.Remove(transaction, out var pending) && end != SipTransactionEnd.Completed)
        {
            pending.ReplyTo.Tell(
                new SipGatewayEvents.RequestFailed(
                    pending.CallId,
                    pending.RequestKey,
                    end.ToString(),
                    _time.GetUtcNow()
                )
            );
        }
    }
}
