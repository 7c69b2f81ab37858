using Akka.Actor;
using Akka.TestKit;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip;

/// <summary>A gateway whose node leaves: the calls that use it go elsewhere first.</summary>
public sealed class LeavingTests : SipNode
{
    private readonly CallId _call = CallId.New();

    [Fact]
    public void A_call_that_uses_the_gateway_is_told_that_it_leaves_until_it_uses_another()
    {
        Start();
        var call = CreateTestProbe("call");
        Gateway.Tell(Bye(), call);

        Carrying().Should().Be(1);
        Calls.ExpectMsg<SipGatewayEvents.GatewayLeaving>().CallId.Should().Be(_call);
        Carrying().Should().Be(1);
        Gateway.Tell(new SipGatewayCommands.Release(_call));

        Carrying().Should().Be(0);
        Calls.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_call_that_is_gone_is_waited_for_no_longer()
    {
        Start();
        var call = CreateTestProbe("call");
        Gateway.Tell(Bye(), call);
        Carrying().Should().Be(1);

        Sys.Stop(call);

        AwaitAssert(() => Carrying().Should().Be(0));
    }

    [Fact]
    public void A_call_is_reminded_once_a_second()
    {
        Start();
        var call = CreateTestProbe("call");
        Gateway.Tell(Bye(), call);
        Carrying();
        Calls.ExpectMsg<SipGatewayEvents.GatewayLeaving>();

        AwaitAssert(() =>
        {
            Carrying().Should().Be(1);
            Calls.HasMessages.Should().BeTrue();
        });
        Calls.ExpectMsg<SipGatewayEvents.GatewayLeaving>();
    }

    [Fact]
    public void What_nobody_uses_may_go_at_once()
    {
        Start();
        Carrying().Should().Be(0);
        Gateway.Tell(new SipGatewayCommands.Release(_call));
        Carrying().Should().Be(0);
    }

    private int Carrying() =>
        Gateway.Ask<SipGatewayEvents.Carrying>(new SipGatewayCommands.Leave(), RemainingOrDefault).Result.Calls;

    /// <summary>A request of a call that this gateway has not admitted: it was taken up after a crash.</summary>
    private SipGatewayCommands.SendRequest Bye()
    {
        var uri = SipUri.Parse("sip:alice@127.0.0.1:9");
        var bye = SipRequest.Create(
            SipMethod.Bye,
            uri,
            new NameAddress(uri, tag: _call.Value),
            new NameAddress(uri, tag: "peer"),
            "call-id-1",
            1
        );
        return new SipGatewayCommands.SendRequest(_call, "bye", bye.ToBytes(), "UDP", "127.0.0.1:9");
    }
}
