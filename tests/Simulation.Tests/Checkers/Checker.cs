using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>Something that must hold in every run, whatever the faults. It looks on, and throws when it does not.</summary>
internal abstract class Checker
{
    public World World { get; set; } = null!;

    /// <summary>A host put a message on the network, for the first time or again.</summary>
    public virtual void Sent(Host from, WireMessage message, SipDestination to) { }

    /// <summary>A message is about to be handed to the transaction layer.</summary>
    public virtual void Arriving(Host at, WireMessage message, SipDestination source) { }

    /// <summary>The layer and the core are done with it.</summary>
    public virtual void Arrived(Host at, WireMessage message) { }

    /// <summary>The core starts a client transaction.</summary>
    public virtual void Started(Transaction transaction) { }

    /// <summary>The core cancels an INVITE of its own, and the layer took that.</summary>
    public virtual void Cancelled(Transaction invite) { }

    /// <summary>The layer hands a request to the core (but the ACK of a 2xx, which is no transaction).</summary>
    public virtual void Request(Transaction transaction) { }

    /// <summary>The layer tells the core that the peer cancelled.</summary>
    public virtual void CancelRequest(Transaction invite) { }

    /// <summary>The layer hands a response to the core.</summary>
    public virtual void Response(Transaction transaction, SipResponse response) { }

    /// <summary>The core has answered a request; the layer says whether the response was sent.</summary>
    public virtual void Responded(Transaction transaction, int status, bool sent) { }

    /// <summary>The layer tells the core that a transaction is over.</summary>
    public virtual void Ended(Transaction transaction, SipTransactionEnd end) { }

    /// <summary>The core was down, and this event is lost to it.</summary>
    public virtual void Missed(Host host) { }

    /// <summary>The core came back from its snapshot.</summary>
    public virtual void Restored(Host host) { }

    /// <summary>The host is gone for good.</summary>
    public virtual void Unplugged(Host host) { }

    /// <summary>The world is about to let the next thing happen.</summary>
    public virtual void Stepped() { }

    /// <summary>Nothing is left to happen.</summary>
    public virtual void AtRest() { }

    // --- Sessions ---

    /// <summary>A host has placed or been offered a call.</summary>
    public virtual void SessionBegan(Host host) { }

    public virtual void SessionEvent(Host host, SipSessionEvent happened) { }

    /// <summary>A user has asked something of its session.</summary>
    public virtual void SessionVerb(Host host, string verb, SipSessionResult result) { }

    /// <summary>A user hands an offer to its session.</summary>
    public virtual void Offered(Host host, string offer) { }

    /// <summary>A user has answered an offer of the peer.</summary>
    public virtual void Answered(Host host, string offer, string answer) { }

    /// <summary>A user's REFER is under way.</summary>
    public virtual void Referred(Host host, string id) { }

    protected void Require(bool holds, string message)
    {
        if (!holds)
        {
            Fail(message);
        }
    }

    protected void Fail(string message) => throw new InvariantBrokenException(GetType().Name, message);
}

/// <summary>A checker saw something that must not be.</summary>
internal sealed class InvariantBrokenException(string checker, string message) : Exception($"{checker}: {message}");
