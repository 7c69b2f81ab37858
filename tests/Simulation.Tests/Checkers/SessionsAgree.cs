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
            Compare(World.Hosts[0], World.Hosts[1]);
        }
    }

    private void Compare(Host alice, Host bob)
    {
        var (a, b) = (SessionOf(alice), SessionOf(bob));
        Require(a?.Phase is null or SipSessionPhase.Established or SipSessionPhase.Ended, $"alice's is {a?.Phase}");
        Require(b?.Phase is null or SipSessionPhase.Established or SipSessionPhase.Ended, $"bob's is {b?.Phase}");
        var isUp = a?.Phase == SipSessionPhase.Established;
        Require(isUp == (b?.Phase == SipSessionPhase.Established), $"alice's is {a?.Phase}, bob's is {b?.Phase}");
        if (!isUp)
        {
            return;
        }
        World.Count("up to the end");
        Require(a!.Offer == SipOfferState.Stable, $"alice's exchange is {a.Offer}");
        Require(b!.Offer == SipOfferState.Stable, $"bob's exchange is {b.Offer}");
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

    private static SipSession? SessionOf(Host host) => ((SessionUser)host.Core).Session;
}
