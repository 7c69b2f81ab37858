using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Tests.Recording;

/// <summary>Everything that recordings need on a node, in a folder of its own.</summary>
internal sealed class RecordingBox : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-recordings-");
    private readonly List<IDisposable> _made = [];

    public RecordingBox()
    {
        Options.Folder = Path.Combine(_folder.FullName, "recordings");
        Catalog = new RecordingCatalog(
            new Database(new DatabaseOptions { Path = Path.Combine(_folder.FullName, "recordings.db") })
        );
        Folder = new RecordingFolder(Options.Folder);
        Files = new FileRecordingStore(Folder);
    }

    public string Captures => Path.Combine(_folder.FullName, "captures");

    public RecordingOptions Options { get; } = new() { WriterNiceness = 0 };

    public RecordingFolder Folder { get; }

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

    public RecordingRecovery Recovery(RecordingDesk desk) => new(desk, NullLogger<RecordingRecovery>.Instance);

    public RecordingRetention Retention(IRecordingStore? store = null) =>
        new(Options, Folder, Catalog, store ?? Files, Time, NullLogger<RecordingRetention>.Instance);

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

    public RecordingUploads Uploads(S3RecordingStore store) =>
        new(Options, Folder, Catalog, store, Time, NullLogger<RecordingUploads>.Instance);

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

    public void Dispose()
    {
        _made.ForEach(made => made.Dispose());
        _folder.Delete(recursive: true);
    }
}
