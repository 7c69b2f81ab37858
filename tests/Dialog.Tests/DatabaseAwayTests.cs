using Akka.Actor;
using Akka.Hosting;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.CallActors.Tests;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Dialog.Tests;

/// <summary>The journal takes everything and answers nothing: what may go on goes on, what may not waits or is told.</summary>
public sealed class DatabaseAwayTests() : ConversationHarness(StuckJournal.Config)
{
    private readonly ScriptedModel _model = new();

    [Fact]
    public void By_voice_a_new_conversation_goes_on()
    {
        var conversation = Start(_model);
        Greet(conversation, ConversationChannel.Voice);

        conversation.Tell(Said("1", "what time is it"), TestActor);
        _model.Next().Text("It is three.").Done();

        TurnOf("1").Text.Should().Be("It is three.");
    }

    [Fact]
    public void A_tool_does_not_run_before_its_call_is_durable_and_after_a_while_the_agent_says_that_it_cannot()
    {
        Options.ToolDeadlineMs = 200;
        var tool = new GatedTool();
        tool.Open();
        var conversation = Start(_model, tool);
        Greet(conversation, ConversationChannel.Voice);

        conversation.Tell(Said("1", "book it"), TestActor);
        _model.Next().Tool(tool.Name).Done();
        var answer = _model.Next();
        answer.Text("I cannot book right now.").Done();

        var result = answer.Request.Input.ToolResults.Results.Should().ContainSingle().Subject;
        result.Failed.Should().BeTrue();
        result.ResultJson.Should().Contain("database");
        TurnOf("1").Text.Should().Be("I cannot book right now.");
        tool.Runs.Should().Be(0);
    }

    [Fact]
    public void In_a_chat_nothing_is_acknowledged_that_is_not_durable()
    {
        var conversation = Start(_model);
        conversation.Tell(Attach() with { New = true }, TestActor);
        _model.Next().Text("Hello.").Done();
        conversation.Tell(Said("1", "hi"), TestActor);
        _model.Next().Text("How can I help?").Done();

        var told = ReceiveWhile<object>(TimeSpan.FromSeconds(1), message => message);

        told.OfType<ConversationEvents.AgentTurnText>().Should().NotBeEmpty();
        told.Should().NotContain(m => m is ConversationEvents.InputAccepted || m is ConversationEvents.AgentTurnEnded);
    }

    [Fact]
    public void One_that_leaves_its_node_waits_two_seconds_and_what_comes_meanwhile_is_for_the_next()
    {
        var region = CreateTestProbe();
        ActorRegistry.For(Sys).Register<ConversationRegion>(region);
        var conversation = Start(_model);
        Greet(conversation, ConversationChannel.Voice);
        Watch(conversation);

        conversation.Tell(ConversationCommands.LeaveNode.Instance);
        conversation.Tell(Said("1", "are you there"), TestActor);

        ExpectTerminated(conversation);
        region.ExpectMsg<ConversationCommands.UserSaid>().InputId.Should().Be("1");
        region.LastSender.Should().Be(TestActor, "its listener is told where it lives now");
    }

    private void Greet(IActorRef conversation, ConversationChannel channel)
    {
        conversation.Tell(Attach(channel) with { New = true }, TestActor);
        _model.Next().Text("Hello.").Done();
        TurnOf(null).Text.Should().Be("Hello.");
    }
}

/// <summary>A conversation goes to another node in the middle of a turn.</summary>
public sealed class LeaveTests : ConversationHarness
{
    [Fact]
    public void The_turn_that_was_open_is_answered_on_the_next_node_and_its_tool_keeps_its_key()
    {
        var tool = new GatedTool();
        var model = new ScriptedModel();
        var first = Start(model, tool);
        first.Tell(Attach(ConversationChannel.Voice) with { New = true }, TestActor);
        model.Next().Text("Hello.").Done();
        TurnOf(null);
        first.Tell(Said("1", "book it"), TestActor);
        model.Next().Tool(tool.Name).Done();
        AwaitAssert(() => tool.Runs.Should().Be(1));

        Watch(first);
        first.Tell(ConversationCommands.LeaveNode.Instance);
        FishForMessage(message => message is Terminated);

        tool.Open();
        var next = Start(model, tool);
        next.Tell(Attach(ConversationChannel.Voice), TestActor);
        model.Next().Text("It is booked.").Done();
        TurnOf("1").Text.Should().Be("It is booked.");
        tool.Keys.Distinct().Should().ContainSingle("one effect, however often it runs");
    }
}
