using OCPlatform.Simulation.Tests.Engine;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>Two or three <see cref="Talker"/>s that talk past each other: requests of one kind, or of all, in all directions at once.</summary>
internal sealed class TransactionScenario(string name, params string[] methods) : Scenario
{
    public override string Name => name;

    public override void Build(World world)
    {
        var dice = world.Dice;
        world.Checkers.AddTransactionRules();
        var states = new TalkerState[dice.Below(4) == 0 ? 3 : 2];
        for (var i = 0; i < states.Length; i++)
        {
            states[i] = new TalkerState();
            world.AddHost(HostNames[i], new Talker(states[i]));
        }
        // All over one transport, or mixed.
        var tcp = dice.Pick(0.0, 0.0, 0.3, 1.0);
        for (var i = dice.Between(1, 6); i > 0; i--)
        {
            var from = dice.Below(states.Length);
            var to = (from + 1 + dice.Below(states.Length - 1)) % states.Length;
            var peer = world.Hosts[to];
            var method = methods[dice.Below(methods.Length)];
            states[from]
                .Plans.Add(
                    new PlannedRequest(
                        dice.Ms(dice.Pick(1_000, 20_000)),
                        method,
                        peer.Name,
                        $"{(dice.Chance(tcp) ? "TCP" : "UDP")}:{peer.PublicEndPoint}",
                        method == SipMethod.Invite && dice.Chance(0.3) ? dice.Ms(10_000) : null
                    )
                );
        }
    }

    private static readonly string[] HostNames = ["alice", "bob", "carol"];
}
