using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using Xunit.Abstractions;

namespace OCPlatform.Simulation.Tests;

public class SessionSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Sessions_keep_every_rule_whatever_the_network_does() => Seeds.Check(new SessionScenario(), output);
}

public class ForkSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Forked_calls_keep_every_rule_and_come_down_to_two_ends() =>
        Seeds.Check(new SessionScenario { Forks = true }, output);
}

public class DeadPeerSimulation(ITestOutputHelper output)
{
    [Fact]
    public void A_peer_that_is_gone_for_good_keeps_nobody_in_the_call() =>
        Seeds.Check(new SessionScenario { Unplugs = true }, output);
}
