using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// Over UDP what nobody answers is sent again until the end: an INVITE 7 times in 64*T1, any other request and a final response to an INVITE that
/// is not acknowledged 11 times (RFC 3261 §17.1.1.2, §17.1.2.2, §17.2.1). Over TCP once is enough.
/// </summary>
internal sealed class RepeatedUntilAnswered : Checker
{
    private readonly Dictionary<(Host, string Branch, string Method, bool IsRequest), int> _sent = [];
    private readonly HashSet<(Host, string Branch, string Method)> _answered = [];
    private readonly HashSet<string> _reliable = [];

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message.IsRequest || message is { IsFailure: true, Method: SipMethod.Invite })
        {
            var key = (from, message.Branch, message.Method, message.IsRequest);
            _sent[key] = _sent.GetValueOrDefault(key) + 1;
            if (message.Message.TopVia.Transport == "TCP")
            {
                _reliable.Add(message.Branch);
            }
        }
    }

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        if (!message.IsRequest)
        {
            _answered.Add((at, message.Branch, message.Method));
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        var (host, _, isClient, method, branch) = transaction;
        if (
            end == SipTransactionEnd.Timeout
            && !host.IsUnplugged
            && !(isClient && _answered.Contains((host, branch, method)))
            && _sent.TryGetValue((host, branch, method, isClient), out var times)
        )
        {
            var expected =
                _reliable.Contains(branch) ? 1
                : isClient && transaction.IsInvite ? 7
                : 11;
            // A request that comes again is answered again, on top of the timer.
            Require(
                isClient ? times == expected : times >= expected,
                $"{transaction} timed out after {times} times instead of {expected}"
            );
        }
    }
}
