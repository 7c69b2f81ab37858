using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>Who sent a request, and hears under his key what became of it; called on the loop.</summary>
internal interface IRequestOwner
{
    /// <summary>The request is about to leave like this.</summary>
    void OnSent(string key, SipRequest request);

    void OnResponse(string key, SipResponse response);

    void OnFailed(string key, SipRequestFailure failure);
}

/// <summary>Brings the requests of a user agent to their targets over its endpoint: one <see cref="SipRequestDelivery"/> each. On the loop only.</summary>
internal sealed class RequestSender(SipUserAgent agent)
{
    private readonly Dictionary<SipTransactionId, Delivery> _deliveries = [];

    private sealed class Delivery(SipRequestDelivery delivery, IRequestOwner owner, string key)
    {
        public SipRequestDelivery Steps { get; } = delivery;
        public IRequestOwner Owner { get; } = owner;
        public string Key { get; } = key;
        public SipTransactionId Current { get; set; }
    }

    public void Send(
        IRequestOwner owner,
        string key,
        SipRequest request,
        SipDestination destination,
        DigestClient? digest
    )
    {
        var delivery = new Delivery(new SipRequestDelivery(request, [destination], digest), owner, key);
        Perform(delivery, delivery.Steps.Start());
    }

    /// <summary>False when the INVITE is not under way.</summary>
    public bool Cancel(IRequestOwner owner, string key)
    {
        foreach (var delivery in _deliveries.Values)
        {
            if (delivery.Owner == owner && delivery.Key == key)
            {
                delivery.Steps.Stop();
                return agent.Endpoint.Cancel(delivery.Current);
            }
        }
        return false;
    }

    public void OnResponse(SipTransactionId id, SipResponse response)
    {
        if (_deliveries.TryGetValue(id, out var delivery) && delivery.Current == id)
        {
            Perform(delivery, delivery.Steps.OnResponse(response));
        }
    }

    public void OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (!_deliveries.Remove(id, out var delivery) || delivery.Current != id || end == SipTransactionEnd.Completed)
        {
            return;
        }
        Perform(
            delivery,
            delivery.Steps.OnFailed(
                end switch
                {
                    SipTransactionEnd.Timeout => SipRequestFailure.Timeout,
                    SipTransactionEnd.TransportError => SipRequestFailure.TransportError,
                    _ => SipRequestFailure.Refused,
                }
            )
        );
    }

    private void Perform(Delivery delivery, SipDeliveryStep step)
    {
        switch (step)
        {
            case SipDeliveryStep.Next next:
                Send(delivery, next);
                break;
            case SipDeliveryStep.Provisional provisional:
                delivery.Owner.OnResponse(delivery.Key, provisional.Response);
                break;
            case SipDeliveryStep.Final final:
                delivery.Owner.OnResponse(delivery.Key, final.Response);
                break;
            case SipDeliveryStep.Failed failed:
                delivery.Owner.OnFailed(delivery.Key, failed.Failure);
                break;
        }
    }

    private void Send(Delivery delivery, SipDeliveryStep.Next next)
    {
        try
        {
            delivery.Current = agent.Endpoint.Prepare(next.Request, next.Destination);
        }
        catch (ArgumentException)
        {
            // A peer's Contact may name a transport that we do not have.
            Perform(delivery, delivery.Steps.OnFailed(SipRequestFailure.Refused));
            return;
        }
        _deliveries[delivery.Current] = delivery;
        delivery.Owner.OnSent(delivery.Key, next.Request);
        if (agent.Endpoint.SendRequest(next.Request, next.Destination) is null)
        {
            _deliveries.Remove(delivery.Current);
            Perform(delivery, delivery.Steps.OnFailed(SipRequestFailure.Refused));
        }
    }
}

/// <summary>A request outside any call: completes with its final response, or null when none came.</summary>
internal sealed class LoneRequest : IRequestOwner
{
    private readonly TaskCompletionSource<SipResponse?> _result = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public Task<SipResponse?> Result => _result.Task;

    public void OnSent(string key, SipRequest request) { }

    public void OnResponse(string key, SipResponse response)
    {
        if (response.IsFinal)
        {
            response.Retain();
            _result.TrySetResult(response);
        }
    }

    public void OnFailed(string key, SipRequestFailure failure) => _result.TrySetResult(null);
}
