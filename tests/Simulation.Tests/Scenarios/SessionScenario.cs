using OCPlatform.Simulation.Tests.Checkers;
using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// <see cref="SessionUser"/>s and one call: alice calls bob, all do what they like. When the faults have healed each changes the session once, by
/// which both must have come to agree; session timers go on for some minutes; then either or both hang up.
/// </summary>
internal sealed class SessionScenario : Scenario
{
    private static readonly TimeSpan AllHangUp = TimeSpan.FromSeconds(480);

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

    public override string Name =>
        Forks ? "forks"
        : Unplugs ? "dead peers"
        : "sessions";

    /// <summary>Alice calls by way of a proxy that rings bob and carol at once.</summary>
    public bool Forks { get; init; }

    /// <summary>Bob is gone for good at some moment.</summary>
    public bool Unplugs { get; init; }

    public override void Build(World world)
    {
        var dice = world.Dice;
        var transport = dice.Pick("UDP", "UDP", "UDP", "TCP");
        var challenges = !Forks && dice.Chance(0.2);
        var caller = new SessionUserState
        {
            DelaysOffer = dice.Chance(0.2),
            AnswerWithin = TimeSpan.FromSeconds(dice.Between(3, 60)),
        };
        var alice = world.AddHost("alice", new SessionUser(caller, Options(world), new SessionGateway(challenges)));
        var callees = new List<(SessionUserState State, Host Host)>();
        foreach (var name in Forks ? ["bob", "carol"] : new[] { "bob" })
        {
            var state = new SessionUserState();
            var host = world.AddHost(name, new SessionUser(state, Options(world), new SessionGateway(challenges)));
            Introduce(state, alice, transport);
            callees.Add((state, host));
        }
        Introduce(caller, callees[0].Host, transport);
        if (Forks)
        {
            var targets = callees.ConvertAll(c => new SipDestination(transport, c.Host.PublicEndPoint));
            Introduce(caller, world.AddHost("proxy", new ForkingProxy(targets)), transport);
        }
        Plan(dice, caller, callees.ConvertAll(c => c.State));
        if (Unplugs)
        {
            world.At(dice.Ms(60_000), callees[0].Host.Unplug);
        }
        AddCheckers(world);
    }

    private static void Plan(Dice dice, SessionUserState caller, List<SessionUserState> callees)
    {
        List<SessionUserState> all = [caller, .. callees];
        Plan(caller, dice.Ms(5_000), SessionVerb.Call);
        for (var i = dice.Below(8); i > 0; i--)
        {
            // On a grid of seconds, so that both sides do things at the same instant.
            Plan(all[dice.Below(all.Count)], TimeSpan.FromSeconds(dice.Between(5, 55)), dice.Pick(Verbs));
        }
        if (dice.Chance(0.25))
        {
            Plan(all[dice.Below(all.Count)], dice.Ms(60_000), SessionVerb.HangUp);
        }
        Plan(caller, TimeSpan.FromSeconds(300), SessionVerb.Reoffer);
        foreach (var callee in callees)
        {
            // Nobody lets it ring for ever, not even when the caller's CANCEL was lost in a crash.
            Plan(callee, TimeSpan.FromSeconds(200), SessionVerb.Reject, SipStatus.TemporarilyUnavailable);
            Plan(callee, TimeSpan.FromSeconds(340), SessionVerb.Reoffer);
        }
        foreach (var state in dice.Pick<List<SessionUserState>>([caller], callees, all))
        {
            Plan(state, AllHangUp, SessionVerb.HangUp);
        }
        // Whoever has been left alone in a call hangs up later.
        all.ForEach(state => Plan(state, AllHangUp + TimeSpan.FromSeconds(300), SessionVerb.HangUp));
    }

    private static void AddCheckers(World world)
    {
        var offers = new OffersMatchAnswers();
        world
            .Checkers.AddTransactionRules()
            .Add(
                new CSeqRises(),
                new OneEndPerSession(),
                offers,
                new SessionsAgree(AllHangUp, offers),
                new EveryVerbHasAnOutcome(),
                new DeadPeerIsNoticed()
            );
    }

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

    private static void Plan(SessionUserState state, TimeSpan at, SessionVerb verb, int status = 0) =>
        state.Plans.Add(new SessionPlan(at, verb, status));
}
