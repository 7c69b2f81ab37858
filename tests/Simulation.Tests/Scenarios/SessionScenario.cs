using OCPlatform.Simulation.Tests.Checkers;
using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// Two <see cref="SessionUser"/>s and one call: alice calls bob, both do what they like. When the faults have healed each changes the session once,
/// by which both must have come to agree; session timers go on for some minutes; then either or both hang up.
/// </summary>
internal sealed class SessionScenario : Scenario
{
    private static readonly TimeSpan AllHangUp = TimeSpan.FromSeconds(480);

    public override string Name => "sessions";

    public override void Build(World world)
    {
        var dice = world.Dice;
        var caller = new SessionUserState
        {
            DelaysOffer = dice.Chance(0.2),
            AnswerWithin = TimeSpan.FromSeconds(dice.Between(3, 60)),
        };
        var callee = new SessionUserState();
        var challenges = dice.Chance(0.2);
        var alice = world.AddHost("alice", new SessionUser(caller, Options(world), new SessionGateway(challenges)));
        var bob = world.AddHost("bob", new SessionUser(callee, Options(world), new SessionGateway(challenges)));
        var transport = dice.Pick("UDP", "UDP", "UDP", "TCP");
        Introduce(caller, bob, transport);
        Introduce(callee, alice, transport);

        Plan(caller, dice.Ms(5_000), SessionVerb.Call);
        for (var i = dice.Below(8); i > 0; i--)
        {
            // On a grid of seconds, so that both sides do things at the same instant.
            Plan(dice.Pick(caller, callee), TimeSpan.FromSeconds(dice.Between(5, 55)), dice.Pick(Verbs));
        }
        if (dice.Chance(0.25))
        {
            Plan(dice.Pick(caller, callee), dice.Ms(60_000), SessionVerb.HangUp);
        }
        // Nobody lets it ring for ever, not even when the caller's CANCEL was lost in a crash.
        callee.Plans.Add(
            new SessionPlan(TimeSpan.FromSeconds(200), SessionVerb.Reject, SipStatus.TemporarilyUnavailable)
        );
        Plan(caller, TimeSpan.FromSeconds(300), SessionVerb.Reoffer);
        Plan(callee, TimeSpan.FromSeconds(340), SessionVerb.Reoffer);
        foreach (var state in dice.Pick<SessionUserState[]>([caller], [callee], [caller, callee]))
        {
            Plan(state, AllHangUp, SessionVerb.HangUp);
        }
        var offers = new OffersMatchAnswers();
        world
            .Checkers.AddTransactionRules()
            .Add(
                new CSeqRises(),
                new OneEndPerSession(),
                offers,
                new SessionsAgree(AllHangUp, offers),
                new EveryVerbHasAnOutcome()
            );
    }

    private static readonly SessionVerb[] Verbs =
    [
        SessionVerb.Reoffer,
        SessionVerb.Reoffer,
        SessionVerb.ReofferByUpdate,
        SessionVerb.ReofferByUpdate,
        SessionVerb.AskForOffer,
        SessionVerb.Refresh,
        SessionVerb.Move,
        SessionVerb.Info,
        SessionVerb.Info,
        SessionVerb.Refer,
    ];

    private static SipSessionOptions Options(World world)
    {
        var dice = world.Dice;
        return new SipSessionOptions
        {
            Timers = world.Timers,
            Product = null,
            SessionExpiresS = dice.Pick(0, 90, 120, 200),
            MinSeS = dice.Pick(90, 90, 150),
            Refresher = dice.Pick(SipRefresher.Any, SipRefresher.Us, SipRefresher.Peer),
            RefreshByUpdate = dice.Chance(0.5),
            ReliableProvisionals = dice.Pick(
                SipReliableProvisionals.Never,
                SipReliableProvisionals.Supported,
                SipReliableProvisionals.Supported,
                SipReliableProvisionals.Required
            ),
            AcceptReferrals = dice.Chance(0.8),
            Random = new Random((int)dice.Next()),
        };
    }

    private static void Introduce(SessionUserState state, Host peer, string transport)
    {
        state.Peer = peer.Name;
        state.PeerDestination = $"{transport}:{peer.PublicEndPoint}";
    }

    private static void Plan(SessionUserState state, TimeSpan at, SessionVerb verb) =>
        state.Plans.Add(new SessionPlan(at, verb));
}
