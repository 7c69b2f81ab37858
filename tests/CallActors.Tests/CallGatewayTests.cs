using Akka.Actor;
using Akka.TestKit;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>A call's gateway dies, or leaves, while the call lives.</summary>
public class CallGatewayTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();
    private readonly TestProbe _other;

    public CallGatewayTests()
    {
        _other = CreateTestProbe("other-gateway");
        Cluster = new TwoNodes(
            Node("test-node", Gateway.Ref.Path.ToString()),
            Node("other-node", _other.Ref.Path.ToString())
        );
    }

    private static NodeState Node(string name, string gateway) => new(name, "", [], false, 0, 0, gateway, "");

    private sealed record TwoNodes(NodeState Self, NodeState Other) : IClusterView
    {
        public IReadOnlyList<NodeState> Nodes => [Self, Other];
    }

    [Fact]
    public void When_its_gateway_dies_the_peer_is_told_another_ones_address_and_nothing_of_the_media_changes()
    {
        var call = EstablishedCall(_id);

        Sys.Stop(Gateway);

        var sent = _other.ExpectMsg<SipGatewayCommands.SendRequest>();
        var reinvite = (SipRequest)SipParser.Parse(sent.Message);
        reinvite.Method.Should().Be(SipMethod.Invite);
        reinvite.Contact!.Uri.Host.Should().Be("gateway.invalid");
        reinvite.Body.Span.IndexOf(" RTP/AVP 0 101"u8).Should().BePositive();
        RecordOf(call, _id)!.Moves.Should().BeEmpty("the call itself did not move");
        PortsInUse.Should().Be(1);
    }

    [Fact]
    public void When_its_gateway_leaves_the_peer_is_told_too()
    {
        var call = EstablishedCall(_id);

        call.Tell(new SipGatewayEvents.GatewayLeaving(_id), Gateway);

        var sent = _other.ExpectMsg<SipGatewayCommands.SendRequest>();
        SipParser.Parse(sent.Message).CSeq.Method.Should().Be(SipMethod.Invite);
    }

    [Fact]
    public void A_call_that_rings_is_answered_by_another_gateway_where_the_Via_points()
    {
        Options.RingMs = 60_000;
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);
        Watch(Gateway);
        Sys.Stop(Gateway);
        ExpectTerminated(Gateway);

        call.Tell(new CallCommands.Answer(_id), TestActor);

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        var sent = _other.FishForMessage<SipGatewayCommands.SendStateless>(_ => true);
        (sent.Transport, sent.Remote).Should().Be(("UDP", Peer));
        var answer = (SipResponse)SipParser.Parse(sent.Message);
        (answer.StatusCode, answer.To.Tag).Should().Be((SipStatus.Ok, _id.Value));
    }

    [Fact]
    public void A_call_of_ours_that_rings_there_ends_with_the_gateway()
    {
        var call = StartCall(_id);
        call.Tell(new CallCommands.Place(_id, "+4930123456", null, "carrier", null, null), TestActor);
        InviteLeft(call, _id, ExpectInvite());
        AwaitAssert(() => RecordOf(call, _id)!.RemoteAddress.Should().Be(Peer));

        Sys.Stop(Gateway);

        ExpectMsg<CallOutcome>().Result.Should().NotBe(CallVerbResult.Done);
        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id).OfType<CallEvents.Ended>().Single().Cause.Reason.Should().Be(EndReason.NodeLost);
    }

    [Fact]
    public void Responses_go_back_to_the_gateway_that_holds_the_transaction()
    {
        Options.RingMs = 60_000;
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);
        call.Tell(InDialog(_id, SipMethod.Options, 2), _other);
        _other.ExpectMsg<SipGatewayCommands.SendResponse>();

        call.Tell(new CallCommands.Answer(_id), TestActor);

        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_call_is_taken_up_through_the_other_gateway_when_its_own_node_has_none()
    {
        var call = EstablishedCall(_id);
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Crash(call);
        Sys.Stop(Gateway);
        Cluster = new TwoNodes(
            Node("test-node", "") with
            {
                Draining = true,
            },
            Node("other-node", _other.Ref.Path.ToString())
        );
        var again = StartCall(_id, "-again");

        again.Tell(new CallCommands.Recover(_id));

        var sent = _other.ExpectMsg<SipGatewayCommands.SendRequest>();
        SipParser.Parse(sent.Message).CSeq.Method.Should().Be(SipMethod.Invite);
    }
}
