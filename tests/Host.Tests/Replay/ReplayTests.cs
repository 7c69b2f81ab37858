using OCPlatform.CallActors.Records;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Host.Commands;
using OCPlatform.Host.Replay;
using OCPlatform.Tests.Shared;

namespace OCPlatform.Host.Tests.Replay;

public sealed class ReplayTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 15, 0, 0, TimeSpan.Zero);

    private readonly CallId _id = CallId.New();
    private readonly StringWriter _output = new();

    public static TheoryData<string> SavedCases() =>
        [.. Directory.EnumerateFiles(SavedFolder, "*.json").Select(file => Path.GetFileName(file)!).Order()];

    private static string SavedFolder => Path.Combine(AppContext.BaseDirectory, "Replay", "Saved");

    private ConversationId ConversationId => ConversationId.OfCall(_id);

    /// <summary>Calls as they once were, saved by <c>./ocp replay CALL_ID --save FILE</c>.</summary>
    [Theory]
    [MemberData(nameof(SavedCases))]
    public void A_saved_call_still_has_the_outcome_that_it_had(string file)
    {
        var saved = ReplayCase.Parse(File.ReadAllText(Path.Combine(SavedFolder, file)));

        saved.Differences().Should().BeEmpty();
        saved.ConversationState().Opened.Should().NotBeNull();
        saved.ConversationState().IsClosed.Should().Be(saved.CallState().IsEnded);
    }

    [Fact]
    public async Task A_call_is_told_from_its_journal_without_secrets_and_saved_as_a_case()
    {
        await using var database = new JournalDatabase(DatabaseProvider.Sqlite);
        await WriteAsync(database);
        var file = Path.Combine(Path.GetTempPath(), $"ocp-replay-{Guid.NewGuid():N}.json");

        var code = await ReplayCommand.RunAsync(_id.Value, database.Options, file, _output, default);

        var told = _output.ToString();
        code.Should().Be(0, told);
        told.Should().Contain("INVITE sip:desk@example.com SIP/2.0").And.Contain("200 OK");
        told.Should().Contain("How can I help you?").And.Contain("[cut]").And.Contain("after 640 ms");
        told.Should().Contain("s of silence").And.Contain("tool appointments.book").And.Contain("HungUp");
        told.Should().NotContain("s3cret").And.NotContain("a key was pressed: ");
        var saved = await File.ReadAllTextAsync(file);
        File.Delete(file);
        saved.Should().NotContain("s3cret");
        ReplayCase.Parse(saved).Differences().Should().BeEmpty();
        ReplayCase.Parse(saved).CallState().Record!.Digits.Should().Be("0", "what was keyed in may be a card's number");
    }

    [Fact]
    public async Task A_record_that_the_journal_does_not_give_is_named_by_what_differs()
    {
        await using var database = new JournalDatabase(DatabaseProvider.Sqlite);
        await WriteAsync(database);
        var more = Turn(Speaker.User, "never said", 30, 31);
        await new CallRecordStore(database.Database).ApplyAsync([more], 99, default);

        var code = await ReplayCommand.RunAsync(_id.Value, database.Options, save: null, _output, default);

        code.Should().Be(1);
        _output.ToString().Should().Contain("DIFFERS record.turns[3]: replayed nothing, stored");
    }

    [Fact]
    public async Task A_call_that_never_was_is_said_to_be_none()
    {
        await using var database = new JournalDatabase(DatabaseProvider.Sqlite);
        await JournalOwner.ReadAsync(database.StartNode(), "call-none");

        (await ReplayCommand.RunAsync(CallId.New().Value, database.Options, null, _output, default)).Should().Be(2);
    }

    private async Task WriteAsync(JournalDatabase database)
    {
        var node = database.StartNode();
        var call = new JournalOwner(node, $"call-{_id}", isNew: true);
        var events = Call();
        await call.HearsOf(call.Append([.. events]));
        var conversation = new JournalOwner(node, $"conversation-{ConversationId}", isNew: true);
        await conversation.HearsOf(conversation.Append([.. Conversation()]));
        await new CallRecordStore(database.Database).ApplyAsync(events, 20, default);
    }

    private IReadOnlyList<ICallEvent> Call() =>
        [
            new CallEvents.Received(
                _id,
                Start,
                CallDirection.Inbound,
                "sip:ann:s3cret@example.com",
                "sip:desk@example.com",
                "carrier",
                "n1",
                "203.0.113.7:5060",
                "abc@example.com"
            ),
            new CallEvents.SipLadder(
                _id,
                At(0),
                [
                    new SipRung(At(0), true, "INVITE sip:desk@example.com SIP/2.0", "1 INVITE"),
                    new SipRung(At(1), false, "SIP/2.0 200 OK", "1 INVITE"),
                ]
            ),
            new CallEvents.Answered(_id, At(1), "PCMU", "{}", "{}"),
            new CallEvents.Confirmed(_id, At(1)),
            Turn(Speaker.Agent, "How can I help you?", 1, 3),
            Turn(Speaker.User, "Tuesday at three", 8, 10),
            new CallEvents.DigitPressed(_id, At(11), "7", 100),
            new CallEvents.TurnSpoken(_id, At(12), Speaker.Agent, "It is", At(11), At(12), 640, Interrupted: true),
            new CallEvents.Ended(_id, At(20), new EndCause(EndedBy.Caller, EndReason.HungUp, null, null), null),
        ];

    private IReadOnlyList<IWireMessage> Conversation()
    {
        var (none, book) = (DialogNotes.Empty, new ToolRequested("t1", "appointments.book", "{}", "key-1"));
        return
        [
            new ConversationJournal.Opened(ConversationId, At(1), ConversationChannel.Voice, "frontdesk", null),
            new ConversationJournal.AgentAnswered(
                ConversationId,
                At(1),
                1,
                "How can I help you?",
                AfterTurn.Listen,
                none
            ),
            new ConversationJournal.InputTaken(
                ConversationId,
                At(10),
                "u1",
                3,
                ConversationInputKind.Said,
                "Tuesday at three",
                At(8),
                At(10)
            ),
            new ConversationJournal.StepTaken(ConversationId, At(10), 3, "", none, [book]),
            new ConversationJournal.ToolReturned(ConversationId, At(11), "key-1", """{"booked":true}""", false),
            new ConversationJournal.AgentAnswered(ConversationId, At(11), 3, "It is booked.", AfterTurn.Listen, none),
            new ConversationJournal.Closed(ConversationId, At(20), "HungUp"),
        ];
    }

    private CallEvents.TurnSpoken Turn(Speaker speaker, string text, int from, int to) =>
        new(_id, At(to), speaker, text, At(from), At(to), LatencyMs: null, Interrupted: false);

    private static DateTimeOffset At(int second) => Start.AddSeconds(second);
}
