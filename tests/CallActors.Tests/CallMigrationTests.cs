using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.TestKit;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Tests.Nodes;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>A call leaves its node in good order and goes on on another one.</summary>
public class CallMigrationTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();
    private readonly TestProbe _calls;

    public CallMigrationTests()
    {
        _calls = CreateTestProbe("calls");
        ActorRegistry.For(Sys).Register<CallRegion>(_calls);
    }

    [Fact]
    public void It_stops_without_a_word_to_its_peer_and_its_audio_goes_on_until_the_new_owners_runs()
    {
        var call = EstablishedCall(_id);

        Leave(call);

        Gateway.ExpectNoMsg(TimeSpan.Zero);
        Live.Count.Should().Be(0);
        (Ghosts.Count, PortsInUse).Should().Be((1, 1));
        var again = StartCall(_id, "-again");
        again.Tell(_calls.ExpectMsg<CallCommands.Recover>());
        var sent = ExpectSent(SipMethod.Invite);
        Respond(again, _id, Left(again, _id, sent), SipStatus.Ok, Pcmu);
        ExpectAck();
        AwaitAssert(() => (Ghosts.Count, PortsInUse).Should().Be((0, 1)));
        RecordOf(again, _id)!.Moves.Should().ContainSingle().Which.Migrated.Should().BeTrue();
        Live.Ids.Should().Equal(_id);
    }

    [Fact]
    public void Nobody_says_that_there_was_an_interruption()
    {
        Options.ResumePhrase = "Back.";
        var call = EstablishedCall(_id);
        Leave(call);
        var again = StartCall(_id, "-again");
        again.Tell(new CallCommands.Recover(_id));
        ExpectSent(SipMethod.Invite);

        again.Tell(new ConversationEvents.Attached(ConversationId.OfCall(_id), Resumed: true, Ended: false, []));

        Conversations.ReceiveWhile<object>(TimeSpan.FromSeconds(1), message => message).Should().NotBeEmpty();
        RecordOf(again, _id)!.Turns.Should().BeEmpty();
    }

    [Fact]
    public void The_journal_is_complete_when_it_stops()
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Options, 5), Gateway);
        ExpectResponse(SipStatus.Ok);
        var record = RecordOf(call, _id)!;

        Leave(call);

        var events = JournalOf(_id);
        events
            .OfType<CallEvents.LeftNode>()
            .Should()
            .ContainSingle()
            .Which.SipDialog.Should()
            .Contain("\"remoteCSeq\":5");
        var state = events.Aggregate(CallState.Empty, (state, e) => state.Apply(e));
        state.Record.Should().BeEquivalentTo(record, options => options.Excluding(r => r.Quality));
    }

    [Fact]
    public void A_change_of_the_session_that_is_under_way_is_waited_for()
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu + "a=sendonly\r\n"), Gateway);
        ExpectResponse(SipStatus.Ok);
        Watch(call);

        call.Tell(CallCommands.LeaveNode.Instance);

        ExpectNoMsg(TimeSpan.FromMilliseconds(400));
        call.Tell(InDialog(_id, SipMethod.Ack, 2), Gateway);
        ExpectTerminated(call);
        JournalOf(_id).OfType<CallEvents.LeftNode>().Single().SipDialog.Should().NotContain("\"unacknowledged\"");
    }

    [Fact]
    public void BYE_that_comes_while_it_prepares_to_leave_ends_the_call_here()
    {
        var call = EstablishedCall(_id);
        call.Tell(InDialog(_id, SipMethod.Invite, 2, Pcmu), Gateway);
        ExpectResponse(SipStatus.Ok);
        Watch(call);
        call.Tell(CallCommands.LeaveNode.Instance);

        call.Tell(InDialog(_id, SipMethod.Bye, 3), Gateway);

        ExpectResponse(SipStatus.Ok);
        ExpectTerminated(call);
        JournalOf(_id).OfType<CallEvents.Ended>().Single().Cause.By.Should().Be(EndedBy.Caller);
        _calls.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void What_the_agent_was_heard_to_say_up_to_the_cut_is_journaled()
    {
        var call = EstablishedCall(_id);
        Conversations.FishForMessage<ConversationCommands.Attach>(_ => true);
        call.Tell(new VoiceEvent.FellSilent(new(3, "Sure. I can", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch)));

        Leave(call);

        var state = JournalOf(_id).Aggregate(CallState.Empty, (state, e) => state.Apply(e));
        state.Heard!.HeardText.Should().Be("Sure. I can");
        state.Left!.Node.Should().Be("test-node");
    }

    [Fact]
    public void A_call_that_is_over_leaves_as_soon_as_its_journal_is_complete()
    {
        var call = EstablishedCall(_id);
        call.Tell(
            new CallCommands.HangUp(_id, new EndCause(EndedBy.Operator, EndReason.HungUp, null, null)),
            TestActor
        );
        var bye = ExpectSent(SipMethod.Bye);
        ExpectMsg<CallOutcome>();
        Watch(call);
        call.Tell(CallCommands.LeaveNode.Instance);

        Respond(call, _id, bye, SipStatus.Ok);

        ExpectTerminated(call);
        JournalOf(_id).Should().Contain(e => e is CallEvents.Ended);
    }

    [Fact]
    public void A_shard_that_leaves_is_given_longer_than_any_of_its_calls_takes()
    {
        var tuning = ConfigurationFactory.ParseString(File.ReadAllText(TestNode.HoconOf("sharding")));
        var cutBeforeEnd = TimeSpan.FromSeconds(5); // Akka: HandOffStopper stops entities that long before handoff-timeout.

        var given = tuning.GetTimeSpan("akka.cluster.sharding.handoff-timeout") - cutBeforeEnd;

        given.Should().BeGreaterThan(CallActor.LongestDeparture);
    }

    private void Leave(IActorRef call)
    {
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Watch(call);
        call.Tell(CallCommands.LeaveNode.Instance);
        ExpectTerminated(call);
    }
}
