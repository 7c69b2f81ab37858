using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// The core's first final response to an open request leaves at once. A request that comes again is answered where it came from this time, since
/// the NAT on its way may have picked another port.
/// </summary>
internal sealed class AnswersLeave : Checker
{
    private readonly Dictionary<Transaction, bool> _open = [];
    private (Host Host, WireMessage Message, SipDestination Source)? _arriving;
    private (Host Host, string Branch, int Status) _lastSent;

    public override void Request(Transaction transaction) => _open[transaction] = true;

    public override void Ended(Transaction transaction, SipTransactionEnd end) => _open.Remove(transaction);

    public override void Arriving(Host at, WireMessage message, SipDestination source) =>
        _arriving = message.IsRequest ? (at, message, source) : null;

    public override void Arrived(Host at, WireMessage message) => _arriving = null;

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        _lastSent = (from, message.Branch, message.Status);
        if (
            _arriving is { } request
            && request.Host == from
            && request.Message.Branch == message.Branch
            && request.Message.Method == message.Method
            && !message.IsRequest
        )
        {
            Require(to.Equals(request.Source), $"{from.Name} answered {request.Source} at {to}");
        }
    }

    public override void Responded(Transaction transaction, int status, bool sent)
    {
        var left = _lastSent == (transaction.Host, transaction.Branch, status);
        Require(!sent || left, $"{transaction}: {status} was not sent");
        if (_open.TryGetValue(transaction, out var isOpen) && isOpen && status >= 200)
        {
            Require(sent, $"{transaction}: the final {status} was refused");
            _open[transaction] = false;
        }
    }
}
