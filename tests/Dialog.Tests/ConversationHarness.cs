using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Microsoft.Data.Sqlite;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Conversations;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Tests;

/// <summary>Conversation actors on an in-memory journal, with the tools on a temporary database.</summary>
public abstract class ConversationHarness : TestKit
{
    private const string Config = """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.actor {
          serializers.wire = "OCPlatform.Contracts.Serialization.WireSerializer, OCPlatform.Contracts"
          serialization-bindings { "OCPlatform.Contracts.Serialization.IWireMessage, OCPlatform.Contracts" = wire }
        }
        akka.test.single-expect-default = 10s
        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-actor-{Guid.NewGuid():N}.db");

    protected ConversationHarness(string config = "")
        : base(ConfigurationFactory.ParseString(config).WithFallback(Config))
    {
        Database = new Database(new DatabaseOptions { Path = _file });
        Appointments = new AppointmentBook(Database, TimeProvider.System);
        Messages = new MessageBook(Database, TimeProvider.System);
        Appointments.CreateSchemaAsync(default).GetAwaiter().GetResult();
        Messages.CreateSchemaAsync(default).GetAwaiter().GetResult();
    }

    protected static DateTimeOffset At { get; } = new(2026, 11, 24, 15, 0, 0, TimeSpan.Zero);

    protected Database Database { get; }
    protected AppointmentBook Appointments { get; }
    protected MessageBook Messages { get; }
    protected DialogOptions Options { get; } = new();
    protected ConversationId Id { get; set; } = ConversationId.NewChat();

    protected IActorRef Start(IDialogModel model, params ITool[] tools)
    {
        ITool[] all =
            tools.Length > 0
                ? tools
                : [new CheckAppointment(Appointments), new BookAppointment(Appointments), new TakeMessage(Messages)];
        var box = new ToolBox(all, Options, TimeProvider.System);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(At);
        var id = Id.Value;
        var options = Options;
        return Sys.ActorOf(
            Props.Create(() => new ConversationActor(id, model, box, TestAgent.Catalogue, options, time, null))
        );
    }

    protected ConversationCommands.Attach Attach(ConversationChannel channel = ConversationChannel.Chat) =>
        new(Id, channel, "frontdesk", "+15550100", At);

    protected ConversationCommands.UserSaid Said(string inputId, string text) => new(Id, inputId, text, At, At);

    /// <summary>Sends an input and returns the agent's whole turn, checked against its pieces.</summary>
    protected ConversationEvents.AgentTurnEnded Ask(IActorRef conversation, string inputId, string text)
    {
        conversation.Tell(Said(inputId, text), TestActor);
        return TurnOf(inputId);
    }

    /// <summary>The next complete agent turn.</summary>
    protected ConversationEvents.AgentTurnEnded TurnOf(string? inputId)
    {
        var pieces = new List<string>();
        ConversationEvents.AgentTurnStarted? started = null;
        while (true)
        {
            switch (ExpectMsg<IConversationMessage>())
            {
                case ConversationEvents.AgentTurnStarted next:
                    started = next;
                    pieces.Clear();
                    break;
                case ConversationEvents.AgentTurnText piece:
                    piece.Turn.Should().Be(started!.Turn);
                    piece.Index.Should().Be(pieces.Count);
                    pieces.Add(piece.Text);
                    break;
                case ConversationEvents.AgentTurnEnded ended when inputId is null || started!.InReplyTo == inputId:
                    ended.Turn.Should().Be(started!.Turn);
                    ended.Text.Should().Be(string.Concat(pieces), "pieces join to the turn");
                    return ended;
            }
        }
    }

    protected void Stop(IActorRef conversation)
    {
        Watch(conversation);
        Sys.Stop(conversation);
        FishForMessage(message => message is Terminated);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        SqliteConnection.ClearAllPools();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_file + suffix);
        }
    }
}
