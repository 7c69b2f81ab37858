using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// Whenever a final response to an INVITE reaches its client, an ACK leaves: from the transaction for 3xx–6xx, in the same instant and with the
/// INVITE's branch (RFC 3261 §17.1.1.3); from the core for 2xx, again for each 2xx that comes again (§13.2.2.4).
/// </summary>
internal sealed class AckForEveryFinal : Checker
{
    private readonly HashSet<(Host, string Branch)> _clients = [];
    private readonly HashSet<(Host, string Branch)> _due = [];
    private readonly Dictionary<(Host Host, string CallId, uint CSeq, string ToTag), bool> _acked2xx = [];
    private readonly HashSet<(Host, string CallId)> _over = [];
    private readonly HashSet<Host> _forgetful = [];

    public override void Started(Transaction transaction)
    {
        if (transaction.IsInvite)
        {
            _clients.Add((transaction.Host, transaction.Branch));
        }
    }

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        if (message is { IsRequest: true, Method: SipMethod.Bye })
        {
            // Who has been hung up on owes nothing more.
            _over.Add((at, message.CallId));
        }
        if (message is not { IsFinal: true, Method: SipMethod.Invite } || !_clients.Contains((at, message.Branch)))
        {
            return;
        }
        if (message.IsFailure)
        {
            _due.Add((at, message.Branch));
        }
        else if (_acked2xx.GetValueOrDefault(KeyOf(at, message)) && at.IsUp && !_over.Contains((at, message.CallId)))
        {
            // The first may take its time, when its ACK carries an answer; from then on the ACK is there to be sent again.
            _acked2xx[KeyOf(at, message)] = false;
            _due.Add((at, message.Branch));
        }
    }

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message is { IsRequest: true, Method: SipMethod.Ack })
        {
            _due.Remove((from, message.Branch));
            var key = KeyOf(from, message);
            if (_acked2xx.ContainsKey(key))
            {
                _acked2xx[key] = true;
            }
        }
    }

    public override void Arrived(Host at, WireMessage message)
    {
        if (_due.Remove((at, message.Branch)))
        {
            Require(message.IsSuccess && _acked2xx[KeyOf(at, message)], $"{at.Name} did not acknowledge {message}");
        }
    }

    public override void Response(Transaction transaction, SipResponse response)
    {
        if (transaction.IsInvite && response.IsSuccess && !transaction.Host.IsProxy)
        {
            _acked2xx.TryAdd((transaction.Host, response.CallId, response.CSeq.Number, response.To.Tag ?? ""), false);
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        // From here on a late 3xx–6xx is a stray and gets no ACK.
        if (transaction.IsClient)
        {
            _clients.Remove((transaction.Host, transaction.Branch));
        }
    }

    public override void Missed(Host host) => _forgetful.Add(host);

    public override void Restored(Host host)
    {
        if (World.Hosts.Exists(h => h.IsProxy))
        {
            // A snapshot does not hold the INVITE any more, and with it the 2xx of another fork cannot be acknowledged and hung up.
            _forgetful.Add(host);
        }
    }

    public override void AtRest()
    {
        foreach (var (key, acked) in _acked2xx)
        {
            // A core that lost events in a crash may never have heard of the 2xx.
            Require(
                acked || _forgetful.Contains(key.Host) || key.Host.IsUnplugged,
                $"{key.Host.Name} did not acknowledge a 2xx of {key.CallId}"
            );
        }
    }

    private static (Host, string, uint, string) KeyOf(Host host, WireMessage message) =>
        (host, message.CallId, message.CSeqNumber, message.ToTag);
}
