using System.Text;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

public class PlacedCallTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    [Fact]
    public void A_placed_call_offers_and_is_in_conversation_when_it_is_answered()
    {
        var (call, invite) = PlacedCall(_id);

        invite.RequestUri.User.Should().Be("+4930123456");
        invite.From.Tag.Should().Be(_id.Value);
        Encoding.UTF8.GetString(invite.Body.Span).Should().Contain("RTP/AVP 0 8 101");
        var record = RecordOf(call, _id)!;
        record.State.Should().Be(CallPhase.InConversation);
        record.Direction.Should().Be(CallDirection.Outbound);
        record.Trunk.Should().Be("carrier");
        record.RemoteAddress.Should().Be(Peer);
        record.Codec.Should().Be("PCMU");
    }

    [Fact]
    public void The_ladder_shows_its_INVITE_as_it_left()
    {
        var (call, invite) = PlacedCall(_id);

        RecordOf(call, _id)!
            .Ladder.Where(rung => rung.StartLine.StartsWith("INVITE", StringComparison.Ordinal))
            .Should()
            .ContainSingle()
            .Which.CSeq.Should()
            .Be(invite.CSeq.ToString());
    }

    [Fact]
    public void Requests_on_it_go_on_from_what_the_gateway_really_sent()
    {
        var (call, invite) = PlacedCall(_id);

        call.Tell(new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)));

        var bye = ExpectRequest(SipMethod.Bye);
        bye.CSeq.Number.Should().Be(invite.CSeq.Number + 1);
        bye.From.Uri.ToString().Should().Be("sip:+49301@carrier.example");
        bye.To.Tag.Should().Be("to-peer");
        bye.RequestUri.ToString().Should().Be($"sip:callee@{Peer}");
    }

    [Theory]
    [InlineData(SipStatus.BusyHere, EndReason.Busy)]
    [InlineData(SipStatus.TemporarilyUnavailable, EndReason.NoAnswer)]
    [InlineData(SipStatus.NotFound, EndReason.Rejected)]
    public void A_refusal_ends_it_with_its_status_as_the_callees_doing(int status, EndReason reason)
    {
        var call = Place("sip:bob@127.0.0.1:45060", out var sent);

        Respond(call, _id, sent, status);

        var outcome = ExpectMsg<CallOutcome>();
        outcome.Verb.Should().Be(CallVerb.Place);
        outcome.Result.Should().NotBe(CallVerbResult.Done);
        outcome.SipStatus.Should().Be(status);
        var cause = RecordAfterEnd(call, _id).EndCause!;
        (cause.By, cause.Reason, cause.SipStatus).Should().Be((EndedBy.Callee, reason, status));
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void A_call_that_no_trunk_may_take_ends_with_the_gateways_own_words()
    {
        var call = Place("+19005551234", out var sent, hasRoute: false);

        call.Tell(
            new SipGatewayEvents.RequestFailed(
                _id,
                sent.Key,
                "trunk 'carrier' does not allow +1900",
                DateTimeOffset.UnixEpoch
            ),
            Gateway
        );

        ExpectMsg<CallOutcome>().Detail.Should().Be("trunk 'carrier' does not allow +1900");
        var record = RecordAfterEnd(call, _id);
        record.EndCause!.Reason.Should().Be(EndReason.NoRoute);
        record.Ladder.Should().BeEmpty("its INVITE never left");
    }

    [Fact]
    public void Hanging_up_before_the_answer_cancels()
    {
        var call = Place("sip:bob@127.0.0.1:45060", out var sent);
        Respond(call, _id, sent, SipStatus.Ringing);
        AwaitAssert(() => RecordOf(call, _id)!.State.Should().Be(CallPhase.Ringing));

        call.Tell(new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)));

        Gateway.ExpectMsg<SipGatewayCommands.CancelRequest>().RequestKey.Should().Be(sent.Key);
        RecordOf(call, _id)!.EndCause!.By.Should().Be(EndedBy.Operator);
        Watch(call);
        Respond(call, _id, sent, SipStatus.RequestTerminated);
        FishForMessage<Terminated>(_ => true);
    }

    [Fact]
    public void Early_media_is_taken_before_the_answer_and_does_not_start_the_conversation()
    {
        var call = Place("sip:bob@127.0.0.1:45060", out var sent);

        Respond(call, _id, sent, SipStatus.SessionProgress, Pcmu);
        AwaitAssert(() => RecordOf(call, _id)!.State.Should().Be(CallPhase.Ringing));
        Respond(call, _id, sent, SipStatus.Ok, Pcmu);
        ExpectAck();

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Theory]
    [InlineData("nobody at home")]
    [InlineData("http://example.com")]
    public void What_is_neither_a_URI_nor_a_number_is_told_so(string to)
    {
        var call = StartCall(_id);

        call.Tell(new CallCommands.Place(_id, to, null, null, null, null), TestActor);

        var outcome = ExpectMsg<CallOutcome>();
        outcome.Result.Should().Be(CallVerbResult.Refused);
        outcome.Detail.Should().Contain(to);
        Gateway.HasMessages.Should().BeFalse();
    }

    [Fact]
    public void An_answer_that_fits_nothing_is_acknowledged_and_hung_up()
    {
        var call = Place("sip:bob@127.0.0.1:45060", out var sent);

        Respond(call, _id, sent, SipStatus.Ok, Pcmu.Replace("AVP 0", "AVP 18"));

        ExpectAck();
        ExpectRequest(SipMethod.Bye);
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Refused);
        RecordOf(call, _id)!.EndCause!.Reason.Should().Be(EndReason.MediaNotAcceptable);
    }

    private IActorRef Place(string to, out (SipRequest Request, string Key) sent, bool hasRoute = true)
    {
        var call = StartCall(_id);
        call.Tell(new CallCommands.Place(_id, to, null, null, null, null), TestActor);
        sent = ExpectInvite();
        if (!hasRoute)
        {
            return call;
        }
        sent = InviteLeft(call, _id, sent);
        return call;
    }
}
