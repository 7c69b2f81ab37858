using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>What sits above the transaction layer of a host and may die at any moment; see <see cref="Restore"/>.</summary>
internal abstract class Core
{
    /// <summary>Set by the host before anything else is called.</summary>
    public Host Host { get; set; } = null!;

    protected World World => Host.World;

    protected Dice Dice => Host.World.Dice;

    /// <summary>It passes on what others send, and so keeps other rules than the ends of a call.</summary>
    public virtual bool IsProxy => false;

    public virtual TimeSpan NextDeadline => TimeSpan.MaxValue;

    /// <summary>Called when the core takes its place, as new or as restored.</summary>
    public virtual void OnStarted() { }

    /// <summary>The id is null for the ACK of a 2xx.</summary>
    public virtual void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) { }

    public virtual void OnCancel(SipTransactionId invite, SipRequest cancel) { }

    public virtual void OnResponse(SipTransactionId id, SipResponse response) { }

    public virtual void OnEnded(SipTransactionId id, SipTransactionEnd end) { }

    public virtual void OnDeadline() { }

    /// <summary>The host's address as others see it has changed, and the host has found out.</summary>
    public virtual void OnRebound() { }

    /// <summary>
    /// What another process would make of this core's snapshot: nothing but plain data goes over. Plans made with <see cref="Host.After"/> are
    /// gone.
    /// </summary>
    public abstract Core Restore();
}
