using System.Threading.Channels;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Microsoft.Data.Sqlite;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Tests.Shared;

/// <summary>A database of the test's own, with the journal as the platform configures it, and nodes that share it.</summary>
public sealed class JournalDatabase : IAsyncDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-journal-{Guid.NewGuid():N}.db");
    private readonly List<ActorSystem> _nodes = [];

    /// <param name="server">Null: the one that the tests share.</param>
    public JournalDatabase(DatabaseProvider provider, PrivatePostgres? server = null)
    {
        Options = new DatabaseOptions
        {
            Provider = provider,
            Path = _file,
            ConnectionString =
                provider == DatabaseProvider.Postgres ? (server ?? PrivatePostgres.Shared!).NewDatabase() : null,
        };
        Database = new Database(Options);
        // Switches SQLite to WAL, as the platform does at its start.
        Database.OpenAsync().GetAwaiter().GetResult().Dispose();
    }

    /// <summary>SQLite, and PostgreSQL where the machine has it.</summary>
    public static TheoryData<DatabaseProvider> Providers() =>
        PrivatePostgres.IsInstalled ? [DatabaseProvider.Sqlite, DatabaseProvider.Postgres] : [DatabaseProvider.Sqlite];

    public DatabaseOptions Options { get; }

    public Database Database { get; }

    /// <summary>An actor system with the journal's plugin on this database.</summary>
    /// <param name="config">Goes before the platform's.</param>
    public ActorSystem StartNode(string config = "", IDatabaseHealth? health = null)
    {
        var tuning = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "persistence.hocon"));
        var setup = ActorSystemSetup.Create(
            SqlJournal.Connection(Database),
            new JournalSetup(Options, health ?? PresentDatabase.Instance),
            BootstrapSetup
                .Create()
                .WithConfig(
                    ConfigurationFactory
                        .ParseString(config)
                        .WithFallback(SqlJournal.Place(Database))
                        .WithFallback(ConfigurationFactory.ParseString(Wire))
                        .WithFallback(ConfigurationFactory.ParseString(tuning))
                        .WithFallback(SqlJournal.Defaults)
                )
        );
        var node = ActorSystem.Create("node", setup);
        _nodes.Add(node);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.Terminate();
        }
        SqliteConnection.ClearAllPools();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_file + suffix);
        }
    }

    private const string Wire = """
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.loggers = []
        akka.actor {
          serializers.wire = "OCPlatform.Contracts.Serialization.WireSerializer, OCPlatform.Contracts"
          serialization-bindings { "OCPlatform.Contracts.Serialization.IWireMessage, OCPlatform.Contracts" = wire }
        }
        """;
}

/// <summary>An entity that owns a journal and notes what it hears.</summary>
public sealed class JournalOwner
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();
    private readonly IActorRef _actor;
    private long _cookie;

    public JournalOwner(ActorSystem node, string persistenceId, bool isNew)
    {
        var props = isNew ? Journal.NewProps(persistenceId) : Journal.Props(persistenceId);
        _actor = node.ActorOf(Props.Create(() => new Entity(props, _heard.Writer)));
    }

    /// <summary>What was told before the awaited message.</summary>
    public List<object> Before { get; } = [];

    public long Append(params IReadOnlyList<IWireMessage> events)
    {
        _actor.Tell(new JournalMessages.Append(events, ++_cookie));
        return _cookie;
    }

    public void Stop() => _actor.Tell(PoisonPill.Instance);

    /// <summary>Waits for the message; what comes before goes to <see cref="Before"/>.</summary>
    public async Task<T> Hears<T>(Func<T, bool>? which = null)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            var message = await _heard.Reader.ReadAsync(deadline.Token);
            if (message is T heard && (which is null || which(heard)))
            {
                return heard;
            }
            Before.Add(message);
        }
    }

    public Task<JournalMessages.Appended> HearsOf(long cookie) =>
        Hears<JournalMessages.Appended>(appended => appended.Cookie == cookie);

    /// <summary>All events of an entity, as a new owner reads them.</summary>
    public static async Task<IReadOnlyList<object>> ReadAsync(ActorSystem node, string persistenceId)
    {
        var reader = new JournalOwner(node, persistenceId, isNew: false);
        var past = await reader.Hears<JournalMessages.Recovered>();
        reader.Stop();
        return past.Events;
    }

    private sealed class Entity : ReceiveActor
    {
        public Entity(Props journal, ChannelWriter<object> heard)
        {
            var child = Context.Watch(Context.ActorOf(journal));
            Receive<JournalMessages.Append>(append => child.Tell(append));
            ReceiveAny(message => heard.TryWrite(message));
        }
    }
}
