using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>A call's gateway is gone, and its peer does not take the first word of another one.</summary>
public class CallMovingTests : CallActorTestBase
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(32);

    private readonly CallId _id = CallId.New();
    private readonly TestProbe _other;

    // The call's timers stand still until a test moves them.
    public CallMovingTests()
        : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"")
    {
        _other = CreateTestProbe("other-gateway");
    }

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    [Theory]
    [InlineData(SendFailure.TransportError)]
    [InlineData(SendFailure.Refused)]
    public void What_could_not_be_sent_is_sent_again_a_second_later(SendFailure failure)
    {
        var call = CallWithoutGateway();
        Fail(call, ExpectTold(), failure);

        Refresh(call, ExpectRetry(), SipStatus.Ok);

        ExpectNoRetry();
        RecordOf(call, _id)!.EndCause.Should().BeNull();
    }

    [Theory]
    [InlineData(SipStatus.ServiceUnavailable)]
    [InlineData(SipStatus.ServerInternalError)]
    public void A_peer_that_cannot_just_now_is_asked_again(int status)
    {
        var call = CallWithoutGateway();
        Refresh(call, ExpectTold(), status);

        Refresh(call, ExpectRetry(), SipStatus.Ok);

        ExpectNoRetry();
    }

    [Fact]
    public void A_peer_that_refuses_is_left_alone_and_the_call_goes_on()
    {
        var call = CallWithoutGateway();

        Refresh(call, ExpectTold(), SipStatus.NotAcceptableHere);

        Clock.Advance(Deadline);
        ExpectNoRetry();
        RecordOf(call, _id)!.EndCause.Should().BeNull();
        PortsInUse.Should().Be(1);
    }

    [Fact]
    public void A_peer_that_knows_the_dialog_no_more_ends_the_call()
    {
        var call = CallWithoutGateway();

        Refresh(call, ExpectTold(), SipStatus.CallDoesNotExist);

        AwaitCause(call).Should().BeEquivalentTo(new { Reason = EndReason.NodeLost, SipStatus = 481 });
    }

    [Fact]
    public void A_peer_that_nothing_reaches_until_the_deadline_is_hung_up()
    {
        var call = CallWithoutGateway();
        Fail(call, ExpectTold(), SendFailure.TransportError);
        Fail(call, ExpectRetry(), SendFailure.TransportError);
        AwaitHandled(call);

        Clock.Advance(Deadline);

        _other
            .FishForMessage<SipGatewayCommands.SendRequest>(sent => MethodOf(sent) == SipMethod.Bye)
            .Remote.Should()
            .NotBeNull();
        AwaitCause(call).Should().BeEquivalentTo(new { Reason = EndReason.NodeLost, SipStatus = 408 });
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void A_peer_that_always_answers_with_a_fault_of_its_own_is_not_hung_up()
    {
        var call = CallWithoutGateway();
        Refresh(call, ExpectTold(), SipStatus.ServerInternalError);
        Refresh(call, ExpectRetry(), SipStatus.ServerInternalError);
        AwaitHandled(call);

        Clock.Advance(Deadline);

        RecordOf(call, _id)!.EndCause.Should().BeNull();
    }

    [Fact]
    public void A_request_of_the_peers_that_refreshes_our_Contact_is_as_good_as_ours()
    {
        var call = CallWithoutGateway();
        Fail(call, ExpectTold(), SendFailure.TransportError);

        call.Tell(InDialog(_id, SipMethod.Update, 2, Pcmu), _other);

        var answer = (SipResponse)SipParser.Parse(_other.ExpectMsg<SipGatewayCommands.SendResponse>().Message);
        answer.Contact!.Uri.Host.Should().Be("127.0.0.1", "the gateway that the request came by");
        AwaitHandled(call);
        Clock.Advance(Deadline);
        RecordOf(call, _id)!.EndCause.Should().BeNull();
    }

    [Fact]
    public void A_gateway_that_leaves_is_let_go_when_the_peer_knows_another_one_and_not_before()
    {
        var call = CallThroughAnotherNode();
        call.Tell(new SipGatewayEvents.GatewayLeaving(_id), Gateway);
        AwaitHandled(call);
        Clock.Advance(Retry);
        Fail(call, ExpectTold(), SendFailure.TransportError);
        var again = ExpectRetry();
        Gateway.HasMessages.Should().BeFalse();

        Refresh(call, again, SipStatus.Ok);

        Gateway.ExpectMsg<SipGatewayCommands.Release>();
        call.Tell(new SipGatewayEvents.GatewayLeaving(_id), Gateway);
        Gateway.ExpectMsg<SipGatewayCommands.Release>();
    }

    [Fact]
    public void Another_gateway_is_tried_after_one_by_which_it_could_not_be_sent()
    {
        var third = CreateTestProbe("third-gateway");
        Cluster = new TwoNodes(
            new("test-node", "", [], false, 0, 0, _other.Ref.Path.ToString(), ""),
            new("third-node", "", [], false, 0, 0, third.Ref.Path.ToString(), "")
        );
        var call = CallWithoutGateway();

        Fail(call, ExpectTold(), SendFailure.TransportError);

        AwaitHandled(call);
        Clock.Advance(Retry);
        MethodOf(third.ExpectMsg<SipGatewayCommands.SendRequest>()).Should().Be(SipMethod.Invite);
    }

    private sealed record TwoNodes(NodeState Self, NodeState Other) : IClusterView
    {
        public IReadOnlyList<NodeState> Nodes => [Self, Other];
    }

    /// <summary>A call that came by a gateway which is not its node's own.</summary>
    private IActorRef CallThroughAnotherNode()
    {
        var call = EstablishedCall(_id);
        ActorRegistry.For(Sys).Register<SipGatewayKey>(_other, overwrite: true);
        return call;
    }

    private IActorRef CallWithoutGateway()
    {
        var call = CallThroughAnotherNode();
        Watch(Gateway);
        Sys.Stop(Gateway);
        ExpectTerminated(Gateway);
        AwaitHandled(call);
        Clock.Advance(Retry);
        return call;
    }

    private SipGatewayCommands.SendRequest ExpectTold()
    {
        // Whatever was acknowledged before.
        var sent = _other.FishForMessage<SipGatewayCommands.SendRequest>(_ => true);
        MethodOf(sent).Should().Be(SipMethod.Invite);
        return sent;
    }

    private SipGatewayCommands.SendRequest ExpectRetry()
    {
        Clock.Advance(Retry);
        return ExpectTold();
    }

    private void ExpectNoRetry()
    {
        Clock.Advance(Retry * 3);
        _other
            .ReceiveWhile<object>(TimeSpan.FromMilliseconds(300), message => message)
            .Should()
            .NotContain(message => message is SipGatewayCommands.SendRequest);
    }

    private static string MethodOf(SipGatewayCommands.SendRequest sent) =>
        ((SipRequest)SipParser.Parse(sent.Message)).Method;

    private void Fail(IActorRef call, SipGatewayCommands.SendRequest sent, SendFailure failure)
    {
        call.Tell(
            new SipGatewayEvents.RequestFailed(_id, sent.RequestKey, "nobody", DateTimeOffset.UnixEpoch, failure),
            _other
        );
        AwaitHandled(call);
    }

    /// <summary>The request leaves, and the peer answers it.</summary>
    private void Refresh(IActorRef call, SipGatewayCommands.SendRequest sent, int status)
    {
        var left = (SipRequest)SipParser.Parse(sent.Message);
        left.Contact = new NameAddress(SipUri.Parse($"sip:{_id}@127.0.0.2:5060"));
        call.Tell(
            new SipGatewayEvents.RequestSent(
                _id,
                sent.RequestKey,
                left.ToBytes(),
                Path with
                {
                    Local = "127.0.0.2:5060",
                },
                null,
                DateTimeOffset.UnixEpoch
            ),
            _other
        );
        var response = SipResponse.Create(left, status);
        if (response.IsSuccess)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<sip:caller@{Peer}>");
            response.SetBody(System.Text.Encoding.UTF8.GetBytes(Pcmu), "application/sdp");
        }
        call.Tell(
            new SipGatewayEvents.ResponseArrived(_id, sent.RequestKey, response.ToBytes(), DateTimeOffset.UnixEpoch),
            _other
        );
        AwaitHandled(call);
    }

    /// <summary>What was told the call so far is handled.</summary>
    private void AwaitHandled(IActorRef call) => RecordOf(call, _id);

    private EndCause AwaitCause(IActorRef call)
    {
        AwaitAssert(() => RecordOf(call, _id)!.EndCause.Should().NotBeNull());
        return RecordOf(call, _id)!.EndCause!;
    }
}
