using System.Text.Json;
using Akka.Actor;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Dialog.Conversations;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Tests;

/// <summary>The process goes away after every single event of a booking; nothing is lost, nothing is booked twice.</summary>
public sealed class RecoveryTests : ConversationHarness
{
    private static readonly EmbeddedDialogModel Model = new(
        TestAgent.Catalogue,
        TestAgent.Embedder,
        TimeProvider.System
    );

    private static readonly (string Id, string Text)[] Script =
    [
        ("1", "I would like to book an appointment for Tuesday at 3 p.m."),
        ("2", "john smith"),
        ("3", "no make it four"),
        ("4", "yes please"),
        ("5", "no thank you goodbye"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_event_boundary_costs_nothing(bool toolRanBeforeTheCrash)
    {
        var conversation = Start(Model);
        conversation.Tell(Attach(), TestActor);
        TurnOf(null);
        foreach (var (id, text) in Script)
        {
            Ask(conversation, id, text);
        }
        ExpectMsg<ConversationEvents.Ended>();
        Stop(conversation);
        var whole = Read(Id).Cast<IConversationEvent>().ToList();
        whole.Count(e => e is ConversationJournal.StepTaken).Should().Be(3, "two checks and one booking");
        (await Appointments.ListAsync("frontdesk", default)).Should().ContainSingle();

        for (var crash = 1; crash <= whole.Count; crash++)
        {
            await Clear();
            Id = ConversationId.NewChat();
            var past = Rename(whole.Take(crash), whole[0].ConversationId, Id);
            await Book(past, alsoUnanswered: toolRanBeforeTheCrash);
            Write(Id, past);
            await GoOn(past, crash);
        }
    }

    [Fact]
    public void What_is_secret_is_told_to_the_agent_and_to_no_journal()
    {
        var model = new ScriptedModel();
        var conversation = Start(model);
        conversation.Tell(Attach(), TestActor);
        model.Next().Text("Hello.").Done();
        TurnOf(null);

        conversation.Tell(new ConversationCommands.UserPressed(Id, "1", "4", At, Secret: true), TestActor);

        model.Next().Request.Input.Digits.Should().Be("4");
        AwaitAssert(() => Read(Id).OfType<ConversationJournal.InputTaken>().Single().Text.Should().Be("[withheld]"));
    }

    private async Task GoOn(List<IConversationEvent> past, int crash)
    {
        var conversation = Start(Model);
        conversation.Tell(Attach(), TestActor);
        ExpectMsg<ConversationEvents.Attached>().Resumed.Should().BeTrue();
        var state = past.Aggregate(ConversationState.Empty, (s, e) => s.Apply(e));
        var hasEnded = state.IsClosed;
        if (state.Open is { } open)
        {
            TurnOf(open.Inputs.LastOrDefault()?.InputId);
        }
        foreach (var (id, text) in Script)
        {
            // The channel does not know what was journaled: it sends again what was not acknowledged.
            if (state.TurnOfInput(id) is null && !hasEnded)
            {
                Ask(conversation, id, text);
            }
        }
        var rows = await Appointments.ListAsync("frontdesk", default);
        rows.Select(row => $"{row.Day} {row.Time} {row.Name}")
            .Should()
            .Equal(["2026-12-01 16:00 John Smith"], "the crash came after event {0}, {1}", crash, past[^1]);
        Stop(conversation);
        // A crash after the goodbye but before the end is noted: the person has left, and End comes from the channel.
        Read(Id).OfType<ConversationJournal.AgentAnswered>().Last().Next.Should().Be(AfterTurn.HangUp);
    }

    [Fact]
    public void Replaying_the_events_gives_the_state_that_was()
    {
        var conversation = Start(Model);
        conversation.Tell(Attach(), TestActor);
        TurnOf(null);
        foreach (var (id, text) in Script.Take(3))
        {
            Ask(conversation, id, text);
        }
        var before = HistoryOf(conversation);
        Stop(conversation);

        HistoryOf(Start(Model)).Should().Equal(before);
    }

    private IReadOnlyList<Turn> HistoryOf(IActorRef conversation)
    {
        var probe = CreateTestProbe();
        conversation.Tell(Attach(), probe);
        return probe.ExpectMsg<ConversationEvents.Attached>().History;
    }

    /// <summary>Puts into the database what the bookings before the crash have left there.</summary>
    private async Task Book(List<IConversationEvent> past, bool alsoUnanswered)
    {
        var returned = past.OfType<ConversationJournal.ToolReturned>().Select(e => e.Key).ToHashSet();
        foreach (var call in past.OfType<ConversationJournal.StepTaken>().SelectMany(step => step.Calls))
        {
            if (call.Name == BookAppointment.ToolName && (alsoUnanswered || returned.Contains(call.Key)))
            {
                using var arguments = JsonDocument.Parse(call.Arguments);
                var agent = TestAgent.FrontDesk;
                var invocation = new ToolInvocation(call.Key, agent, Id.Value, null, arguments.RootElement, At);
                await new BookAppointment(Appointments).RunAsync(invocation, default);
            }
        }
    }

    private async Task Clear()
    {
        await using var connection = await Database.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM appointments";
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The same events of another conversation; on the way they are written to JSON and read back.</summary>
    private static List<IConversationEvent> Rename(
        IEnumerable<IConversationEvent> events,
        ConversationId from,
        ConversationId to
    ) =>
        [
            .. events.Select(e =>
                (IConversationEvent)
                    JsonSerializer.Deserialize(
                        JsonSerializer
                            .Serialize(e, e.GetType(), WireSerializer.Json)
                            .Replace(from.Value, to.Value, StringComparison.Ordinal),
                        e.GetType(),
                        WireSerializer.Json
                    )!
            ),
        ];

    private IReadOnlyList<object> Read(ConversationId id)
    {
        var probe = CreateTestProbe();
        var journal = probe.ChildActorOf(Journal.Props($"conversation-{id}"));
        var events = probe.ExpectMsg<JournalMessages.Recovered>().Events;
        Stop(journal);
        return events;
    }

    private void Write(ConversationId id, List<IConversationEvent> events)
    {
        var probe = CreateTestProbe();
        var journal = probe.ChildActorOf(Journal.Props($"conversation-{id}"));
        probe.ExpectMsg<JournalMessages.Recovered>();
        journal.Tell(new JournalMessages.Append([.. events], 1), probe);
        probe.ExpectMsg<JournalMessages.Appended>();
        Stop(journal);
    }
}
