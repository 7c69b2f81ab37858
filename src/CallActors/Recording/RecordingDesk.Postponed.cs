using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors.Recording;

/// <remarks>
/// Recordings that ended while the database was away. They lie complete in `active`, so that the next start keeps them should
/// this process end before.
/// </remarks>
public sealed partial class RecordingDesk
{
    /// <summary>How often it is tried again; each time with one recording, until that is kept.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    // Ten ends a second for a quarter of an hour, some 4 MB. What is beyond is left to the next start.
    private const int MostPostponed = 10_000;

    private readonly ConcurrentQueue<Finished> _postponed = new();

    /// <summary>How many wait for the database.</summary>
    public int Postponed => _postponed.Count;

    /// <summary>Keeps what waits, the oldest first, unless the database is away still; what was kept, for the calls' journals.</summary>
    public async Task<IReadOnlyList<CallCommands.NoteRecording>> KeepPostponedAsync(CancellationToken cancellation)
    {
        List<CallCommands.NoteRecording> kept = [];
        for (var left = _postponed.Count; left > 0 && _postponed.TryDequeue(out var item); left--)
        {
            if (!File.Exists(item.File.Path))
            {
                continue; // Who looked for what dead nodes left behind has found it, and told its call.
            }
            try
            {
                cancellation.ThrowIfCancellationRequested();
                kept.Add((await KeepAsync(item.PartId, item.StartedAt, item.OffsetMs, item.File)).Note);
            }
            catch (RecordingException e) when (e.IsPostponed)
            {
                break;
            }
            catch (RecordingException)
            {
                // It was told to the log, and another try changes nothing.
            }
        }
        return kept;
    }

    private void Postpone(Finished item, Exception e)
    {
        if (_postponed.Count >= MostPostponed)
        {
            Fail(item, e);
            return;
        }
        _log.LogWarning(
            "Recording {Recording} waits for the database, its file is {Path}: {Cause}",
            item.PartId,
            item.File.Path,
            e.Message
        );
        _postponed.Enqueue(item);
        item.Kept.SetException(
            new RecordingException($"it is kept as soon as the database is back: {e.Message}", e) { IsPostponed = true }
        );
    }
}
