using System.Text;
using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>A call whose process went away goes on in another one.</summary>
public class CallTakeUpTests : CallActorTestBase
{
    private const string Key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    private static readonly string Encrypted =
        Pcmu.Replace("RTP/AVP", "RTP/SAVP") + $"a=crypto:1 AES_CM_128_HMAC_SHA1_80 {Key}\r\n";

    private readonly CallId _id = CallId.New();

    [Fact]
    public void An_established_call_goes_on_by_a_reINVITE_with_its_new_address_and_description()
    {
        var call = EstablishedCall(_id);
        var before = Description(AnswerOf(call));
        var again = TakenUp(call);

        var sent = ExpectSent(SipMethod.Invite);

        sent.Request.From.Tag.Should().Be(_id.Value);
        sent.Request.CallId.Should().Be("call-id-1");
        sent.Request.Contact!.Uri.ToString().Should().Be($"sip:{_id}@gateway.invalid");
        var offer = Description(sent.Request.Body);
        offer.Origin.SessionId.Should().Be(before.Origin.SessionId);
        long.Parse(offer.Origin.SessionVersion).Should().BeGreaterThan(long.Parse(before.Origin.SessionVersion));
        var left = Left(again, _id, sent);
        Respond(again, _id, left, SipStatus.Ok, Pcmu);
        ExpectAck();
        AwaitAssert(() => RecordOf(again, _id)!.Moves.Should().ContainSingle().Which.Migrated.Should().BeFalse());
        Live.Ids.Should().Contain(_id);
        // From here on it is a call like any other.
        again.Tell(InDialog(_id, SipMethod.Bye, 9), Gateway);
        ExpectResponse(SipStatus.Ok);
        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id)
            .OfType<CallEvents.Ended>()
            .Single()
            .Cause.Should()
            .Be(new EndCause(EndedBy.Caller, EndReason.HungUp, null, null));
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    [Fact]
    public void The_first_that_is_written_says_who_owns_the_call_now()
    {
        var call = EstablishedCall(_id);
        var again = TakenUp(call);
        ExpectSent(SipMethod.Invite);

        AwaitAssert(() =>
            JournalOf(_id).OfType<CallEvents.TakenUp>().Should().ContainSingle().Which.Times.Should().Be(1)
        );
        var events = JournalOf(_id).ToList();
        events
            .SkipWhile(e => e is not CallEvents.TakenUp)
            .Skip(1)
            .Should()
            .NotContain(e => e is CallEvents.SessionChanged);
    }

