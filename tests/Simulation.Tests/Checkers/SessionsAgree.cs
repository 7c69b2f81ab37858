using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// When the faults have healed and each side has changed the session once, both sides have it or neither has, with the same offer and answer, and
/// each knows where the other is and how far it has counted.
/// </summary>
internal sealed class SessionsAgree(TimeSpan at, OffersMatchAnswers offers) : Checker
{
    private bool _checked;

    public override void Stepped()
    {
        if (!_checked && World.Now >= at)
        {
            _checked = true;
            if (!World.Hosts.Exists(h => h.IsUnplugged))
            {
                Compare();
            }
        }
    }

    private void Compare()
    {
        var ends = World.Hosts.FindAll(h => !h.IsProxy);
        foreach (var host in ends)
        {
            var phase = SessionOf(host)?.Phase;
            Require(
                phase is null or SipSessionPhase.Established or SipSessionPhase.Ended,
                $"{host.Name}'s session is {phase}"
            );
        }
        var up = ends.FindAll(h => SessionOf(h)?.Phase == SipSessionPhase.Established);
        Require(up.Count is 0 or 2, $"the session is up for {string.Join(", ", up.Select(h => h.Name))} only");
        if (up is [var caller, var callee])
        {
            Compare(caller, callee);
        }
    }

    private void Compare(Host alice, Host bob)
    {
        var (a, b) = (SessionOf(alice)!, SessionOf(bob)!);
        World.Count("up to the end");
        Require(a.Offer == SipOfferState.Stable, $"alice's exchange is {a.Offer}");
        Require(b.Offer == SipOfferState.Stable, $"{bob.Name}'s exchange is {b.Offer}");
        Require(offers.PairOf(alice) is not null, "there is no pair of offer and answer");
        Require(
            offers.PairOf(alice) == offers.PairOf(bob),
            $"alice has {offers.PairOf(alice)}, bob has {offers.PairOf(bob)}"
        );
        var (da, db) = (a.Dialog!, b.Dialog!);
        Require(da.RemoteTarget == db.LocalTarget, $"alice knows bob as {da.RemoteTarget}, bob is {db.LocalTarget}");
        Require(db.RemoteTarget == da.LocalTarget, $"bob knows alice as {db.RemoteTarget}, alice is {da.LocalTarget}");
        Require(da.LocalCSeq == db.RemoteCSeq, $"alice has counted to {da.LocalCSeq}, bob has seen {db.RemoteCSeq}");
        Require(
            db.LocalCSeq == (da.RemoteCSeq ?? 0),
            $"bob has counted to {db.LocalCSeq}, alice has seen {da.RemoteCSeq}"
        );
    }

    private static SipSession? SessionOf(Host host) => (host.Core as SessionUser)?.Session;
}
