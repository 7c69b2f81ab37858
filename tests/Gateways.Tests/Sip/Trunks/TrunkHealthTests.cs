using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class TrunkHealthTests : OutboundStage
{
    [Fact]
    public void A_target_that_stops_serving_goes_down_and_comes_back_by_itself()
    {
        var carrier = Peer();
        Watched(carrier);
        Start();

        carrier.Answer(carrier.Receive(SipMethod.Options), SipStatus.ServiceUnavailable);
        AwaitAssert(() => StateOf().Should().Be(TargetState.Down));
        StatusOf("carrier").Targets.Single().LastCause.Should().Contain("503");
        SendInvite();
        ExpectFailed().Should().Contain("trunk 'carrier' is down since").And.Contain("503");

        carrier.Answer(carrier.Receive(SipMethod.Options), SipStatus.MethodNotAllowed);
        AwaitAssert(() => StateOf().Should().Be(TargetState.Up));
        SendInvite();
        carrier.Receive(SipMethod.Invite);
        ExpectSent();
    }

    [Fact]
    public void A_target_that_is_silent_goes_down()
    {
        var carrier = Peer();
        var trunk = Watched(carrier);
        trunk.Health.AnswerMs = 200;
        Start();

        carrier.Receive(SipMethod.Options);

        AwaitAssert(() => StateOf().Should().Be(TargetState.Down));
        StatusOf("carrier").Targets.Single().LastCause.Should().Contain("no answer");
    }

    [Fact]
    public void Failed_calls_take_a_target_down_and_calls_go_elsewhere()
    {
        var (first, second) = (Peer(), Peer());
        var trunk = Trunk("a", first);
        trunk.Priority = 1;
        trunk.Health.DownAfter = 1;
        Trunk("b", second).Priority = 2;
        Start();
        SendInvite();
        first.Answer(first.Receive(SipMethod.Invite), SipStatus.ServiceUnavailable);
        second.Answer(second.Receive(SipMethod.Invite), SipStatus.BusyHere);
        ExpectSent("a");
        ExpectSent("b");
        ExpectResponse(SipStatus.BusyHere);
        StatusOf("a").Targets.Single().State.Should().Be(TargetState.Down);

        SendInvite();

        ExpectSent("b");
        second.Answer(second.Receive(SipMethod.Invite), SipStatus.BusyHere);
        ExpectResponse(SipStatus.BusyHere);
    }

    private TargetState StateOf() => StatusOf("carrier").Targets.Single().State;

    private TrunkOptions Watched(ScriptedPeer carrier)
    {
        var trunk = Trunk("carrier", carrier);
        trunk.Health.IntervalSeconds = 1;
        trunk.Health.DownIntervalSeconds = 1;
        trunk.Health.DownAfter = 1;
        trunk.Health.UpAfter = 1;
        return trunk;
    }
}
