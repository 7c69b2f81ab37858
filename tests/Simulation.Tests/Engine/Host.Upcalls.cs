using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>What the transaction layer says: told to the checkers, then to the core, if it lives.</summary>
internal sealed partial class Host : ITransactionUser
{
    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination)
    {
        if (destination.Transport == "TCP" && !World.Network.HasFlow(this, destination))
        {
            // As the endpoint does (RFC 3261 §18.2.2).
            destination = ResponseRouting.WithoutConnection(message) ?? destination;
        }
        return World.Network.Send(this, WireOf(message), destination);
    }

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (id is { } name)
        {
            World.Checkers.Request(Enter(name, isClient: false, request));
        }
        Tell("request", core => core.OnRequest(id, request, flow), request.CSeq);
    }

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        World.Checkers.CancelRequest(_transactions[invite]);
        Tell("is cancelled", core => core.OnCancel(invite, cancel));
    }

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response)
    {
        World.Checkers.Response(_transactions[id], response);
        Tell("response", core => core.OnResponse(id, response), response.StatusCode);
    }

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        World.Checkers.Ended(_transactions[id], end);
        Tell("ended", core => core.OnEnded(id, end), end);
    }

    private Transaction Enter(SipTransactionId id, bool isClient, SipRequest request) =>
        _transactions[id] = new Transaction(this, id, isClient, request.Method, request.TopVia.Branch!);

    private void Tell(string what, Action<Core> upcall, object? detail = null)
    {
        World.Ladder.Core(this, IsUp ? what : $"{what} (down)", World.Ladder.IsRecording ? detail : null);
        if (IsUp)
        {
            Guard(() => upcall(Core));
        }
        else if (_keepsWhileDown)
        {
            _held.Add(upcall);
        }
        else
        {
            World.Checkers.Missed(this);
        }
    }

    /// <summary>One event of the core; afterwards it may crash.</summary>
    private void Guard(Action action)
    {
        action();
        if (_upcallsToCrash > 0 && --_upcallsToCrash == 0)
        {
            Crash();
        }
    }
}
