using System.Text;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

public class CallVerbTests : CallActorTestBase
{
    private const string PcmuWithoutEvents =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 46000 RTP/AVP 0\r\n";

    private readonly CallId _id = CallId.New();

    [Fact]
    public void Hold_says_sendonly_and_resume_says_sendrecv()
    {
        var call = EstablishedCall(_id);

        call.Tell(new CallCommands.Hold(_id), TestActor);
        var hold = ExpectSent(SipMethod.Invite);
        Sdp(hold.Request).Should().Contain("a=sendonly");
        Respond(call, _id, hold, SipStatus.Ok, Pcmu + "a=recvonly\r\n");
        ExpectAck();
        ExpectDone(CallVerb.Hold);
        RecordOf(call, _id)!.OnHold.Should().BeTrue();

        call.Tell(new CallCommands.Resume(_id), TestActor);
        var resume = ExpectSent(SipMethod.Invite);
        Sdp(resume.Request).Should().Contain("a=sendrecv");
        Respond(call, _id, resume, SipStatus.Ok, Pcmu);
        ExpectAck();
        ExpectDone(CallVerb.Resume);
        RecordOf(call, _id)!.OnHold.Should().BeFalse();
    }

    [Fact]
    public void A_hold_that_the_peer_refuses_leaves_the_call_as_it_was()
    {
        var call = EstablishedCall(_id);

        call.Tell(new CallCommands.Hold(_id), TestActor);
        Respond(call, _id, ExpectSent(SipMethod.Invite), SipStatus.NotAcceptableHere);

        var outcome = ExpectMsg<CallOutcome>();
        (outcome.Result, outcome.SipStatus).Should().Be((CallVerbResult.Refused, SipStatus.NotAcceptableHere));
        var record = RecordOf(call, _id)!;
        record.State.Should().Be(CallPhase.InConversation);
        record.OnHold.Should().BeFalse();
    }

    [Fact]
    public void Refresh_tells_whether_the_peer_is_still_there()
    {
        var (call, _) = PlacedCall(_id);

        call.Tell(new CallCommands.Refresh(_id), TestActor);
        Respond(call, _id, ExpectSent(SipMethod.Update), SipStatus.Ok);

        ExpectDone(CallVerb.Refresh);
    }

    [Fact]
    public void A_peer_that_says_nothing_to_a_refresh_is_gone_and_the_call_ends()
    {
        var (call, _) = PlacedCall(_id);

        call.Tell(new CallCommands.Refresh(_id), TestActor);
        var update = ExpectSent(SipMethod.Update);
        call.Tell(
            new SipGatewayEvents.RequestFailed(
                _id,
                update.Key,
                "no response in time",
                DateTimeOffset.UnixEpoch,
                SendFailure.Timeout
            ),
            Gateway
        );

        ExpectMsg<CallOutcome>().Result.Should().NotBe(CallVerbResult.Done);
        AwaitAssert(() => RecordOf(call, _id)!.EndCause!.By.Should().Be(EndedBy.Network));
    }

    [Fact]
    public void A_ringing_call_is_answered_on_command()
    {
        Options.AutoAnswer = false;
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);

        call.Tell(new CallCommands.Answer(_id), TestActor);

        ExpectResponse(SipStatus.Ok);
        ExpectDone(CallVerb.Answer);
    }

    [Fact]
    public void Early_media_carries_the_answer_in_a_183()
    {
        Options.AutoAnswer = false;
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);

        call.Tell(new CallCommands.Ring(_id, EarlyMedia: true), TestActor);

        Sdp(ExpectResponse(SipStatus.SessionProgress)).Should().Contain("RTP/AVP 0");
        ExpectDone(CallVerb.Ring);
        RecordOf(call, _id)!.State.Should().Be(CallPhase.Ringing);
    }

    [Fact]
    public void A_ringing_call_is_redirected_with_Contact_and_its_cause()
    {
        Options.AutoAnswer = false;
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);

        call.Tell(
            new CallCommands.Reject(_id, SipStatus.MovedTemporarily, "closed today", "sip:tomorrow@example.com"),
            TestActor
        );

        var response = ExpectResponse(SipStatus.MovedTemporarily);
        response.Contact!.Uri.ToString().Should().Be("sip:tomorrow@example.com");
        response.Headers[SipHeaderId.Warning].Should().Contain("closed today");
        ExpectDone(CallVerb.Reject);
        RecordAfterEnd(call, _id).EndCause!.By.Should().Be(EndedBy.Operator);
    }

    [Fact]
    public void Digits_go_by_INFO_one_after_the_other_to_a_peer_without_telephone_event()
    {
        var (call, _) = PlacedCall(_id, PcmuWithoutEvents);

        call.Tell(new CallCommands.SendDigits(_id, "1#"), TestActor);

        foreach (var digit in "1#")
        {
            var info = ExpectSent(SipMethod.Info);
            Encoding.UTF8.GetString(info.Request.Body.Span).Should().Contain($"Signal={digit}");
            Respond(call, _id, info, SipStatus.Ok);
        }
        ExpectDone(CallVerb.SendDigits);
    }

    [Fact]
    public void A_digit_that_came_by_INFO_reaches_conversation_and_record()
    {
        var call = EstablishedCall(_id);
        var info = InDialog(_id, SipMethod.Info, 2);
        var request = (SipRequest)SipParser.Parse(info.Message);
        request.SetBody("Signal=5\r\nDuration=200\r\n"u8.ToArray(), "application/dtmf-relay");

        call.Tell(info with { Message = request.ToBytes() }, Gateway);

        ExpectResponse(SipStatus.Ok);
        AwaitAssert(() => RecordOf(call, _id)!.Digits.Should().Be("5"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12x")]
    public void What_is_no_digit_is_told_so(string digits)
    {
        var call = EstablishedCall(_id);
        call.Tell(new CallCommands.SendDigits(_id, digits), TestActor);
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.NotPossible);
    }

    [Fact]
    public void Every_verb_on_a_call_that_never_was_is_answered()
    {
        var call = StartCall(_id);
        ICallMessage[] commands =
        [
            new CallCommands.Answer(_id),
            new CallCommands.Hold(_id),
            new CallCommands.Transfer(_id, "sip:x@example.com"),
            new CallCommands.Refresh(_id),
            new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)),
        ];
        foreach (var command in commands)
        {
            call.Tell(command, TestActor);
            var outcome = ExpectMsg<CallOutcome>();
            (outcome.Result, outcome.Detail).Should().Be((CallVerbResult.NotPossible, "there is no such call"));
        }
    }

    private void ExpectDone(CallVerb verb)
    {
        var outcome = ExpectMsg<CallOutcome>();
        (outcome.Verb, outcome.Result, outcome.Detail).Should().Be((verb, CallVerbResult.Done, null));
    }

    private static string Sdp(SipMessage message) => Encoding.UTF8.GetString(message.Body.Span);
}
