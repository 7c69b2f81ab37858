using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>All checkers of a run; tells each of them everything.</summary>
internal sealed class CheckerSet(World world)
{
    private readonly List<Checker> _checkers = [];

    public CheckerSet Add(params ReadOnlySpan<Checker> checkers)
    {
        foreach (var checker in checkers)
        {
            checker.World = world;
            _checkers.Add(checker);
        }
        return this;
    }

    /// <summary>What holds for transactions, whatever is above them.</summary>
    public CheckerSet AddTransactionRules() =>
        Add(
            new BoundedWork(),
            new OneOutcomePerRequest(),
            new OneFinalOnTheWire(),
            new EveryRequestEndsInTime(),
            new CancelledInviteEnds(),
            new AckForEveryFinal(),
            new AnswersLeave(),
            new RepeatedRequestsAreAnswered(),
            new SuccessRepeatedUntilAcknowledged(),
            new DeliveredOnce(),
            new NothingIsSwallowed(),
            new RepeatedUntilAnswered(),
            new NothingLeft()
        );

    public void Sent(Host from, WireMessage message, SipDestination to)
    {
        foreach (var checker in _checkers)
        {
            checker.Sent(from, message, to);
        }
    }

    public void Arriving(Host at, WireMessage message, SipDestination source)
    {
        foreach (var checker in _checkers)
        {
            checker.Arriving(at, message, source);
        }
    }

    public void Arrived(Host at, WireMessage message)
    {
        foreach (var checker in _checkers)
        {
            checker.Arrived(at, message);
        }
    }

    public void Started(Transaction transaction)
    {
        foreach (var checker in _checkers)
        {
            checker.Started(transaction);
        }
    }

    public void Cancelled(Transaction invite)
    {
        foreach (var checker in _checkers)
        {
            checker.Cancelled(invite);
        }
    }

    public void Request(Transaction transaction)
    {
        foreach (var checker in _checkers)
        {
            checker.Request(transaction);
        }
    }

    public void CancelRequest(Transaction invite)
    {
        foreach (var checker in _checkers)
        {
            checker.CancelRequest(invite);
        }
    }

    public void Response(Transaction transaction, SipResponse response)
    {
        foreach (var checker in _checkers)
        {
            checker.Response(transaction, response);
        }
    }

    public void Responded(Transaction transaction, int status, bool sent)
    {
        foreach (var checker in _checkers)
        {
            checker.Responded(transaction, status, sent);
        }
    }

    public void Ended(Transaction transaction, SipTransactionEnd end)
    {
        foreach (var checker in _checkers)
        {
            checker.Ended(transaction, end);
        }
    }

    public void Missed(Host host)
    {
        foreach (var checker in _checkers)
        {
            checker.Missed(host);
        }
    }

    public void Restored(Host host)
    {
        foreach (var checker in _checkers)
        {
            checker.Restored(host);
        }
    }

    public void Unplugged(Host host)
    {
        foreach (var checker in _checkers)
        {
            checker.Unplugged(host);
        }
    }

    public void Stepped()
    {
        foreach (var checker in _checkers)
        {
            checker.Stepped();
        }
    }

    public void AtRest()
    {
        foreach (var checker in _checkers)
        {
            checker.AtRest();
        }
    }

    public void SessionBegan(Host host)
    {
        foreach (var checker in _checkers)
        {
            checker.SessionBegan(host);
        }
    }

    public void SessionEvent(Host host, SipSessionEvent happened)
    {
        foreach (var checker in _checkers)
        {
            checker.SessionEvent(host, happened);
        }
    }

    public void SessionVerb(Host host, string verb, SipSessionResult result)
    {
        foreach (var checker in _checkers)
        {
            checker.SessionVerb(host, verb, result);
        }
    }

    public void Offered(Host host, string offer)
    {
        foreach (var checker in _checkers)
        {
            checker.Offered(host, offer);
        }
    }

    public void Answered(Host host, string offer, string answer)
    {
        foreach (var checker in _checkers)
        {
            checker.Answered(host, offer, answer);
        }
    }

    public void Referred(Host host, string id)
    {
        foreach (var checker in _checkers)
        {
            checker.Referred(host, id);
        }
    }
}
