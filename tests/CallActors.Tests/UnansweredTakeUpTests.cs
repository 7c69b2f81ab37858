using System.Text;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>A call whose process went away before it was answered.</summary>
public class UnansweredTakeUpTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    public UnansweredTakeUpTests() => Options.RingMs = 60_000;

    [Fact]
    public void A_call_that_rings_goes_on_ringing_and_is_answered_by_the_gateway_that_holds_its_INVITE()
    {
        var again = TakenUp(Ringing());
        Conversations.FishForMessage<ConversationCommands.Attach>(_ => true);

        again.Tell(new CallCommands.Answer(_id), TestActor);

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        var answer = ExpectResponse(SipStatus.Ok);
        answer.To.Tag.Should().Be(_id.Value);
        Encoding.UTF8.GetString(answer.Body.Span).Should().Contain(" RTP/AVP 0 101");
        again.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);
        AwaitAssert(() => RecordOf(again, _id)!.State.Should().Be(CallPhase.InConversation));
        PortsInUse.Should().Be(1);
    }

    [Fact]
    public void A_call_that_is_answered_by_itself_is_so_after_the_rest_of_its_time()
    {
        Options.RingMs = 1_000;
        var again = TakenUp(Ringing());

        ExpectResponse(SipStatus.Ok);

        RecordOf(again, _id)!.State.Should().Be(CallPhase.Answered);
    }

    [Fact]
    public void A_peer_that_may_have_got_the_200_of_the_former_process_is_told_the_new_description()
    {
        var call = Ringing();
        Options.RingMs = 0;
        var again = TakenUp(call);
        ExpectResponse(SipStatus.Ok);

        again.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);

        ExpectRequest(SipMethod.Invite).To.Tag.Should().Be("from-1");
    }

    [Fact]
    public void CANCEL_gets_its_487()
    {
        var again = TakenUp(Ringing());

        again.Tell(new SipGatewayEvents.CancelArrived(_id, "tx-invite", DateTimeOffset.UnixEpoch), Gateway);

        ExpectResponse(SipStatus.RequestTerminated);
        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id).OfType<CallEvents.Ended>().Single().Cause.Reason.Should().Be(EndReason.Cancelled);
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void An_offer_with_keys_that_no_journal_holds_is_refused_and_the_call_told_as_lost()
    {
        var encrypted =
            Pcmu.Replace("RTP/AVP", "RTP/SAVP")
            + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";

        TakenUp(Ringing(encrypted));

        ExpectResponse(SipStatus.TemporarilyUnavailable);
        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id).OfType<CallEvents.Ended>().Single().Cause.Reason.Should().Be(EndReason.NodeLost);
    }

    [Fact]
    public void A_call_of_ours_that_was_not_answered_ends_as_lost()
    {
        var call = StartCall(_id);
        call.Tell(new CallCommands.Place(_id, "sip:bob@127.0.0.1:45060", null, null, null, null), TestActor);
        var sent = ExpectInvite();
        var left = SentAs(sent.Request).ToBytes();
        call.Tell(new SipGatewayEvents.RequestSent(_id, sent.Key, left, Path, null, DateTimeOffset.UnixEpoch), Gateway);
        AwaitJournaled<CallEvents.Sent>(_id);

        Crash(call);
        StartCall(_id, "-again").Tell(new CallCommands.Recover(_id));

        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id).OfType<CallEvents.Ended>().Single().Cause.Reason.Should().Be(EndReason.NodeLost);
    }

    private IActorRef Ringing(string sdp = Pcmu)
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id, sdp), Gateway);
        ExpectResponse(SipStatus.Ringing);
        AwaitJournaled<CallEvents.Ringing>(_id);
        return call;
    }

    private IActorRef TakenUp(IActorRef call)
    {
        Crash(call);
        var again = StartCall(_id, "-again");
        again.Tell(new CallCommands.Recover(_id));
        return again;
    }
}
