using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Completes the recordings that a killed process left in `active`, and keeps them: this node's after a start, and another's
/// once it has not shown itself for a while in a folder that both share. Its time is measured here, by what it wrote having
/// stayed the same, so that no two clocks are compared.
/// </summary>
public sealed class RecordingRecovery(RecordingDesk desk, TimeProvider time, ILogger<RecordingRecovery> log)
{
    /// <summary>How often a node shows that it lives.</summary>
    public static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(30);

    // Ten beats: a file server that stands still for a minute or two kills nobody.
    private static readonly TimeSpan GoneAfter = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, (string Beat, long Since)> _seen = [];

    /// <summary>Shows that this node lives, and recovers what nodes left behind that have not for too long.</summary>
    public async Task<IReadOnlyList<CallCommands.NoteRecording>> WatchAsync(CancellationToken cancellation)
    {
        desk.Folder.ShowAlive($"{Guid.NewGuid():n}");
        var adopted = 0;
        foreach (var (folder, beat) in desk.Folder.Others())
        {
            if (!_seen.TryGetValue(folder, out var seen) || seen.Beat != beat)
            {
                _seen[folder] = (beat, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(seen.Since) >= GoneAfter && desk.Folder.Adopt(folder) is > 0 and var count)
            {
                log.LogWarning("{Count} recordings of a node that is gone are taken from {Folder}", count, folder);
                adopted += count;
            }
        }
        return adopted == 0 ? [] : await RunAsync(cancellation);
    }

    /// <summary>What was kept, for the calls' journals.</summary>
    public async Task<IReadOnlyList<CallCommands.NoteRecording>> RunAsync(CancellationToken cancellation)
    {
        List<CallCommands.NoteRecording> kept = [];
        foreach (var path in desk.Folder.Parts())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!RecordingNames.TryParseFile(Path.GetFileName(path), out var id, out var startedAt, out var offsetMs))
            {
                log.LogWarning("{Path} is no recording of this platform and is left where it is", path);
                continue;
            }
            try
            {
                if (RecordingRepair.TryComplete(path) is not { } finished)
                {
                    continue; // It is being written, or nothing was recorded.
                }
                var recovered = await desk.KeepAsync(id, startedAt, offsetMs, finished);
                log.LogWarning("Recording {Recording} was left behind by a process that ended; it is kept", id);
                kept.Add(recovered.Note);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecordingException)
            {
                log.LogError(e, "{Path} is not recovered", path);
            }
        }
        return kept;
    }
}
