using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// The core hears what became of its request: within 64*T1 of sending it, or for an INVITE that has had a provisional response, of the time that
/// timer C leaves (RFC 3261 §17.1).
/// </summary>
internal sealed class EveryRequestEndsInTime : Checker
{
    private readonly Dictionary<Transaction, TimeSpan> _until = [];

    public override void Started(Transaction transaction) => _until[transaction] = World.Now + World.Timeout;

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
