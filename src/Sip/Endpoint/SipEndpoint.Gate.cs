using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>How the gatekeeper is asked.</summary>
public sealed partial class SipEndpoint
{
    // From the judgement to the handler, which is told of the same request next.
    private (SipRequest? Request, object? Ticket) _ticket;

    private bool IsBarred(ReadOnlySpan<byte> message, SipFlow flow)
    {
        if (_options.Gatekeeper?.TakesFrom(flow, message.StartsWith("SIP/2.0 "u8)) != false)
        {
            return false;
        }
        Interlocked.Increment(ref Counters.BarredCount);
        return true;
    }

    bool ITransactionUser.Admits(SipRequest request, SipFlow flow)
    {
        if (_options.Gatekeeper is not { } gatekeeper)
        {
            return true;
        }
        var decision = SipGateDecision.Silence;
        Guard(() => decision = gatekeeper.Judge(request, flow));
        _ticket = (request, decision.Ticket);
        if (!decision.LetsIn && !request.IsAck && decision.Answer is { } answer)
        {
            ((ITransactionUser)this).Send(answer.ToBytes(), ResponseRouting.For(request, flow));
        }
        return decision.LetsIn;
    }

    private object? TakeTicket(SipRequest request)
    {
        var ticket = ReferenceEquals(_ticket.Request, request) ? _ticket.Ticket : null;
        _ticket = default;
        return ticket;
    }
}
