using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Begins recordings on this node and sees each to its end: hashed, in the catalogue, in the store. What is begun is finished
/// whatever becomes of who began it.
/// </summary>
public sealed partial class RecordingDesk : IDisposable
{
    // Recordings that end about the same time are one transaction of the catalogue.
    private const int MostInBatch = 64;
    private const int HashBytes = 256 * 1024;

    private readonly RecordingCatalog _catalog;
    private readonly IRecordingStore _store;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lazy<RecordingWriter> _writer;
    private readonly Channel<Finished> _finished = Channel.CreateUnbounded<Finished>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly ConcurrentDictionary<Task<KeptRecording>, bool> _ending = new();
    private readonly RecordingMetrics _metrics;

    public RecordingDesk(
        RecordingOptions options,
        RecordingFolder folder,
        RecordingCatalog catalog,
        IRecordingStore store,
        string node,
        TimeProvider time,
        ILogger<RecordingDesk> log
    )
    {
        (Options, Folder, _catalog, _store, _node, _time, _log) = (options, folder, catalog, store, node, time, log);
        _writer = new(() => new RecordingWriter(options.WriterNiceness));
        _metrics = new RecordingMetrics(this);
        _ = Task.Run(KeepFinishedAsync);
    }

    public RecordingOptions Options { get; }

    public RecordingFolder Folder { get; }

    /// <summary>What the writer counts; null before the first recording.</summary>
    public RecordingWriterStats? Stats => _writer.IsValueCreated ? _writer.Value.Stats : null;

    /// <summary>
    /// Begins a recording at once. Give its recorder to the session as <c>AudioTap</c>; the file is made meanwhile, see
    /// <see cref="CallRecorder.Opened"/>.
    /// </summary>
    /// <param name="call">Whose recording it is.</param>
    /// <param name="number">1 for the call's first, then counting.</param>
    /// <param name="sampleRateHz">The media session's.</param>
    /// <param name="offsetMs">From the call's answer to now.</param>
    /// <param name="part">From 1; another for each node that the call moves to.</param>
    public ActiveRecording Begin(CallId call, int number, int sampleRateHz, long offsetMs = 0, int part = 1)
    {
        var startedAt = _time.GetUtcNow();
        var id = RecordingNames.PartIdOf(call, number, part);
        offsetMs = Math.Max(0, offsetMs);
        var format = _writer.Value.Possible(Options.Format);
        if (format != Options.Format)
        {
            _log.LogWarning(
                "Recording {Recording} is made as {Format}: libopus is absent, or there is too much to encode",
                id,
                format
            );
        }
        var path = Path.Combine(Folder.Active, RecordingNames.FileOf(id, startedAt, offsetMs, format));
        var recorder = _writer.Value.Begin(path, format, sampleRateHz);
        return new ActiveRecording(RecordingNames.IdOf(call, number), id, call, startedAt, offsetMs, recorder);
    }

    /// <summary>Ends a recording; completes when it is kept. Asked again, at any time, it tells the same.</summary>
    /// <exception cref="RecordingException">Nothing was recorded, or it could not be kept; the message names the cause.</exception>
    public Task<KeptRecording> EndAsync(ActiveRecording recording)
    {
        lock (recording)
        {
            return recording.Ending ??= Begin();
        }

        Task<KeptRecording> Begin()
        {
            var ending = FinishAsync(recording);
            _ending.TryAdd(ending, true);
            _ = ending.ContinueWith(
                task =>
                {
                    _ = task.Exception; // Seen: nobody need ask.
                    _ending.TryRemove(task, out _);
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            return ending;
        }
    }

    /// <summary>Waits for what is being ended; what does not end in time is finished by the next start.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        try
        {
            await Task.WhenAll(_ending.Keys).WaitAsync(deadline, _time);
        }
        catch (Exception e) when (e is RecordingException or TimeoutException)
        {
            _log.LogWarning("Recordings were not all kept before the stop: {Cause}", e.Message);
        }
    }

    /// <summary>Puts a complete file into the catalogue and the store.</summary>
    /// <exception cref="RecordingException">It could not be kept.</exception>
    internal Task<KeptRecording> KeepAsync(
        string partId,
        DateTimeOffset startedAt,
        long offsetMs,
        FinishedRecording finished
    )
    {
        var item = new Finished(partId, startedAt, offsetMs, finished);
        if (!_finished.Writer.TryWrite(item))
        {
            item.Kept.SetException(new RecordingException("the platform stops: the next start keeps it"));
        }
        return item.Kept.Task;
    }

    private async Task<KeptRecording> FinishAsync(ActiveRecording recording)
    {
        recording.Recorder.Stop();
        var finished = await recording.Recorder.Finished;
        if (finished.Fault is { } fault)
        {
            _log.LogError(
                "Recording {Recording}: {Fault}; {LostMs} ms are silence",
                recording.PartId,
                fault,
                finished.LostMs
            );
        }
        if (finished.Bytes == 0)
        {
            throw new RecordingException($"nothing could be recorded: {finished.Fault}");
        }
        return await KeepAsync(recording.PartId, recording.StartedAt, recording.OffsetMs, finished);
    }

    /// <summary>One after the other: when a node stops, all its recordings end at once, and calls still want the processor.</summary>
    private async Task KeepFinishedAsync()
    {
        var batch = new List<Finished>();
        while (await _finished.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MostInBatch && _finished.Reader.TryRead(out var item))
            {
                if (TryHash(item))
                {
                    batch.Add(item);
                }
            }
            await KeepAsync(batch);
        }
    }

