using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;
using Xunit.Abstractions;

namespace OCPlatform.Simulation.Tests;

public class NonInviteSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Requests_keep_every_rule_whatever_the_network_does()
    {
        var scenario = new TransactionScenario("requests", SipMethod.Options, SipMethod.Message, SipMethod.Info);
        Seeds.Check(scenario, output);
    }
}

public class InviteSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Invites_keep_every_rule_whatever_the_network_does()
    {
        Seeds.Check(new TransactionScenario("invites", SipMethod.Invite), output);
    }
}

public class MixedSimulation(ITestOutputHelper output)
{
    [Fact]
    public void Requests_of_every_kind_keep_every_rule_at_once()
    {
        var scenario = new TransactionScenario("mixed", SipMethod.Invite, SipMethod.Options, SipMethod.Message);
        Seeds.Check(scenario, output);
    }
}
