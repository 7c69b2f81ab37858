using Akka.Actor;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Dialog.Tests;

/// <summary>How turns are opened, superseded, resumed; with a model that the test plays.</summary>
public sealed class TurnTests : ConversationHarness
{
    private readonly ScriptedModel _model = new();
    private readonly GatedTool _tool = new();

    [Fact]
    public void Text_goes_out_clause_by_clause_while_the_model_still_speaks()
    {
        var conversation = Greeted();
        conversation.Tell(Said("1", "hi"), TestActor);
        var call = _model.Next();
        call.Text("Sure, ").Text("that's fi").Text("ne. And");

        ExpectPiece(0, "Sure, ");
        ExpectPiece(1, "that's fine. ");
        call.Text(" more").Done();
        ExpectPiece(2, "And more");
        FishForMessage<ConversationEvents.AgentTurnEnded>(_ => true).Text.Should().Be("Sure, that's fine. And more");
    }

    [Fact]
    public void A_new_input_supersedes_the_open_turn_and_both_are_answered_as_one()
    {
        var conversation = Greeted();
        conversation.Tell(Said("1", "i want"), TestActor);
        var first = _model.Next();
        first.Text("What do you. ");
        conversation.Tell(Said("2", "an appointment"), TestActor);

        var second = _model.Next();
        second.Request.Input.UserText.Should().Be("i want an appointment");
        AwaitAssert(() => first.Cancellation.IsCancellationRequested.Should().BeTrue());
        first.Text("ignored");
        second.Text("Sure.").Done();
        TurnOf("2").Text.Should().Be("Sure.");
    }

    [Fact]
    public void A_tool_that_runs_while_the_person_goes_on_is_not_run_again_and_its_result_is_told()
    {
        var conversation = Greeted();
        conversation.Tell(Said("1", "yes"), TestActor);
        _model.Next().Slot("x", "1").Text("One moment. ").Tool("test.tool").Done();
        AwaitAssert(() => _tool.Runs.Should().Be(1));
        var sender = CreateTestProbe();
        conversation.Tell(Said("2", "hello"), sender);
        sender.ExpectMsg<ConversationEvents.InputAccepted>().InputId.Should().Be("2");
        _tool.Open();

        var results = _model.Next();
        results.Request.Input.ToolResults.Results.Should().ContainSingle().Which.ResultJson.Should().Contain("done");
        results.Request.State.Slots["x"].Should().Be("1");
        results.Text("It is done.").Done();
        var hello = _model.Next();
        hello.Request.Input.UserText.Should().Be("hello");
        hello.Text("Hello.").Done();
        TurnOf("2").Text.Should().Be("It is done. Hello.");
        _tool.Runs.Should().Be(1);
    }

    [Fact]
    public void By_voice_the_history_keeps_what_was_heard()
    {
        var conversation = Greeted(ConversationChannel.Voice);
        conversation.Tell(Said("1", "hi"), TestActor);
        _model.Next().Text("One two three. Four five six.").Done();
        var turn = TurnOf("1").Turn;
        conversation.Tell(new ConversationCommands.AgentTurnPlayed(Id, turn, "One two", true, At, At), TestActor);
        conversation.Tell(Said("2", "what"), TestActor);

        var item = _model.Next().Request.History[^1];
        (item.Text, item.IntendedText, item.Interrupted)
            .Should()
            .Be(("One two", "One two three. Four five six.", true));
    }

    [Fact]
    public void A_turn_heard_before_it_was_complete_stands_once_in_the_history()
    {
        var conversation = Greeted(ConversationChannel.Voice);
        conversation.Tell(Said("1", "hi"), TestActor);
        var call = _model.Next();
        call.Text("One two three. Four");
        var started = FishForMessage<ConversationEvents.AgentTurnStarted>(m => m.InReplyTo == "1");
        conversation.Tell(new ConversationCommands.AgentTurnPlayed(Id, started.Turn, "One", true, At, At), TestActor);
        call.Text(" five.").Done();
        FishForMessage<ConversationEvents.AgentTurnEnded>(m => m.Turn == started.Turn);
        conversation.Tell(Said("2", "what"), TestActor);

        var agents = _model.Next().Request.History.Where(item => item.Role == Role.Agent).ToList();
        agents.Should().HaveCount(2);
        (agents[1].Text, agents[1].IntendedText).Should().Be(("One", "One two three. Four five."));
    }

