using OCPlatform.Simulation.Tests.Checkers;
using OCPlatform.Simulation.Tests.Engine;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// Two <see cref="DialogUser"/>s and one call. Trouble of every kind while the faults last; when they have healed, each side refreshes its target
/// once, by which both must have come to agree; then either or both hang up.
/// </summary>
internal sealed class DialogScenario : Scenario
{
    private static readonly TimeSpan CallerRefreshes = TimeSpan.FromSeconds(110);
    private static readonly TimeSpan CalleeRefreshes = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan AllHangUp = TimeSpan.FromSeconds(190);

    public override string Name => "dialogs";

    public override void Build(World world)
    {
        var dice = world.Dice;
        var (caller, callee) = (new DialogUserState(), new DialogUserState());
        var alice = world.AddHost("alice", new DialogUser(caller));
        var bob = world.AddHost("bob", new DialogUser(callee));
        var transport = dice.Pick("UDP", "UDP", "TCP");
        Introduce(caller, bob, transport);
        Introduce(callee, alice, transport);

        Plan(caller, dice.Ms(10_000), DialogVerb.Call);
        if (dice.Chance(0.15))
        {
            Plan(caller, dice.Ms(20_000), DialogVerb.Cancel);
        }
        for (var i = dice.Below(10); i > 0; i--)
        {
            var verb = dice.Pick(
                DialogVerb.Info,
                DialogVerb.Update,
                DialogVerb.Reinvite,
                DialogVerb.Reinvite,
                DialogVerb.Move
            );
            // On a grid of seconds, so that both sides do things at the same instant.
            Plan(dice.Pick(caller, callee), TimeSpan.FromSeconds(dice.Between(5, 55)), verb);
        }
        if (dice.Chance(0.3))
        {
            Plan(dice.Pick(caller, callee), dice.Ms(60_000), DialogVerb.HangUp);
        }
        Plan(caller, CallerRefreshes, DialogVerb.Update);
        Plan(callee, CalleeRefreshes, DialogVerb.Update);
        foreach (var state in dice.Pick<DialogUserState[]>([caller], [callee], [caller, callee]))
        {
            Plan(state, AllHangUp, DialogVerb.HangUp);
        }
        world
            .Checkers.AddTransactionRules()
            .Add(new CSeqRises(), new OldRequestsAreRefused(), new DialogsAgree(AllHangUp));
    }

    private static void Introduce(DialogUserState state, Host peer, string transport)
    {
        state.Peer = peer.Name;
        state.PeerDestination = $"{transport}:{peer.PublicEndPoint}";
    }

    private static void Plan(DialogUserState state, TimeSpan at, DialogVerb verb) =>
        state.Plans.Add(new DialogPlan(at, verb));
}
