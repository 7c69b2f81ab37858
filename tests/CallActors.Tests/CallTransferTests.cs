using System.Text;
using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

public class CallTransferTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    [Fact]
    public void A_blind_transfer_that_succeeds_ends_the_call_as_transferred()
    {
        var (call, _) = PlacedCall(_id);
        call.Tell(new CallCommands.Transfer(_id, "sip:sales@example.com"), TestActor);
        var refer = ExpectSent(SipMethod.Refer);
        refer.Request.Headers[SipHeaderId.ReferTo].Should().Contain("sip:sales@example.com");
        Respond(call, _id, refer, SipStatus.Accepted);

        call.Tell(Notify(1, "SIP/2.0 100 Trying", "active;expires=60"), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(Notify(2, "SIP/2.0 200 OK", "terminated;reason=noresource"), Gateway);
        ExpectResponse(SipStatus.Ok);

        ExpectRequest(SipMethod.Bye);
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        RecordOf(call, _id)!.EndCause!.Reason.Should().Be(EndReason.Transferred);
    }

    [Fact]
    public void A_transfer_whose_target_is_busy_leaves_the_call_in_conversation()
    {
        var (call, _) = PlacedCall(_id);
        call.Tell(new CallCommands.Transfer(_id, "sip:sales@example.com"), TestActor);
        Respond(call, _id, ExpectSent(SipMethod.Refer), SipStatus.Accepted);

        call.Tell(Notify(1, "SIP/2.0 486 Busy Here", "terminated;reason=noresource"), Gateway);

        ExpectResponse(SipStatus.Ok);
        var outcome = ExpectMsg<CallOutcome>();
        (outcome.Result, outcome.SipStatus).Should().Be((CallVerbResult.Refused, SipStatus.BusyHere));
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void An_attended_transfer_names_the_consultations_dialog_in_Refer_To()
    {
        var consultation = CallId.New();
        var calls = CreateTestProbe("calls");
        ActorRegistry.For(Sys).Register<CallRegion>(calls);
        var (call, _) = PlacedCall(_id);

        call.Tell(new CallCommands.Transfer(_id, "", consultation), TestActor);
        calls.ExpectMsg<CallCommands.GetDialog>().CallId.Should().Be(consultation);
        calls.Reply(new DialogOfCall(consultation, "sip:expert@192.0.2.9", "their-call;to-tag=theirs;from-tag=ours"));

        var referTo = ExpectRequest(SipMethod.Refer).Headers[SipHeaderId.ReferTo];
        referTo.Should().Contain("sip:expert@192.0.2.9?Replaces=their-call%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dours");
    }

    [Fact]
    public void REFER_of_the_peer_goes_on_with_whom_it_names()
    {
        var call = EstablishedCall(_id);
        var target = $"sip:colleague@{Peer}";

        call.Tell(InDialog(_id, SipMethod.Refer, 2, headers: (SipHeaderId.ReferTo, $"<{target}>")), Gateway);

        ExpectResponse(SipStatus.Accepted);
        var notify = ExpectSent(SipMethod.Notify);
        Encoding.UTF8.GetString(notify.Request.Body.Span).Should().StartWith("SIP/2.0 100");
        Respond(call, _id, notify, SipStatus.Ok);
        var invite = ExpectInvite();
        invite.Request.RequestUri.ToString().Should().Be(target);
        Respond(call, _id, invite, SipStatus.Ok, Pcmu);
        ExpectAck();
        var final = ExpectSent(SipMethod.Notify);
        Respond(call, _id, final, SipStatus.Ok);
        Encoding.UTF8.GetString(final.Request.Body.Span).Should().StartWith("SIP/2.0 200");
        final.Request.Headers[SipHeaderId.SubscriptionState].Should().StartWith("terminated");
        Respond(call, _id, final, SipStatus.Ok);
        ExpectRequest(SipMethod.Bye).CallId.Should().Be("call-id-1");
        var record = RecordOf(call, _id)!;
        record.State.Should().Be(CallPhase.InConversation);
        record.Peers.Should().ContainSingle().Which.Address.Should().Contain("colleague");
    }

    [Fact]
    public void REFER_by_a_trunk_that_may_not_refer_gets_403_and_nobody_is_called()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id) with { AllowReferrals = false }, Gateway);
        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);

        call.Tell(InDialog(_id, SipMethod.Refer, 2, headers: (SipHeaderId.ReferTo, "<sip:+1900@x.example>")), Gateway);

        ExpectResponse(SipStatus.Forbidden).Headers[SipHeaderId.Warning].Should().Contain("test-trunk");
        Gateway.HasMessages.Should().BeFalse();
    }

    [Fact]
    public void When_the_target_of_a_REFER_is_busy_the_peer_is_told_and_the_call_goes_on()
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Refer, 2, headers: (SipHeaderId.ReferTo, "<sip:busy@example.com>")), Gateway);
        ExpectResponse(SipStatus.Accepted);
        Respond(call, _id, ExpectSent(SipMethod.Notify), SipStatus.Ok);

        Respond(call, _id, ExpectInvite(), SipStatus.BusyHere);

        Encoding.UTF8.GetString(ExpectRequest(SipMethod.Notify).Body.Span).Should().StartWith("SIP/2.0 486");
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void A_peer_that_hangs_up_right_after_its_REFER_leaves_the_conversation_to_the_target()
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Refer, 2, headers: (SipHeaderId.ReferTo, "<sip:next@example.com>")), Gateway);
        ExpectResponse(SipStatus.Accepted);
        ExpectRequest(SipMethod.Notify);
        var invite = ExpectInvite();
        call.Tell(InDialog(_id, SipMethod.Bye, 3), Gateway);
        ExpectResponse(SipStatus.Ok);

        Respond(call, _id, invite, SipStatus.Ok, Pcmu);

        ExpectAck();
        AwaitAssert(() => RecordOf(call, _id)!.Peers.Should().ContainSingle());
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void An_INVITE_with_Replaces_takes_the_peers_place_and_the_former_one_gets_BYE()
    {
        var call = EstablishedCall(_id);
        Conversations.FishForMessage<ConversationCommands.Attach>(_ => true);

        call.Tell(InviteFrom(_id, "bob", (SipHeaderId.Replaces, $"call-id-1;to-tag={_id};from-tag=from-1")), Gateway);
        var answer = ExpectResponse(SipStatus.Ok);
        answer.CallId.Should().Be("call-of-bob");
        call.Tell(AckOf(answer), Gateway);

        ExpectRequest(SipMethod.Bye).CallId.Should().Be("call-id-1");
        var record = RecordOf(call, _id)!;
        record.State.Should().Be(CallPhase.InConversation);
        record.Peers.Should().ContainSingle().Which.SipCallId.Should().Be("call-of-bob");
        Conversations.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [InlineData("call-id-1;to-tag={0};from-tag=somebody-else")]
    [InlineData("another-call;to-tag={0};from-tag=from-1")]
    public void Replaces_that_names_no_dialog_of_the_call_gets_481(string replaces)
    {
        var call = EstablishedCall(_id);

        call.Tell(InviteFrom(_id, "bob", (SipHeaderId.Replaces, string.Format(replaces, _id))), Gateway);

        ExpectResponse(SipStatus.CallDoesNotExist);
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void Replaces_of_a_call_that_is_ending_gets_481()
    {
        var call = EstablishedCall(_id);
        call.Tell(new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)));
        ExpectRequest(SipMethod.Bye);

        call.Tell(InviteFrom(_id, "bob", (SipHeaderId.Replaces, $"call-id-1;to-tag={_id};from-tag=from-1")), Gateway);

        ExpectResponse(SipStatus.CallDoesNotExist);
    }

    [Fact]
    public void What_was_asked_of_a_peer_that_is_replaced_is_answered()
    {
        var call = EstablishedCall(_id);
        call.Tell(new CallCommands.Hold(_id), TestActor);
        ExpectRequest(SipMethod.Invite);

        call.Tell(InviteFrom(_id, "bob", (SipHeaderId.Replaces, $"call-id-1;to-tag={_id};from-tag=from-1")), Gateway);
        call.Tell(AckOf(ExpectResponse(SipStatus.Ok)), Gateway);

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.NotPossible);
    }

    [Fact]
    public void Replace_connects_the_conversation_to_somebody_else()
    {
        var call = EstablishedCall(_id);

        call.Tell(new CallCommands.Replace(_id, $"sip:expert@{Peer}", null, null), TestActor);
        var invite = ExpectInvite();
        Respond(call, _id, invite, SipStatus.Ok, Pcmu);
        ExpectAck();

        ExpectRequest(SipMethod.Bye).CallId.Should().Be("call-id-1");
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
    }

    private SipGatewayEvents.RequestArrived Notify(uint cseq, string fragment, string state)
    {
        var invite = (SipRequest)SipParser.Parse(InDialog(_id, SipMethod.Notify, cseq).Message);
        // The peer of a call we placed: its tags the other way round.
        invite.From = new NameAddress(SipUri.Parse("sip:+4930123456@carrier.example"), tag: "to-peer");
        invite.CallId = RecordedCallId;
        invite.Headers.Add(SipHeaderId.Event, "refer").Add(SipHeaderId.SubscriptionState, state);
        invite.Headers.Add(SipHeaderId.Contact, $"<sip:callee@{Peer}>");
        invite.SetBody(Encoding.UTF8.GetBytes(fragment + "\r\n"), "message/sipfrag");
        return new(_id, $"tx-notify-{cseq}", invite.ToBytes(), Path, DateTimeOffset.UnixEpoch);
    }

    private string RecordedCallId => _placed!.CallId;

    private SipRequest? _placed;

    private (IActorRef Call, SipRequest Invite) PlacedCall(CallId id)
    {
        var placed = base.PlacedCall(id);
        _placed = placed.Invite;
        return placed;
    }

    private SipGatewayEvents.RequestArrived AckOf(SipResponse answer)
    {
        var ack = (SipRequest)SipParser.Parse(InDialog(_id, SipMethod.Ack, 1).Message);
        ack.From = answer.From;
        ack.To = answer.To;
        ack.CallId = answer.CallId;
        return new(_id, null, ack.ToBytes(), Path, DateTimeOffset.UnixEpoch);
    }
}