    [Fact]
    public void A_later_listener_replaces_the_first_and_hears_the_turn_from_its_start()
    {
        var conversation = Greeted();
        // Whom the input is acknowledged to hears of it when the journal has it, which may be after all of this.
        conversation.Tell(Said("1", "hi"), CreateTestProbe());
        var call = _model.Next();
        call.Text("First. Second");
        ExpectPiece(0, "First. ");
        var other = CreateTestProbe();
        conversation.Tell(Attach(), other);

        var attached = other.ExpectMsg<ConversationEvents.Attached>();
        attached.Resumed.Should().BeTrue();
        attached.History.Select(turn => turn.Text).Should().Equal("Hello.", "hi");
        other.ExpectMsg<ConversationEvents.AgentTurnStarted>();
        other.ExpectMsg<ConversationEvents.AgentTurnText>().Text.Should().Be("First. ");
        call.Text(".").Done();
        other.ExpectMsg<ConversationEvents.AgentTurnText>().Text.Should().Be("Second.");
        other.ExpectMsg<ConversationEvents.AgentTurnEnded>().Text.Should().Be("First. Second.");
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_model_that_fails_again_and_again_is_no_dead_air()
    {
        var conversation = Start(_model);
        conversation.Tell(Attach(), TestActor);
        _model.Next().Fail();
        TurnOf(null).Text.Should().Contain("Harbor Street Dental");
        conversation.Tell(Said("1", "i want an appointment"), TestActor);
        _model.Next().Fail();
        TurnOf("1").Text.Should().Contain("trouble");
        conversation.Tell(Said("2", "an appointment"), TestActor);
        _model.Next().Fail();
        TurnOf("2").Text.Should().Contain("call you back").And.Contain("number");
        conversation.Tell(Said("3", "john smith five five five one two three four"), TestActor);
        _model.Next().Fail();
        _model.Next().Fail();
        TurnOf("3").Next.Should().Be(AfterTurn.HangUp);
        (await Messages.ListAsync("frontdesk", default)).Single().Text.Should().Contain("john smith");
    }

    [Fact]
    public void A_model_that_comes_back_is_used_again()
    {
        var conversation = Greeted();
        foreach (var id in (string[])["1", "2"])
        {
            conversation.Tell(Said(id, "hi"), TestActor);
            _model.Next().Fail();
            TurnOf(id);
        }
        conversation.Tell(Said("3", "hi"), TestActor);
        _model.Next().Text("Here I am.").Done();
        TurnOf("3").Text.Should().Be("Here I am.");
        conversation.Tell(Said("4", "hi"), TestActor);
        _model.Next().Fail();
        TurnOf("4").Text.Should().Contain("trouble", "the count starts anew");
    }

    [Fact]
    public void A_goodbye_ends_a_chat_and_a_late_attach_learns_of_it()
    {
        var conversation = Greeted();
        conversation.Tell(Said("1", "bye"), TestActor);
        _model.Next().Text("Bye.").HangUp().Done();
        TurnOf("1").Next.Should().Be(AfterTurn.HangUp);
        ExpectMsg<ConversationEvents.Ended>();

        var again = Start(_model);
        again.Tell(Attach(), TestActor);
        ExpectMsg<ConversationEvents.Attached>().Ended.Should().BeTrue();
    }

    [Fact]
    public void An_unknown_agent_is_refused()
    {
        Start(_model).Tell(Attach() with { Agent = "nobody" }, TestActor);
        ExpectMsg<ConversationEvents.Ended>().Cause.Should().Contain("nobody");
    }

    private IActorRef Greeted(ConversationChannel channel = ConversationChannel.Chat)
    {
        var conversation = Start(_model, _tool, new Tools.TakeMessage(Messages));
        conversation.Tell(Attach(channel), TestActor);
        _model.Next().Text("Hello.").Done();
        TurnOf(null);
        return conversation;
    }

    private void ExpectPiece(int index, string text)
    {
        var piece = (ConversationEvents.AgentTurnText)FishForMessage(m => m is ConversationEvents.AgentTurnText);
        (piece.Index, piece.Text).Should().Be((index, text));
    }
}
