using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// The core hears what became of its request: within 64*T1 of sending it, or for an INVITE that has had a provisional response, of the time that
/// timer C leaves, or once it is cancelled, within 64*T1 of that (RFC 3261 §17.1, §9.1).
/// </summary>
internal sealed class EveryRequestEndsInTime : Checker
{
    private readonly Dictionary<Transaction, TimeSpan> _until = [];
    private readonly HashSet<(Host, string Branch)> _cancelled = [];

    public override void Started(Transaction transaction) => _until[transaction] = World.Now + World.Timeout;

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message is { IsRequest: true, Method: SipMethod.Cancel } && _cancelled.Add((from, message.Branch)))
        {
            var invite = _until.Keys.First(t => t.Host == from && t.Branch == message.Branch);
            var latest = World.Now + World.Timeout;
            _until[invite] = latest > _until[invite] ? latest : _until[invite];
        }
    }

    public override void Response(Transaction transaction, SipResponse response)
    {
        if (response.IsFinal)
        {
            Close(transaction);
        }
        else if (transaction.IsInvite)
        {
            _until[transaction] = World.Now + TimeSpan.FromMilliseconds(World.Timers.InviteProceedingMs);
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end) => Close(transaction);

    public override void AtRest() => Require(_until.Count == 0, "a request has no outcome");

    private void Close(Transaction transaction)
    {
        if (_until.Remove(transaction, out var until))
        {
            Require(World.Now <= until, $"{transaction} came to its end {World.Now - until} late");
        }
    }
}
