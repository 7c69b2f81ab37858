using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>When the peer is gone without a word, a session timer that was agreed on ends the call by itself (RFC 4028 §10).</summary>
internal sealed class DeadPeerIsNoticed : Checker
{
    public override void Unplugged(Host host)
    {
        foreach (var survivor in World.Hosts.Where(h => h != host && !h.IsProxy))
        {
            if (
                survivor.Core is SessionUser { Session: { Phase: SipSessionPhase.Established } session }
                && session.State.Timer is { } timer
            )
            {
                World.Count("a peer is gone, a timer runs");
                // A crash starts the timer anew; the last refresh may be under way until its transaction gives up.
                var interval = TimeSpan.FromSeconds(timer.IntervalS);
                World.After(interval + World.Weather.HealsAt + 2 * World.Timeout, () => RequireEnded(survivor));
            }
        }
    }

    private void RequireEnded(Host survivor) =>
        Require(
            ((SessionUser)survivor.Core).Session is null or { Phase: SipSessionPhase.Ended },
            $"{survivor.Name} is still in a call with nobody"
        );
}
