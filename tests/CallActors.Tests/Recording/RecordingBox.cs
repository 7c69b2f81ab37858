using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Tests.Recording;

/// <summary>
/// Everything that recordings need on a node, in a folder of its own. The catalogue is on SQLite, or on PostgreSQL where
/// OCP_TEST_POSTGRES holds a connection string to a database in which schemas may be made.
/// </summary>
internal sealed class RecordingBox : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-recordings-");
    private readonly List<IDisposable> _made = [];
    private readonly string _schema = $"recordings_{Guid.NewGuid():n}";
    private Action? _dropped;

    public RecordingBox()
    {
        Options.Folder = Path.Combine(_folder.FullName, "recordings");
        Database = new Database(Place());
        Catalog = new RecordingCatalog(Database);
        Folder = new RecordingFolder(Options.Folder, "node-1");
        Files = new FileRecordingStore(Folder);
    }

    public string Captures => Path.Combine(_folder.FullName, "captures");

    public RecordingOptions Options { get; } = new() { WriterNiceness = 0 };

    public RecordingFolder Folder { get; }

    public Database Database { get; }

    public RecordingCatalog Catalog { get; }

    public FileRecordingStore Files { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 5, 10, 0, 0, TimeSpan.Zero));

    public RecordingDesk Desk(IRecordingStore? store = null)
    {
        var desk = new RecordingDesk(
            Options,
            Folder,
            Catalog,
            store ?? Files,
            "node-1",
            Time,
            NullLogger<RecordingDesk>.Instance
        );
        _made.Add(desk);
        return desk;
    }

    public RecordingRecovery Recovery(RecordingDesk desk) => new(desk, Time, NullLogger<RecordingRecovery>.Instance);

    public RecordingDeletion Deletion(IRecordingStore? store = null) =>
        new(Folder, Catalog, store ?? Files, Time, NullLogger<RecordingDeletion>.Instance);

    public RecordingRetention Retention(IRecordingStore? store = null, string node = "node-1") =>
        new(Options, Folder, Catalog, Deletion(store), node, Time);

    /// <summary>What another node has of its own, with this one's folder and catalogue.</summary>
    public RecordingDesk DeskOf(string node)
    {
        var folder = new RecordingFolder(Options.Folder, node);
        var desk = new RecordingDesk(
            Options,
            folder,
            Catalog,
            new FileRecordingStore(folder),
            node,
            Time,
            NullLogger<RecordingDesk>.Instance
        );
        _made.Add(desk);
        return desk;
    }

    public S3RecordingStore S3(Uri endpoint)
    {
        Options.S3.Bucket = "calls";
        Options.S3.Endpoint = endpoint;
        Options.S3.PathStyle = true;
        Options.S3.Prefix = "rec/";
        (Options.S3.AccessKeyId, Options.S3.AccessKeySecret) = ("AKIDEXAMPLE", "not-a-real-secret");
        var store = new S3RecordingStore(Options.S3, Folder);
        _made.Add(store);
        return store;
    }

    public RecordingUploads Uploads(S3RecordingStore store, string node = "node-1") =>
        new(Options, Folder, Catalog, store, node, Time, NullLogger<RecordingUploads>.Instance);

    /// <summary>A recording of some silence, ended and kept.</summary>
    public static async Task<RecordingEntry> RecordAsync(
        RecordingDesk desk,
        CallId call,
        int seconds = 1,
        int number = 1
    )
    {
        var recording = desk.Begin(call, number, 8000);
        Feed(recording.Recorder, seconds);
        return (await desk.EndAsync(recording)).Entry;
    }

    public static void Feed(CallRecorder recorder, int seconds)
    {
        var frame = new short[160];
        for (var tick = 0; tick < seconds * 50; tick++)
        {
            recorder.OnFrames(frame, frame, new MediaFrameInfo { MediaTime = tick * 160 });
        }
    }

    private DatabaseOptions Place()
    {
        if (Environment.GetEnvironmentVariable("OCP_TEST_POSTGRES") is not { Length: > 0 } postgres)
        {
            return new DatabaseOptions { Path = Path.Combine(_folder.FullName, "recordings.db") };
        }
        Execute(postgres, $"CREATE SCHEMA {_schema}");
        _dropped = () => Execute(postgres, $"DROP SCHEMA {_schema} CASCADE");
        return new DatabaseOptions
        {
            Provider = DatabaseProvider.Postgres,
            ConnectionString = $"{postgres};Search Path={_schema}",
        };
    }

    private static void Execute(string postgres, string sql)
    {
        using var connection = new NpgsqlConnection(postgres);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _made.ForEach(made => made.Dispose());
        _dropped?.Invoke();
        _folder.Delete(recursive: true);
    }
}