    private bool TryHash(Finished item)
    {
        try
        {
            item.Entry = EntryOf(item, HashOf(item.File.Path));
            return true;
        }
        catch (Exception e)
        {
            Fail(item, e);
            return false;
        }
    }

    private async Task KeepAsync(List<Finished> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }
        IReadOnlySet<string> deleted;
        try
        {
            // First the catalogue: a file in `active` is finished again by the next start, one by day is not.
            var giveUpAt = _time.GetUtcNow() + TimeSpan.FromHours(Options.S3.GiveUpHours);
            deleted = await _catalog.PutAsync([.. batch.Select(item => item.Entry!)], giveUpAt, CancellationToken.None);
        }
        catch (Exception e)
        {
            batch.ForEach(item => Postpone(item, e));
            return;
        }
        foreach (var item in batch)
        {
            try
            {
                if (deleted.Contains(item.PartId))
                {
                    File.Delete(item.File.Path);
                    throw new RecordingException("it was deleted while it was made");
                }
                await _store.KeepAsync(item.Entry!, item.File.Path, CancellationToken.None);
                _log.LogInformation(
                    "Recording {Recording} of {DurationMs} ms, {Bytes} bytes is at {Uri}",
                    item.PartId,
                    item.Entry!.DurationMs,
                    item.Entry.Bytes,
                    item.Entry.Uri
                );
                item.Kept.SetResult(new KeptRecording(item.Entry, item.File.LostMs));
            }
            catch (Exception e)
            {
                Fail(item, e);
            }
        }
    }

    private void Fail(Finished item, Exception e)
    {
        _log.LogError(e, "Recording {Recording} is not kept; its file was {Path}", item.PartId, item.File.Path);
        item.Kept.SetException(new RecordingException($"the recording could not be kept: {e.Message}", e));
    }

    private RecordingEntry EntryOf(Finished item, string sha256)
    {
        if (!RecordingNames.TryParse(item.PartId, out var call, out var number, out var part))
        {
            throw new RecordingException($"{item.PartId} is no recording's id");
        }
        var key = RecordingNames.KeyOf(item.PartId, item.StartedAt, item.File.Format);
        return new RecordingEntry
        {
            Id = item.PartId,
            Recording = RecordingNames.IdOf(call, number),
            Part = part,
            OffsetMs = item.OffsetMs,
            CallId = call,
            StartedAt = item.StartedAt,
            DurationMs = (long)item.File.Duration.TotalMilliseconds,
            Bytes = item.File.Bytes,
            Sha256 = sha256,
            Format = item.File.Format,
            SampleRateHz = item.File.SampleRateHz,
            Key = key,
            Uri = _store.UriOf(key),
            Node = _node,
            Place = Folder.Place,
            State = _store.StateWhenKept,
            Fault = item.File.Fault,
        };
    }

    /// <summary>In large pieces: an hour of µ-law is 58 MB and some 40 ms. The head, which is written last, is hashed first.</summary>
    private static string HashOf(string path)
    {
        using var file = File.OpenHandle(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(HashBytes);
        for (long at = 0; RandomAccess.Read(file, buffer, at) is var read and > 0; at += read)
        {
            hash.AppendData(buffer, 0, read);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A complete file on its way into catalogue and store.</summary>
    private sealed record Finished(string PartId, DateTimeOffset StartedAt, long OffsetMs, FinishedRecording File)
    {
        public TaskCompletionSource<KeptRecording> Kept { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RecordingEntry? Entry { get; set; }
    }

    public void Dispose()
    {
        _metrics.Dispose();
        if (_writer.IsValueCreated)
        {
            _writer.Value.Dispose();
        }
        _finished.Writer.TryComplete();
    }
}

/// <summary>A part of a recording under way.</summary>
/// <param name="Id">The recording's.</param>
/// <param name="PartId">The part's own, the same for the first.</param>
/// <param name="OffsetMs">From the call's answer to the part's start.</param>
public sealed record ActiveRecording(
    string Id,
    string PartId,
    CallId CallId,
    DateTimeOffset StartedAt,
    long OffsetMs,
    CallRecorder Recorder
)
{
    /// <summary>Set once it is being ended.</summary>
    internal Task<KeptRecording>? Ending { get; set; }
}

/// <summary>A recording that is in the store.</summary>
/// <param name="LostMs">Silence that stands for audio which could not be written.</param>
public sealed record KeptRecording(RecordingEntry Entry, long LostMs)
{
    /// <summary>What its call is told of it, when it is kept later than it ended.</summary>
    public CallCommands.NoteRecording Note =>
        new(
            Entry.CallId,
            Entry.Recording,
            Entry.Uri,
            Entry.DurationMs,
            Entry.Bytes,
            Entry.Sha256,
            Entry.Fault,
            Entry.Part,
            LostMs
        );
}

/// <summary>A recording could not be made or kept; the message names the cause for a person.</summary>
public sealed class RecordingException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The database is away: it is complete on disk, and is kept when the database is back.</summary>
    public bool IsPostponed { get; init; }
}
