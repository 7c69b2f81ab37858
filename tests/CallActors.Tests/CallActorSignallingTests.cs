using System.Text;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

public class CallActorSignallingTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    [Fact]
    public void An_INVITE_rings_and_is_answered_with_the_call_id_as_tag_and_Contact_user()
    {
        StartCall(_id).Tell(Invite(_id), Gateway);

        ExpectResponse(SipStatus.Ringing).To.Tag.Should().Be(_id.Value);
        var answer = ExpectResponse(SipStatus.Ok);

        answer.To.Tag.Should().Be(_id.Value);
        answer.Contact!.Uri.User.Should().Be(_id.Value);
        Encoding.UTF8.GetString(answer.Body.Span).Should().Contain("RTP/AVP 0 101");
        Conversations.ExpectMsg<ConversationCommands.Attach>().ConversationId.Should().Be(ConversationId.OfCall(_id));
    }

    [Fact]
    public void An_INVITE_that_comes_after_the_journal_has_told_that_there_is_no_past_is_answered_as_well()
    {
        var call = StartCall(_id);
        // Answered only once the journal has been read.
        RecordOf(call, _id).Should().BeNull();

        call.Tell(Invite(_id), Gateway);

        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void BYE_ends_the_call_as_the_callers_doing_and_frees_its_port()
    {
        var call = EstablishedCall(_id);
        Watch(call);

        call.Tell(InDialog(_id, SipMethod.Bye, 2), Gateway);

        ExpectResponse(SipStatus.Ok);
        ExpectTerminated(call);
        Conversations.FishForMessage<ConversationCommands.End>(_ => true);
        AwaitAssert(() => PortsInUse.Should().Be(0));
        Live.Count.Should().Be(0);
    }

    [Fact]
    public void CANCEL_while_it_rings_gets_487()
    {
        Options.RingMs = 60_000;
        var call = StartCall(_id);
        Watch(call);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);

        call.Tell(new SipGatewayEvents.CancelArrived(_id, "tx-invite", DateTimeOffset.UnixEpoch), Gateway);

        ExpectResponse(SipStatus.RequestTerminated);
        ExpectTerminated(call);
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void CANCEL_that_crosses_the_answer_changes_nothing()
    {
        var call = EstablishedCall(_id);

        call.Tell(new SipGatewayEvents.CancelArrived(_id, "tx-invite", DateTimeOffset.UnixEpoch), Gateway);

        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Theory]
    [InlineData("m=audio 46000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n", SipStatus.NotAcceptableHere)]
    [InlineData("m=video 46000 RTP/AVP 96\r\n", SipStatus.NotAcceptableHere)]
    [InlineData("m=audio nonsense\r\n", SipStatus.BadRequest)]
    public void An_offer_that_cannot_be_answered_is_refused_with_its_cause_in_Warning(string media, int status)
    {
        var sdp = $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{media}";
        var call = StartCall(_id);
        Watch(call);

        call.Tell(Invite(_id, sdp), Gateway);

        ExpectResponse(status).Headers[SipHeaderId.Warning].Should().StartWith("399 OCPlatform \"SDP");
        ExpectTerminated(call);
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void An_INVITE_without_an_offer_gets_ours_and_its_ACK_brings_the_answer()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id, sdp: null), Gateway);
        ExpectResponse(SipStatus.Ringing);
        var offer = Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span);
        offer.Should().Contain("RTP/AVP 0 8 101");

        call.Tell(InDialog(_id, SipMethod.Ack, 1, Pcmu.Replace("AVP 0", "AVP 8")), Gateway);

        AwaitAssert(() => RecordOf(call, _id)!.Codec.Should().Be("PCMA"));
    }

    [Fact]
    public void A_delayed_answer_that_fits_nothing_ends_the_call_with_BYE()
    {
        var call = StartCall(_id);
        Watch(call);
        call.Tell(Invite(_id, sdp: null), Gateway);
        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);

        call.Tell(InDialog(_id, SipMethod.Ack, 1, sdp: null), Gateway);

        ExpectRequest(SipMethod.Bye);
    }

    [Fact]
    public void Hold_and_resume_are_answered_and_the_call_goes_on()
    {
        var call = EstablishedCall(_id);

        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu + "a=sendonly\r\n"), Gateway);
        Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span).Should().Contain("a=recvonly");
        call.Tell(InDialog(_id, SipMethod.Ack, 2), Gateway);
        RecordOf(call, _id)!.OnHold.Should().BeTrue();

        call.Tell(InDialog(_id, SipMethod.Invite, 3, Pcmu), Gateway);
        Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span).Should().Contain("a=sendrecv");
        call.Tell(InDialog(_id, SipMethod.Ack, 3), Gateway);
        RecordOf(call, _id)!.OnHold.Should().BeFalse();
    }

    [Fact]
    public void A_reoffer_that_is_refused_leaves_the_session_as_it_was()
    {
        var call = EstablishedCall(_id);

        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu.Replace("AVP 0", "AVP 18")), Gateway);

        ExpectResponse(SipStatus.NotAcceptableHere);
        var record = RecordOf(call, _id)!;
        record.State.Should().Be(CallPhase.InConversation);
        record.Codec.Should().Be("PCMU");
    }

    [Fact]
    public void A_request_out_of_order_gets_500_and_a_strange_method_405_with_Allow()
    {
        var call = EstablishedCall(_id);

        call.Tell(InDialog(_id, SipMethod.Options, 5), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Options, 4), Gateway);
        ExpectResponse(SipStatus.ServerInternalError);
        call.Tell(InDialog(_id, SipMethod.Publish, 6), Gateway);
        ExpectResponse(SipStatus.MethodNotAllowed).Headers[SipHeaderId.Allow].Should().Contain("INVITE");
    }

    [Fact]
    public void HangUp_by_the_platform_sends_BYE_and_the_record_has_its_cause()
    {
        var call = EstablishedCall(_id);
        var cause = new EndCause(EndedBy.Platform, EndReason.ShuttingDown, null, "stop");

        call.Tell(new CallCommands.HangUp(_id, cause), Gateway);

        ExpectRequest(SipMethod.Bye).Headers["Reason"].Should().Contain("stop");
        RecordOf(call, _id)!.EndCause.Should().Be(cause);
    }

    [Fact]
    public void When_the_agents_last_turn_is_delivered_unheard_of_speech_the_agent_hangs_up()
    {
        var call = EstablishedCall(_id);
        var conversation = ConversationId.OfCall(_id);
        // No text, so nothing to synthesise: delivered at once.
        call.Tell(new ConversationEvents.AgentTurnStarted(conversation, 1, null, DateTimeOffset.UnixEpoch));
        call.Tell(new ConversationEvents.AgentTurnEnded(conversation, 1, "", AfterTurn.HangUp));

        ExpectRequest(SipMethod.Bye);

        RecordOf(call, _id)!.EndCause!.By.Should().Be(EndedBy.Agent);
    }

    [Fact]
    public void A_request_to_a_call_that_never_was_gets_481()
    {
        StartCall(_id).Tell(InDialog(_id, SipMethod.Bye, 2), Gateway);
        ExpectResponse(SipStatus.CallDoesNotExist);
    }

    [Fact]
    public void The_ladder_tells_every_message_of_the_call()
    {
        var call = EstablishedCall(_id);
        var ladder = RecordOf(call, _id)!.Ladder.Select(r => (r.Incoming ? "> " : "< ") + r.StartLine.Split(' ')[0]);
        ladder.Should().Equal("> INVITE", "< 180", "< 200", "> ACK");
    }
}

public class CallActorWithoutJournalTests() : CallActorTestBase(StuckJournal.Config)
{
    [Fact]
    public void A_call_is_answered_while_the_journal_answers_nothing()
    {
        var id = CallId.New();
        var call = EstablishedCall(id);
        call.Tell(InDialog(id, SipMethod.Bye, 2), Gateway);
        ExpectResponse(SipStatus.Ok);
    }
}
