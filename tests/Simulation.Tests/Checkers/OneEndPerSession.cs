using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// Every session that began ends: one Ended event with a cause, then nothing but what is left of referrals, and Closed as the very last. Whoever
/// hangs up is out of the call soon, whatever the network does.
/// </summary>
internal sealed class OneEndPerSession : Checker
{
    private readonly Dictionary<Host, Session> _sessions = [];

    private sealed class Session
    {
        public SipSessionEnd? End { get; set; }
        public bool IsClosed { get; set; }
        public TimeSpan HungUpAt { get; set; } = TimeSpan.MaxValue;
    }

    public override void SessionBegan(Host host) => _sessions.Add(host, new Session());

    public override void SessionVerb(Host host, string verb, SipSessionResult result)
    {
        var session = _sessions[host];
        if (verb == "hang up" && result == SipSessionResult.Done && session.HungUpAt == TimeSpan.MaxValue)
        {
            session.HungUpAt = World.Now;
        }
    }

    public override void Restored(Host host)
    {
        if (_sessions.TryGetValue(host, out var session) && session.HungUpAt < World.Now)
        {
            session.HungUpAt = World.Now;
        }
    }

    /// <summary>
    /// The longest way: an INVITE that is cancelled as soon as a provisional response comes, just before timer B would end it. For what was told to
    /// nobody, in a crash, the session waits twice as long.
    /// </summary>
    private bool IsLate(Host host, Session session) =>
        session.HungUpAt != TimeSpan.MaxValue
        && World.Now > session.HungUpAt + (host.HasCrashed ? 5 : 2) * World.Timeout + TimeSpan.FromSeconds(1);

    public override void SessionEvent(Host host, SipSessionEvent happened)
    {
        var session = _sessions[host];
        Require(!session.IsClosed, $"{host.Name}: {happened} after Closed");
        switch (happened)
        {
            case SipSessionEvent.Ended ended:
                Require(session.End is null, $"{host.Name}: ended twice, {session.End} and {ended.End}");
                Require(!IsLate(host, session), $"{host.Name}: ended long after hanging up");
                session.End = ended.End;
                break;
            case SipSessionEvent.Closed:
                Require(session.End is not null, $"{host.Name}: closed before it ended");
                session.IsClosed = true;
                break;
            case SipSessionEvent.ReferralProgress or SipSessionEvent.InfoAnswered:
                break;
            default:
                Require(session.End is null, $"{host.Name}: {happened} after the end");
                break;
        }
    }

    public override void AtRest()
    {
        foreach (var (host, session) in _sessions.Where(s => !s.Key.IsUnplugged))
        {
            Require(session.End is not null, $"{host.Name}'s session never ended");
            Require(session.IsClosed, $"{host.Name}'s session never closed");
        }
    }
}
