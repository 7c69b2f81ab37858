using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// As the core sees it, a request of its own has one final response or none, nothing after it (but an INVITE's 2xx again, or that of another
/// fork), and one end, which says "completed" exactly when there was a final response.
/// </summary>
internal sealed class OneOutcomePerRequest : Checker
{
    private readonly Dictionary<Transaction, int> _finals = [];
    private readonly HashSet<Transaction> _ended = [];

    public override void Started(Transaction transaction) => _finals.Add(transaction, 0);

    public override void Response(Transaction transaction, SipResponse response)
    {
        Require(!_ended.Contains(transaction), $"{response.StatusCode} after the end of {transaction}");
        var final = _finals[transaction];
        var repeats2xx = transaction.IsInvite && final is >= 200 and < 300 && response.IsSuccess;
        Require(final == 0 || repeats2xx, $"{response.StatusCode} after the final {final} of {transaction}");
        if (response.IsFinal)
        {
            _finals[transaction] = response.StatusCode;
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        Require(_ended.Add(transaction), $"{transaction} ended twice");
        if (transaction.IsClient)
        {
            var final = _finals[transaction];
            Require(end == SipTransactionEnd.Completed == final > 0, $"{transaction} ended as {end}, final {final}");
            World.Count(final > 0 ? "answered" : end.ToString());
        }
    }

    public override void AtRest()
    {
        foreach (var transaction in _finals.Keys)
        {
            Require(_ended.Contains(transaction), $"{transaction} never ended");
        }
    }
}
