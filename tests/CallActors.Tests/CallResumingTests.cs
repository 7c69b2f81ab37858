using Akka.Actor;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>The talk of a call that was taken up goes on where it stood.</summary>
public class CallResumingTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    public CallResumingTests() => Options.ResumePhrase = "";

    private ConversationId Conversation => ConversationId.OfCall(_id);

    [Fact]
    public void A_turn_that_was_cut_by_the_crash_goes_on_after_the_last_word_heard()
    {
        var call = EstablishedCall(_id);
        call.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 3, "u1", DateTimeOffset.UnixEpoch));
        call.Tell(new VoiceEvent.AgentHeard(3, "Sure.", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
        AwaitJournaled<CallEvents.AgentHeard>(_id);
        var again = TakenUp(call);

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));
        again.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 3, "u1", DateTimeOffset.UnixEpoch));
        again.Tell(new ConversationEvents.AgentTurnText(Conversation, 3, 0, "Sure. "));
        again.Tell(new ConversationEvents.AgentTurnText(Conversation, 3, 1, "Bye."));
        again.Tell(new ConversationEvents.AgentTurnEnded(Conversation, 3, "Sure. Bye.", AfterTurn.Listen));

        var played = Conversations.FishForMessage<ConversationCommands.AgentTurnPlayed>(_ => true);
        (played.Turn, played.HeardText, played.Interrupted).Should().Be((3, "Sure. Bye.", false));
        played.StartedAt.Should().Be(DateTimeOffset.UnixEpoch);
        RecordOf(again, _id)!.Turns.Should().ContainSingle().Which.Text.Should().Be("Sure. Bye.");
    }

    [Fact]
    public void A_turn_that_was_heard_to_its_end_is_told_once_more_and_not_spoken_again()
    {
        var call = EstablishedCall(_id);
        call.Tell(Delivered(3, "Anything else?"));
        AwaitJournaled<CallEvents.TurnSpoken>(_id);
        var again = TakenUp(call);
        ToldWithin(100)
            .Should()
            .ContainSingle("the first process had told it")
            .Which.Should()
            .BeOfType<ConversationCommands.AgentTurnPlayed>();

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));
        again.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 3, null, DateTimeOffset.UnixEpoch));
        again.Tell(new ConversationEvents.AgentTurnText(Conversation, 3, 0, "Anything else?"));
        again.Tell(new ConversationEvents.AgentTurnEnded(Conversation, 3, "Anything else?", AfterTurn.Listen));

        var played = Conversations.FishForMessage<ConversationCommands.AgentTurnPlayed>(_ => true);
        (played.Turn, played.HeardText).Should().Be((3, "Anything else?"));
        ToldWithin(600).Should().BeEmpty();
        RecordOf(again, _id)!.Turns.Should().ContainSingle();
    }

    [Fact]
    public void A_goodbye_that_was_heard_ends_the_call()
    {
        var call = EstablishedCall(_id);
        call.Tell(Delivered(3, "Goodbye."));
        AwaitJournaled<CallEvents.TurnSpoken>(_id);
        var again = TakenUp(call);

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));
        again.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 3, null, DateTimeOffset.UnixEpoch));
        again.Tell(new ConversationEvents.AgentTurnEnded(Conversation, 3, "Goodbye.", AfterTurn.HangUp));

        ExpectRequest(SipMethod.Bye);
        RecordOf(again, _id)!.EndCause!.Reason.Should().Be(EndReason.Completed);
    }

    [Fact]
    public void What_the_caller_said_last_is_told_the_conversation_again_under_its_old_id()
    {
        var call = EstablishedCall(_id);
        var said = new VoiceEvent.UserSaid(
            "u77",
            "On Monday",
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch,
            false
        );
        call.Tell(said);
        AwaitJournaled<CallEvents.TurnSpoken>(_id);
        Conversations.FishForMessage<ConversationCommands.UserSaid>(_ => true);
        var again = TakenUp(call);

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));

        var told = Conversations.FishForMessage<ConversationCommands.UserSaid>(_ => true);
        (told.InputId, told.Text).Should().Be(("u77", "On Monday"));
        RecordOf(again, _id)!.Turns.Should().ContainSingle();
    }

    [Fact]
    public void An_agent_that_owes_nothing_says_after_a_crash_that_it_is_back()
    {
        Options.ResumePhrase = "Back.";
        var call = EstablishedCall(_id);
        var again = TakenUp(call);

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));

        AwaitAssert(
            () => RecordOf(again, _id)!.Turns.Should().ContainSingle().Which.Text.Should().Be("Back."),
            TimeSpan.FromSeconds(6)
        );
        ToldWithin(100).Should().BeEmpty();
    }

    [Fact]
    public void A_turn_that_the_conversation_has_gone_past_is_told_as_cut_where_it_was_heard_last()
    {
        var call = EstablishedCall(_id);
        call.Tell(new VoiceEvent.AgentHeard(3, "Sure.", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
        AwaitJournaled<CallEvents.AgentHeard>(_id);
        var again = TakenUp(call);

        again.Tell(new ConversationEvents.Attached(Conversation, Resumed: true, Ended: false, []));
        again.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 5, "u2", DateTimeOffset.UnixEpoch));

        var played = Conversations.FishForMessage<ConversationCommands.AgentTurnPlayed>(_ => true);
        (played.Turn, played.HeardText, played.Interrupted).Should().Be((3, "Sure.", true));
    }

    /// <summary>What else the conversation is told, apart from being asked for.</summary>
    private IEnumerable<object> ToldWithin(int ms) =>
        Conversations
            .ReceiveWhile<object>(TimeSpan.FromMilliseconds(ms), message => message)
            .Where(message => message is not ConversationCommands.Attach);

    private static VoiceEvent.AgentTurnDelivered Delivered(int turn, string text) =>
        new(turn, text, Interrupted: false, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, LatencyMs: null);

    /// <summary>The call crashes, is woken, and its peer answers the re-INVITE.</summary>
    private IActorRef TakenUp(IActorRef call)
    {
        AwaitJournaled<CallEvents.Confirmed>(_id);
        Crash(call);
        var again = StartCall(_id, "-again");
        again.Tell(new CallCommands.Recover(_id));
        Respond(again, _id, Left(again, _id, ExpectSent(SipMethod.Invite)), SipStatus.Ok, Pcmu);
        ExpectAck();
        return again;
    }
}
