using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// A request within a dialog, on its way: by the flow that the call names, else, or when that flow is gone, where its Route or
/// Request-URI points. Challenges are answered with the trunk's credentials.
/// </summary>
internal sealed class OutboundInDialog(
    OutboundContext context,
    OutboundCaller caller,
    SipRequest written,
    TrunkSettings? trunk,
    Action<OutboundInDialog> ended
) : ITransactionOwner, IOutboundRequest
{
    private SipRequestDelivery? _delivery;
    private SipTransactionId? _transaction;
    private bool _byFlow;
    private bool _cancelled;
    private bool _over;

    public OutboundCaller Caller => caller;

    public string DialogId => written.CallId;

    public string Method => written.Method;

    /// <summary>The request as it left last; null before.</summary>
    public SipRequest? Sent => _delivery?.Request;

    /// <param name="flow">Null: where the request itself points.</param>
    public void Start(SipDestination? flow)
    {
        if (flow is null)
        {
            context.Resolve(NextHopOf(written), this, 0);
            return;
        }
        _byFlow = true;
        Deliver([flow]);
    }

    /// <summary>Where a request is to be sent (RFC 3261 §8.1.2): the first loose route, else the Request-URI.</summary>
    public static SipUri NextHopOf(SipRequest request) =>
        request.Routes is [var first, ..] && first.Uri.IsLooseRouter ? first.Uri : request.RequestUri;

    public void Cancel()
    {
        if (_over || _cancelled)
        {
            return;
        }
        _cancelled = true;
        _delivery?.Stop();
        if (_transaction is { } transaction)
        {
            context.Cancel(transaction);
        }
        else
        {
            Fail("cancelled before it was sent");
        }
    }

    public void OnResolved(int step, IReadOnlyList<SipDestination> destinations, string? error)
    {
        if (_over)
        {
            return;
        }
        if (error is not null)
        {
            Fail(error);
            return;
        }
        Deliver(destinations);
    }

    public void OnDeadline(int step) { }

    public void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (transaction == _transaction)
        {
            Take(_delivery!.OnResponse(response));
        }
    }

    public void OnOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        if (_over || transaction != _transaction)
        {
            return;
        }
        _transaction = null;
        OnFailed(
            end switch
            {
                SipTransactionEnd.Timeout => SipRequestFailure.Timeout,
                SipTransactionEnd.TransportError => SipRequestFailure.TransportError,
                _ => SipRequestFailure.Refused,
            }
        );
    }

    private void Deliver(IReadOnlyList<SipDestination> destinations)
    {
        var reachable = destinations.Where(destination => context.LocalFor(destination) is not null).ToList();
        if (reachable.Count == 0)
        {
            Fail($"this node has no transport to {string.Join(", ", destinations)}");
            return;
        }
        var request = OutboundDress.InDialog(written, reachable[0].Transport, context.LocalFor(reachable[0])!);
        _delivery = new SipRequestDelivery(request, reachable, context.DigestOf(trunk));
        Take(_delivery.Start());
    }

    private void Take(SipDeliveryStep step)
    {
        switch (step)
        {
            case SipDeliveryStep.Next next:
                Send(next);
                break;
            case SipDeliveryStep.Provisional provisional:
                context.TellResponse(caller, provisional.Response);
                break;
            case SipDeliveryStep.Final final:
                context.TellResponse(caller, final.Response);
                End();
                break;
            case SipDeliveryStep.Failed failed:
                Fail(CauseOf(failed.Failure), FailureOf(failed.Failure));
                break;
        }
    }

    private void Send(SipDeliveryStep.Next next)
    {
        if (_transaction is { } earlier)
        {
            context.HandOver(earlier, null);
            _transaction = null;
        }
        var differs =
            next.Request.CSeq.Number != written.CSeq.Number
            || next.Request.Headers[SipHeaderId.Contact] != written.Headers[SipHeaderId.Contact];
        _transaction = context.Send(
            next.Request,
            next.Destination,
            this,
            differs ? () => context.TellSent(caller, next.Request, next.Destination, trunk) : null
        );
        if (_transaction is null)
        {
            Fail(CauseOf(SipRequestFailure.Refused));
        }
    }

    private void OnFailed(SipRequestFailure failure)
    {
        if (_byFlow && failure == SipRequestFailure.TransportError && !_cancelled)
        {
            // The connection is gone: the peer may take a new one where its Contact points (RFC 3261 §18.1.1).
            _byFlow = false;
            context.Resolve(NextHopOf(written), this, 0);
            return;
        }
        Take(_delivery!.OnFailed(failure));
    }

    private static string CauseOf(SipRequestFailure failure) =>
        failure switch
        {
            SipRequestFailure.Timeout => "no response in time",
            SipRequestFailure.TransportError => "it could not be sent there",
            _ => "the gateway's tables are full",
        };

    private static SendFailure FailureOf(SipRequestFailure failure) =>
        failure switch
        {
            SipRequestFailure.Timeout => SendFailure.Timeout,
            SipRequestFailure.TransportError => SendFailure.TransportError,
            _ => SendFailure.Refused,
        };

    private void Fail(string cause, SendFailure failure = SendFailure.Refused)
    {
        context.TellFailed(caller, cause, failure);
        End();
    }

    private void End()
    {
        if (!_over)
        {
            _over = true;
            ended(this);
        }
    }
}
