using System.Text.Json;
using Akka.Actor;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>
/// What the journal tells of a call is what the call was: its events, written and read as the journal does it, give the same
/// state wherever the process went away.
/// </summary>
public class CallReplayTests : CallActorTestBase
{
    private static readonly DateTimeOffset T = DateTimeOffset.UnixEpoch;

    private readonly CallId _id = CallId.New();

    public static TheoryData<string> Scenarios => ["inbound with turns and hold", "outbound", "transfer", "taken up"];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_state_replayed_from_any_cut_equals_the_live_one(string scenario)
    {
        Play(scenario);
        var events = JournalOf(_id);
        events.Count.Should().BeGreaterThan(4);

        var live = CallState.Empty;
        for (var cut = 1; cut <= events.Count; cut++)
        {
            live = live.Apply(events[cut - 1]);
            var replayed = events.Take(cut).Select(Reread).Aggregate(CallState.Empty, (state, e) => state.Apply(e));
            Json(replayed).Should().Be(Json(live), $"events up to {events[cut - 1].GetType().Name}");
            // A state is a value: going on from the replayed one gives what going on from the live one gives.
            var rest = events.Skip(cut).Aggregate(replayed, (state, e) => state.Apply(e));
            Json(rest).Should().Be(Json(events.Skip(cut).Aggregate(live, (state, e) => state.Apply(e))));
        }
    }

    [Fact]
    public void The_record_that_the_journal_tells_is_the_one_that_the_live_call_told()
    {
        var call = Play("inbound with turns and hold");
        var told = RecordOf(call, _id)!;

        // What passed on the wire last is written with the next event that decides something.
        var ladder = told.Ladder.Count;
        call.Tell(new VoiceEvent.DigitPressed('9', 100, T));
        AwaitAssert(() => JournalOf(_id).OfType<CallEvents.DigitPressed>().Should().HaveCount(2));
        var record = JournalOf(_id).Aggregate(CallState.Empty, (state, e) => state.Apply(e)).Record!;

        record.Ladder.Should().HaveCount(ladder);
        Json(record with { Digits = told.Digits, Quality = null }).Should().Be(Json(told with { Quality = null }));
    }

    private IActorRef Play(string scenario) =>
        scenario switch
        {
            "inbound with turns and hold" => Inbound(),
            "outbound" => Outbound(),
            "transfer" => Transferred(),
            _ => TakenUpTwice(),
        };

    private IActorRef Inbound()
    {
        var call = EstablishedCall(_id);
        call.Tell(new VoiceEvent.AgentHeard(1, "Hello.", T, T.AddSeconds(1)));
        call.Tell(new VoiceEvent.AgentTurnDelivered(1, "Hello. Who is there?", false, T, T.AddSeconds(2), null));
        call.Tell(new VoiceEvent.UserSaid("u5", "Alice.", T.AddSeconds(3), T.AddSeconds(4), false));
        call.Tell(new VoiceEvent.DigitPressed('5', 120, T.AddSeconds(5)));
        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu + "a=sendonly\r\n"), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 2), Gateway);
        call.Tell(InDialog(_id, SipMethod.Invite, 3, Pcmu), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 3), Gateway);
        call.Tell(new VoiceEvent.AgentTurnDelivered(3, "Good.", true, T.AddSeconds(6), T.AddSeconds(7), 200));
        AwaitAssert(() => JournalOf(_id).OfType<CallEvents.TurnSpoken>().Should().HaveCount(3));
        return call;
    }

    private IActorRef Outbound()
    {
        var (call, _) = PlacedCall(_id);
        call.Tell(new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)));
        ExpectRequest(SipMethod.Bye);
        AwaitJournaled<CallEvents.Ended>(_id);
        return call;
    }

    private IActorRef Transferred()
    {
        var call = EstablishedCall(_id);
        var replaces = (SipHeaderId.Replaces, $"call-id-1;to-tag={_id};from-tag=from-1");
        call.Tell(InviteFrom(_id, "bob", replaces), Gateway);
        ExpectResponse(SipStatus.Ok);
        var ack = SipRequest.Create(
            SipMethod.Ack,
            SipUri.Parse("sip:frontdesk@127.0.0.1"),
            new NameAddress(SipUri.Parse("sip:bob@127.0.0.1"), tag: "from-bob"),
            new NameAddress(SipUri.Parse("sip:frontdesk@127.0.0.1"), tag: _id.Value),
            "call-of-bob"
        );
        ack.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {Peer};branch=z9hG4bKack");
        call.Tell(
            new OCPlatform.Contracts.Sip.SipGatewayEvents.RequestArrived(_id, null, ack.ToBytes(), Path, T),
            Gateway
        );
        ExpectRequest(SipMethod.Bye);
        AwaitJournaled<CallEvents.PeerReplaced>(_id);
        return call;
    }

    private IActorRef TakenUpTwice()
    {
        var call = EstablishedCall(_id);
        AwaitJournaled<CallEvents.Confirmed>(_id);
        for (var i = 0; i < 2; i++)
        {
            Crash(call);
            call = StartCall(_id, $"-again-{i}");
            call.Tell(new CallCommands.Recover(_id));
            Respond(call, _id, Left(call, _id, ExpectSent(SipMethod.Invite)), SipStatus.Ok, Pcmu);
            ExpectAck();
        }
        Watch(call);
        call.Tell(CallCommands.LeaveNode.Instance);
        ExpectTerminated(call);
        return call;
    }

    private ICallEvent Reread(ICallEvent @event)
    {
        var serializer = new WireSerializer((ExtendedActorSystem)Sys);
        return (ICallEvent)serializer.FromBinary(serializer.ToBinary(@event), serializer.Manifest(@event));
    }

    private static string Json(object value) => JsonSerializer.Serialize(value, WireSerializer.Json);
}
