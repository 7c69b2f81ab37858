using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using Xunit.Abstractions;

namespace OCPlatform.Simulation.Tests;

public class DialogSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Dialogs_keep_every_rule_whatever_the_network_does() => Seeds.Check(new DialogScenario(), output);
}
