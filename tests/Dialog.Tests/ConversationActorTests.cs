using Akka.Actor;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Dialog.Tests;

public sealed class ConversationActorTests : ConversationHarness
{
    private static readonly IDialogModel Model = new EmbeddedDialogModel(
        TestAgent.Catalogue,
        TestAgent.Embedder,
        TimeProvider.System
    );

    [Fact]
    public async Task A_whole_booking_ends_with_one_row()
    {
        var conversation = Start(Model);
        conversation.Tell(Attach(), TestActor);
        ExpectMsg<ConversationEvents.Attached>().Resumed.Should().BeFalse();
        TurnOf(null).Text.Should().Contain("How can I help you");

        Ask(conversation, "1", "I would like to book an appointment for Tuesday at 3 p.m.")
            .Text.Should()
            .Contain("name");
        Ask(conversation, "2", "my name is john smith").Text.Should().Contain("John Smith");
        Ask(conversation, "3", "yes").Text.Should().Contain("booked");
        var bye = Ask(conversation, "4", "no thank you goodbye");

        bye.Next.Should().Be(AfterTurn.HangUp);
        ExpectMsg<ConversationEvents.Ended>();
        var row = (await Appointments.ListAsync("frontdesk", default)).Should().ContainSingle().Subject;
        (row.Day, row.Time, row.Name, row.ConversationId).Should().Be(("2026-12-01", "15:00", "John Smith", Id.Value));
    }

    [Fact]
    public void The_same_input_again_is_acknowledged_again_and_answered_once()
    {
        var conversation = Start(Model);
        conversation.Tell(Attach(), TestActor);
        TurnOf(null);
        Ask(conversation, "1", "what are your opening hours");

        conversation.Tell(Said("1", "what are your opening hours"), TestActor);

        ExpectMsg<ConversationEvents.InputAccepted>().InputId.Should().Be("1");
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }
}
