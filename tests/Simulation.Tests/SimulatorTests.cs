using OCPlatform.Simulation.Tests.Checkers;
using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;

namespace OCPlatform.Simulation.Tests;

/// <summary>The simulator itself: that a seed is all there is to a run, and that a failure says what one needs to know.</summary>
public class SimulatorTests
{
    public static TheoryData<string> Scenarios => new("invites", "dialogs", "sessions");

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_seed_gives_the_same_run_each_time_and_another_seed_another(string name)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var first = Seeds.Run(Of(name), seed);
            var second = Seeds.Run(Of(name), seed, recording: true);
            second.Ladder.Hash.Should().Be(first.Ladder.Hash, "seed {0}", seed);
            second.Now.Should().Be(first.Now);
            Seeds.Run(Of(name), seed + 1).Ladder.Hash.Should().NotBe(first.Ladder.Hash);
        }
    }

    [Fact]
    public void A_broken_rule_is_told_with_seed_conditions_and_ladder()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => Seeds.RunOne(new Impossible(), 7, new()));
        failure.Message.Should().StartWith("impossible, seed 7: NeverAnInvite: alice sent an INVITE");
        failure.Message.Should().Contain("OCP_SIM_SEED=7");
        failure.Message.Should().Contain("delay 1-");
        failure.Message.Should().Contain("alice ──▶ bob          INVITE 1 call");
    }

    private static Scenario Of(string name) =>
        name switch
        {
            "invites" => new TransactionScenario(name, SipMethod.Invite, SipMethod.Options),
            "dialogs" => new DialogScenario(),
            _ => new SessionScenario(),
        };

    /// <summary>Dialogs under a rule that no dialog can keep.</summary>
    private sealed class Impossible : Scenario
    {
        public override string Name => "impossible";

        public override void Build(World world)
        {
            new DialogScenario().Build(world);
            world.Checkers.Add(new NeverAnInvite());
        }
    }

    private sealed class NeverAnInvite : Checker
    {
        public override void Arrived(Host at, WireMessage message) =>
            Require(message.Method != SipMethod.Invite, "alice sent an INVITE");
    }
}
