using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>After a start: completes the recordings that a killed process left in `active`, and keeps them.</summary>
public sealed class RecordingRecovery(RecordingDesk desk, ILogger<RecordingRecovery> log)
{
    /// <summary>What was kept, for the calls' journals.</summary>
    public async Task<IReadOnlyList<CallCommands.NoteRecording>> RunAsync(CancellationToken cancellation)
    {
        List<CallCommands.NoteRecording> kept = [];
        foreach (var path in desk.Folder.Parts())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!RecordingNames.TryParsePart(Path.GetFileName(path), out var id, out var call, out var startedAt))
            {
                log.LogWarning("{Path} is no recording of this platform and is left where it is", path);
                continue;
            }
            try
            {
                if (RecordingRepair.TryComplete(path) is not { } finished)
                {
                    continue; // Another process writes it, or nothing was recorded.
                }
                var entry = (await desk.KeepAsync(id, call, startedAt, finished)).Entry;
                log.LogWarning("Recording {Recording} was left behind by a process that ended; it is kept", id);
                kept.Add(
                    new CallCommands.NoteRecording(
                        call,
                        id,
                        entry.Uri,
                        entry.DurationMs,
                        entry.Bytes,
                        entry.Sha256,
                        entry.Fault
                    )
                );
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecordingException)
            {
                log.LogError(e, "{Path} is not recovered", path);
            }
        }
        return kept;
    }
}
