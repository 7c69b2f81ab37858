using Akka.Actor;
using Akka.TestKit;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>Which of the cluster's gateways a call of ours leaves by.</summary>
public class PlacedThroughGatewayTests : CallActorTestBase
{
    private const string Phone = "sip:alice@example.org";

    private readonly CallId _id = CallId.New();
    private readonly TestProbe _other;

    public PlacedThroughGatewayTests()
    {
        _other = CreateTestProbe("other-gateway");
        Cluster = Nodes(ownLeaves: false);
    }

    private sealed record TwoNodes(NodeState Self, NodeState Other) : IClusterView
    {
        public IReadOnlyList<NodeState> Nodes => [Self, Other];
    }

    [Fact]
    public void A_node_without_one_takes_another_nodes()
    {
        Cluster = Nodes(ownLeaves: true);

        Place("+4930123456");

        _other.ExpectMsg<SipGatewayCommands.SendInvite>().CallId.Should().Be(_id);
    }

    [Fact]
    public void Where_none_is_left_the_call_ends_and_says_so()
    {
        Cluster = new LoneNode(new NodeState("test-node", "", [], Draining: true, 0, 0, null, ""));

        Place("+4930123456");

        ExpectMsg<CallOutcome>().Detail.Should().Contain("no node of the cluster has a SIP gateway");
    }

    [Theory]
    [InlineData("+4930123456", null)]
    [InlineData(Phone, "carrier")]
    public void Its_own_nodes_is_taken_unasked_for_what_a_trunk_carries(string to, string? trunk)
    {
        Place(to, trunk);

        Gateway.ExpectMsg<SipGatewayCommands.SendInvite>();
        _other.HasMessages.Should().BeFalse();
    }

    [Fact]
    public void A_phone_is_called_by_the_gateway_that_it_registered_at()
    {
        Place(Phone);

        Answer(Gateway, isHere: false);
        Answer(_other, isHere: true);

        var invite = (SipRequest)SipParser.Parse(_other.ExpectMsg<SipGatewayCommands.SendInvite>().Message);
        invite.RequestUri.ToString().Should().Be(Phone);
        Gateway.HasMessages.Should().BeFalse();
    }

    [Fact]
    public void What_is_registered_nowhere_goes_by_the_nodes_own()
    {
        Place(Phone);

        Answer(_other, isHere: false);
        Answer(Gateway, isHere: false);

        Gateway.ExpectMsg<SipGatewayCommands.SendInvite>();
    }

    [Fact]
    public void Who_does_not_answer_is_not_waited_for_long()
    {
        Place(Phone);

        Answer(Gateway, isHere: false);

        // The other node runs a version that does not know the question.
        Gateway.ExpectMsg<SipGatewayCommands.SendInvite>();
    }

    [Fact]
    public void What_is_asked_of_the_call_meanwhile_is_done_afterwards()
    {
        var call = Place(Phone);
        Gateway.ExpectMsg<SipGatewayQueries.FindPhone>();
        call.Tell(
            new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)),
            TestActor
        );

        Answer(_other, isHere: true);

        _other.ExpectMsg<SipGatewayCommands.SendInvite>();
        _other.ExpectMsg<SipGatewayCommands.CancelRequest>();
        RecordOf(call, _id)!.EndCause!.By.Should().Be(EndedBy.Operator);
    }

    private TwoNodes Nodes(bool ownLeaves) =>
        new(
            new("test-node", "", [], ownLeaves, 0, 0, Gateway.Ref.Path.ToString(), ""),
            new("other-node", "", [], false, 0, 0, _other.Ref.Path.ToString(), "")
        );

    private IActorRef Place(string to, string? trunk = null)
    {
        var call = StartCall(_id);
        call.Tell(new CallCommands.Place(_id, to, null, trunk, null, null), TestActor);
        return call;
    }

    private static void Answer(TestProbe gateway, bool isHere)
    {
        gateway.ExpectMsg<SipGatewayQueries.FindPhone>().Uri.Should().Be(Phone);
        gateway.Reply(new SipGatewayQueries.PhoneAnswer(isHere));
    }
}