    [Fact]
    public void A_call_of_which_the_journal_holds_nothing_is_told_of_once_and_read_anew_whenever_it_is_asked_for()
    {
        using var counted = new CounterReading("ocp_calls_without_past");
        EventFilter
            .Warning(contains: "holds nothing")
            .ExpectOne(() =>
            {
                foreach (var ask in new[] { "-1", "-2", "-3" })
                {
                    var shard = StartCall(_id, ask);
                    Watch(shard);
                    shard.Tell(new CallCommands.Recover(_id));
                    ExpectTerminated(shard);
                }
            });
        counted.Of(Metrics).Should().Be(1);
        Gateway.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void An_encrypted_call_gets_keys_of_its_own_again()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id, Encrypted) with { Media = new MediaTerms([], "Required") }, Gateway);
        ExpectResponse(SipStatus.Ringing);
        var answered = Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span);
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);
        var again = TakenUp(call);

        var sent = ExpectSent(SipMethod.Invite);

        var offer = Encoding.UTF8.GetString(sent.Request.Body.Span);
        offer.Should().Contain("RTP/SAVP").And.Contain("AES_CM_128_HMAC_SHA1_80 inline:");
        KeysIn(offer).Should().NotIntersectWith(KeysIn(answered));
        var line = offer.Split("\r\n").First(l => l.Contains("AES_CM_128_HMAC_SHA1_80"));
        var tag = line["a=crypto:".Length..].Split(' ')[0];
        Respond(
            again,
            _id,
            Left(again, _id, sent),
            SipStatus.Ok,
            Pcmu.Replace("RTP/AVP", "RTP/SAVP") + $"a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 {Key}\r\n"
        );
        ExpectAck();
        AwaitAssert(() => RecordOf(again, _id)!.Encryption.Should().Be("SDES AES_CM_128_HMAC_SHA1_80"));
    }

    [Theory]
    [InlineData("a=sendonly\r\n", "a=recvonly")]
    [InlineData("a=inactive\r\n", "a=inactive")]
    public void Whoever_is_on_hold_stays_on_hold(string theirs, string ours)
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu + theirs), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 2), Gateway);
        AwaitJournaled<CallEvents.SessionChanged>(_id);
        var again = TakenUp(call);

        var sent = ExpectSent(SipMethod.Invite);

        Encoding.UTF8.GetString(sent.Request.Body.Span).Should().Contain(ours);
        Respond(again, _id, Left(again, _id, sent), SipStatus.Ok, Pcmu + theirs);
        ExpectAck();
        RecordOf(again, _id)!.OnHold.Should().BeTrue();
    }

    [Fact]
    public void A_call_that_we_placed_goes_on_too()
    {
        var (call, invite) = PlacedCall(_id);
        var again = TakenUp(call);

        var sent = ExpectSent(SipMethod.Invite);

        sent.Request.CallId.Should().Be(invite.CallId);
        sent.Request.CSeq.Number.Should().BeGreaterThan(invite.CSeq.Number);
        sent.Request.From.Uri.ToString().Should().Be("sip:+49301@carrier.example");
        Respond(again, _id, Left(again, _id, sent), SipStatus.Ok, Pcmu);
        ExpectAck();
        RecordOf(again, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void BYE_that_comes_while_the_journal_is_read_ends_it_as_the_callers_doing()
    {
        var call = EstablishedCall(_id);
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Crash(call);
        var again = StartCall(_id, "-again");
        Watch(again);

        again.Tell(InDialog(_id, SipMethod.Bye, 2), Gateway);

        ExpectSent(SipMethod.Invite);
        ExpectResponse(SipStatus.Ok);
        Gateway.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        AwaitJournaled<CallEvents.Ended>(_id);
        JournalOf(_id)
            .OfType<CallEvents.Ended>()
            .Single()
            .Cause.Should()
            .Be(new EndCause(EndedBy.Caller, EndReason.HungUp, null, null));
    }

    [Fact]
    public void A_peer_that_knows_nothing_of_the_call_any_more_ends_it_as_lost()
    {
        var call = EstablishedCall(_id);
        var again = TakenUp(call);

        Respond(again, _id, ExpectSent(SipMethod.Invite), SipStatus.CallDoesNotExist);

        AwaitAssert(() => RecordOf(again, _id)!.EndCause.Should().NotBeNull());
        var cause = RecordOf(again, _id)!.EndCause!;
        (cause.Reason, cause.SipStatus).Should().Be((EndReason.NodeLost, SipStatus.CallDoesNotExist));
    }

    [Fact]
    public void A_peer_that_refuses_the_offer_gets_one_of_the_codec_in_use_alone_and_then_BYE()
    {
        var call = EstablishedCall(_id);
        var again = TakenUp(call);
        Respond(again, _id, ExpectSent(SipMethod.Invite), SipStatus.NotAcceptableHere);
        var second = ExpectSent(SipMethod.Invite);
        Encoding.UTF8.GetString(second.Request.Body.Span).Should().Contain("RTP/AVP 0 101\r\n");

        Respond(again, _id, second, SipStatus.NotAcceptableHere);

        ExpectRequest(SipMethod.Bye);
        var cause = RecordOf(again, _id)!.EndCause!;
        (cause.Reason, cause.SipStatus).Should().Be((EndReason.NodeLost, SipStatus.NotAcceptableHere));
    }

    [Fact]
    public void A_reINVITE_that_could_not_be_sent_is_sent_again()
    {
        var call = EstablishedCall(_id);
        var again = TakenUp(call);
        var first = ExpectSent(SipMethod.Invite);

        again.Tell(
            new SipGatewayEvents.RequestFailed(_id, first.Key, "not bound yet", DateTimeOffset.UnixEpoch),
            Gateway
        );

        var second = ExpectSent(SipMethod.Invite);
        Respond(again, _id, Left(again, _id, second), SipStatus.Ok, Pcmu);
        ExpectAck();
    }

    [Fact]
    public void Whoever_is_shut_out_of_the_journal_stops_without_a_word()
    {
        var call = EstablishedCall(_id);
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Watch(call);
        Conversations.FishForMessage(m => m is ConversationCommands.Attach);

        call.Tell(new JournalMessages.Fenced());

        ExpectTerminated(call);
        Gateway.ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        Conversations.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        JournalOf(_id).Should().NotContain(e => e is CallEvents.Ended);
        AwaitAssert(() => PortsInUse.Should().Be(0));
        Live.Count.Should().Be(0);
    }

    [Fact]
    public void A_referral_that_was_under_way_is_reported_as_failed()
    {
        var call = EstablishedCall(_id);
        call.Tell(
            InDialog(_id, SipMethod.Refer, 2, headers: (SipHeaderId.ReferTo, $"<sip:colleague@{Peer}>")),
            Gateway
        );
        ExpectResponse(SipStatus.Accepted);
        Respond(call, _id, ExpectSent(SipMethod.Notify), SipStatus.Ok);
        ExpectInvite();
        AwaitJournaled<CallEvents.SessionChanged>(_id);
        var again = TakenUp(call);

        var notify = ExpectSent(SipMethod.Notify);

        Encoding.UTF8.GetString(notify.Request.Body.Span).Should().StartWith("SIP/2.0 503");
        notify.Request.Headers[SipHeaderId.SubscriptionState].Should().StartWith("terminated");
        ExpectSent(SipMethod.Invite);
        RecordOf(again, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    /// <summary>The call crashes and is woken.</summary>
    private IActorRef TakenUp(IActorRef call)
    {
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Crash(call);
        var again = StartCall(_id, "-again");
        again.Tell(new CallCommands.Recover(_id));
        return again;
    }

    private static SessionDescription Description(ReadOnlyMemory<byte> body)
    {
        SessionDescription.TryParse(body.Span, out var description, out _).Should().BeTrue();
        return description!;
    }

    private ReadOnlyMemory<byte> AnswerOf(IActorRef call)
    {
        // A re-INVITE that changes nothing tells the description in force.
        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu), Gateway);
        var answer = ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 2), Gateway);
        AwaitJournaled<CallEvents.SessionChanged>(_id);
        return answer.Body;
    }

    private static IEnumerable<string> KeysIn(string sdp) =>
        sdp.Split("\r\n")
            .Where(l => l.StartsWith("a=crypto", StringComparison.Ordinal))
            .Select(l => l.Split("inline:")[1]);
}
