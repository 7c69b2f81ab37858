using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Conversations;
using OCPlatform.Dialog.Flows;
using OCPlatform.Dialog.Tools;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Tests;

/// <summary>
/// Talks with the embedded model without actors: keeps what a conversation would keep, and runs the tools on a database
/// in a temporary file. Now is Tuesday, 24 November 2026, 10:00 in New York.
/// </summary>
public sealed class Talk : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 15, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<IntentClassifier> Classifier = new(() =>
        new IntentClassifier(TestAgent.FrontDesk, TestAgent.Embedder)
    );

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-dialog-{Guid.NewGuid():N}.db");
    private readonly DialogState _state = new();
    private readonly List<HistoryItem> _history = [];
    private readonly Channel _channel;
    private readonly string _id;
    private readonly ToolBox _tools;
    private int _keys;

    public Talk(Channel channel = Channel.Voice, string id = "conversation", Database? shared = null)
    {
        _channel = channel;
        _id = id;
        Database = shared ?? new Database(new DatabaseOptions { Path = _file });
        var time = new FakeTimeProvider(Now);
        Appointments = new AppointmentBook(Database, time);
        Messages = new MessageBook(Database, time);
        Appointments.CreateSchemaAsync(default).GetAwaiter().GetResult();
        Messages.CreateSchemaAsync(default).GetAwaiter().GetResult();
        _tools = new ToolBox(
            [new CheckAppointment(Appointments), new BookAppointment(Appointments), new TakeMessage(Messages)],
            new DialogOptions(),
            TimeProvider.System
        );
    }

    public Database Database { get; }
    public AppointmentBook Appointments { get; }
    public MessageBook Messages { get; }

    /// <summary>Local time; tests may move it.</summary>
    public DateTime LocalNow { get; set; } = new(2026, 11, 24, 10, 0, 0);

    public bool HungUp { get; private set; }
    public string Flow => _state.Flow;
    public string Awaiting => _state.Awaiting;
    public IDictionary<string, string> Slots => _state.Slots;

    public IReadOnlyList<Appointment> Booked() => Appointments.ListAsync("frontdesk", default).GetAwaiter().GetResult();

    public IReadOnlyList<Message> Taken() => Messages.ListAsync("frontdesk", default).GetAwaiter().GetResult();

    public string Open() => Turn(new Input { Opening = new Opening() });

    public string Silence() => Turn(new Input { Silence = new Silence() });

    public string Press(string digits) => Turn(new Input { Digits = digits });

    public string Say(string text) => Turn(new Input { UserText = text }, text);

    private string Turn(Input input, string? userText = null)
    {
        var said = "";
        while (true)
        {
            var request = new RespondRequest
            {
                Agent = "frontdesk",
                ConversationId = _id,
                Channel = _channel,
                State = _state.Clone(),
                Input = input,
                Now = Timestamp.FromDateTimeOffset(Now),
            };
            request.History.AddRange(_history);
            var reply = FlowTurn.Respond(TestAgent.FrontDesk, Classifier.Value, request, LocalNow);
            said += reply.Text;
            foreach (var change in reply.Changes)
            {
                Apply(change);
            }
            HungUp |= reply.End is not null;
            if (reply.Tool is not { } tool)
            {
                break;
            }
            input = new Input { ToolResults = new ToolResults { Results = { Run(tool) } } };
        }
        if (userText is not null)
        {
            _history.Add(new HistoryItem { Role = Role.User, Text = userText });
        }
        _history.Add(new HistoryItem { Role = Role.Agent, Text = said });
        said.Should().NotBeNullOrWhiteSpace("there is no dead air").And.NotContain("{", "every placeholder is filled");
        return said;
    }

    private ToolResult Run(ToolCall tool)
    {
        var at = new DateTimeOffset(LocalNow, TestAgent.FrontDesk.TimeZone.GetUtcOffset(LocalNow));
        var outcome = _tools
            .RunAsync(
                tool.Name,
                tool.ArgumentsJson,
                arguments => new ToolInvocation(
                    $"{_id}-{_keys++}",
                    TestAgent.FrontDesk,
                    _id,
                    "+15550100",
                    arguments,
                    at
                ),
                default
            )
            .GetAwaiter()
            .GetResult();
        return new ToolResult
        {
            CallId = tool.CallId,
            Name = tool.Name,
            ResultJson = outcome.Json,
            Failed = outcome.Failed,
        };
    }

    private void Apply(StateChange change)
    {
        switch (change.KindCase)
        {
            case StateChange.KindOneofCase.Flow:
                _state.Flow = change.Flow;
                break;
            case StateChange.KindOneofCase.Awaiting:
                _state.Awaiting = change.Awaiting;
                break;
            case StateChange.KindOneofCase.Slot:
                Set(_state.Slots, change.Slot);
                break;
            case StateChange.KindOneofCase.Memory:
                Set(_state.Memory, change.Memory);
                break;
        }
    }

    private static void Set(IDictionary<string, string> values, Entry entry)
    {
        values.Remove(entry.Name);
        if (entry.Value.Length > 0)
        {
            values[entry.Name] = entry.Value;
        }
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_file + suffix);
        }
    }
}
