using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Begins recordings on this node and sees each to its end: hashed, in the catalogue, in the store. What is begun is finished
/// whatever becomes of who began it.
/// </summary>
public sealed class RecordingDesk : IDisposable
{
    // Hashing is the one costly step, and when a node stops all its recordings end at once.
    private const int FinishedAtOnce = 2;
    private const int HashBytes = 64 * 1024;

    private readonly RecordingCatalog _catalog;
    private readonly IRecordingStore _store;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lazy<RecordingWriter> _writer;
    private readonly SemaphoreSlim _finishing = new(FinishedAtOnce, FinishedAtOnce);
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
    public ActiveRecording Begin(CallId call, int number, int sampleRateHz)
    {
        var startedAt = _time.GetUtcNow();
        var id = RecordingNames.IdOf(call, number);
        var format = _writer.Value.Possible(Options.Format);
        if (format != Options.Format)
        {
            _log.LogWarning(
                "Recording {Recording} is made as {Format}: libopus is absent, or there is too much to encode",
                id,
                format
            );
        }
        var path = Path.Combine(Folder.Active, RecordingNames.PartOf(id, startedAt, format));
        return new ActiveRecording(id, call, startedAt, _writer.Value.Begin(path, format, sampleRateHz));
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
    internal async Task<KeptRecording> KeepAsync(
        string id,
        CallId call,
        DateTimeOffset startedAt,
        FinishedRecording finished
    )
    {
        await _finishing.WaitAsync();
        try
        {
            var key = RecordingNames.KeyOf(id, startedAt, finished.Format);
            var entry = new RecordingEntry
            {
                Id = id,
                CallId = call,
                StartedAt = startedAt,
                DurationMs = (long)finished.Duration.TotalMilliseconds,
                Bytes = finished.Bytes,
                Sha256 = await HashAsync(finished.Path),
                Format = finished.Format,
                SampleRateHz = finished.SampleRateHz,
                Key = key,
                Uri = _store.UriOf(key),
                Node = _node,
                Place = Folder.Place,
                State = _store.StateWhenKept,
                Fault = finished.Fault,
            };
            // First the catalogue: a file in `active` is finished again by the next start, one by day is not.
            var giveUpAt = _time.GetUtcNow() + TimeSpan.FromHours(Options.S3.GiveUpHours);
            await _catalog.PutAsync(entry, giveUpAt, CancellationToken.None);
            await _store.KeepAsync(entry, finished.Path, CancellationToken.None);
            _log.LogInformation(
                "Recording {Recording} of {DurationMs} ms, {Bytes} bytes is at {Uri}",
                id,
                entry.DurationMs,
                entry.Bytes,
                entry.Uri
            );
            return new KeptRecording(entry, finished.LostMs);
        }
        catch (Exception e)
        {
            _log.LogError(e, "Recording {Recording} stays at {Path} until the next start", id, finished.Path);
            throw new RecordingException($"the recording could not be kept: {e.Message}", e);
        }
        finally
        {
            _finishing.Release();
        }
    }

    private async Task<KeptRecording> FinishAsync(ActiveRecording recording)
    {
        recording.Recorder.Stop();
        var finished = await recording.Recorder.Finished;
        if (finished.Fault is { } fault)
        {
            _log.LogError(
                "Recording {Recording}: {Fault}; {LostMs} ms are silence",
                recording.Id,
                fault,
                finished.LostMs
            );
        }
        if (finished.Bytes == 0)
        {
            throw new RecordingException($"nothing could be recorded: {finished.Fault}");
        }
        return await KeepAsync(recording.Id, recording.CallId, recording.StartedAt, finished);
    }

    /// <summary>In large pieces and without a hop for each: an hour of µ-law is 58 MB and some 40 ms.</summary>
    private static Task<string> HashAsync(string path) =>
        Task.Run(() =>
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
        });

    public void Dispose()
    {
        _metrics.Dispose();
        if (_writer.IsValueCreated)
        {
            _writer.Value.Dispose();
        }
        _finishing.Dispose();
    }
}

/// <summary>A recording under way.</summary>
public sealed record ActiveRecording(string Id, CallId CallId, DateTimeOffset StartedAt, CallRecorder Recorder)
{
    /// <summary>Set once it is being ended.</summary>
    internal Task<KeptRecording>? Ending { get; set; }
}

/// <summary>A recording that is in the store.</summary>
/// <param name="LostMs">Silence that stands for audio which could not be written.</param>
public sealed record KeptRecording(RecordingEntry Entry, long LostMs);

/// <summary>A recording could not be made or kept; the message names the cause for a person.</summary>
public sealed class RecordingException(string message, Exception? inner = null) : Exception(message, inner);
