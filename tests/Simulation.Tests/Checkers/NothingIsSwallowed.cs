using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// What arrives for the first time reaches the core in the same instant: a request that a host has not seen, and the first final response to a
/// request that is still open; a CANCEL when the INVITE has no final response yet.
/// </summary>
internal sealed class NothingIsSwallowed : Checker
{
    private readonly HashSet<(Host, string Branch, string Method)> _seen = [];
    private readonly HashSet<(Host, string Branch, string Method)> _open = [];
    private readonly HashSet<(Host, string Branch)> _unanswered = [];
    private bool _isDue;

    public override void Started(Transaction transaction) => _open.Add(KeyOf(transaction));

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        var key = (at, message.Branch, message.Method);
        _isDue =
            !message.IsRequest ? message.IsFinal && _open.Contains(key)
            : message.Method == SipMethod.Ack ? false
            : message.Method == SipMethod.Cancel ? _unanswered.Contains((at, message.Branch)) && _seen.Add(key)
            : _seen.Add(key);
    }

    public override void Request(Transaction transaction)
    {
        _isDue = false;
        if (transaction.IsInvite)
        {
            _unanswered.Add((transaction.Host, transaction.Branch));
        }
    }

    public override void CancelRequest(Transaction invite) => _isDue = false;

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message is { IsFinal: true, Method: SipMethod.Invite })
        {
            _unanswered.Remove((from, message.Branch));
        }
    }

    public override void Response(Transaction transaction, SipResponse response)
    {
        _isDue = false;
        if (response.IsFinal)
        {
            _open.Remove(KeyOf(transaction));
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        if (transaction.IsClient)
        {
            _open.Remove(KeyOf(transaction));
        }
        else
        {
            _unanswered.Remove((transaction.Host, transaction.Branch));
        }
    }

    public override void Arrived(Host at, WireMessage message) =>
        Require(!_isDue, $"{at.Name}: {message} arrived, and the core was not told");

    private static (Host, string, string) KeyOf(Transaction transaction) =>
        (transaction.Host, transaction.Branch, transaction.Method);
}
