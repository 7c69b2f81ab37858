using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// The core's first final response to an open request leaves at once. An INVITE that the core is slow to answer gets a 100 for the time being
/// (RFC 3261 §17.2.1).
/// </summary>
internal sealed class AnswersLeave : Checker
{
    private readonly Dictionary<Transaction, int> _open = [];
    private readonly Dictionary<(Host, string Branch, string Method), int> _sent = [];

    public override void Request(Transaction transaction)
    {
        _open[transaction] = 0;
        if (transaction.IsInvite)
        {
            World.After(
                TimeSpan.FromMilliseconds(World.Timers.TryingAfterMs + 1),
                () =>
                    Require(
                        !_open.ContainsKey(transaction)
                            || transaction.Host.IsUnplugged
                            || _sent.ContainsKey(KeyOf(transaction)),
                        $"{transaction} got no 100"
                    )
            );
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end) => _open.Remove(transaction);

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (!message.IsRequest)
        {
            _sent[(from, message.Branch, message.Method)] = message.Status;
        }
    }

    public override void Responded(Transaction transaction, int status, bool sent)
    {
        Require(
            !sent || _sent.GetValueOrDefault(KeyOf(transaction)) == status,
            $"{transaction}: {status} was not sent"
        );
        if (_open.TryGetValue(transaction, out var final) && final == 0 && status >= 200)
        {
            Require(sent, $"{transaction}: the final {status} was refused");
            _open[transaction] = status;
        }
    }

    private static (Host, string, string) KeyOf(Transaction transaction) =>
        (transaction.Host, transaction.Branch, transaction.Method);
}
