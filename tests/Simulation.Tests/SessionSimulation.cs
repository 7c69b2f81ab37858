using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using Xunit.Abstractions;

namespace OCPlatform.Simulation.Tests;

public class SessionSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Sessions_keep_every_rule_whatever_the_network_does() => Seeds.Check(new SessionScenario(), output);
}
