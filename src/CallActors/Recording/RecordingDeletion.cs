using Microsoft.Extensions.Logging;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Deletes recordings, in steps of which each can be done again: the catalogue's mark, the bytes, the row. What is marked is
/// in no list any more. A row stays while a node is uploading its file, since what arrives in the bucket after all must go.
/// </summary>
public sealed class RecordingDeletion(
    RecordingFolder folder,
    RecordingCatalog catalog,
    IRecordingStore store,
    TimeProvider time,
    ILogger<RecordingDeletion> log
)
{
    private const int Batch = 100;

    /// <summary>All parts of a recording, and those that come yet. False when there is no such recording.</summary>
    /// <exception cref="IOException">A part lies in the folder of another node; nothing is deleted.</exception>
    public async Task<bool> DeleteAsync(string recording, string cause, CancellationToken cancellation)
    {
        var parts = await catalog.PartsAsync(recording, cancellation);
        if (parts.Count == 0)
        {
            return false;
        }
        if (
            parts.FirstOrDefault(part => part.State != RecordingState.Uploaded && part.Place != folder.Place) is { } far
        )
        {
            throw new IOException($"Recording {far.Id} lies in the folder of node {far.Node}.");
        }
        await catalog.MarkDeletedAsync(recording, time.GetUtcNow(), cancellation);
        foreach (var part in parts)
        {
            await FinishAsync(part, cause, cancellation);
        }
        return true;
    }

    /// <summary>One part that is too old, or takes too much room. False when somebody else does it.</summary>
    internal async Task<bool> DeletePartAsync(RecordingEntry part, string cause, CancellationToken cancellation)
    {
        if (!await catalog.MarkPartDeletedAsync(part.Id, time.GetUtcNow(), cancellation))
        {
            return false;
        }
        await FinishAsync(part, cause, cancellation);
        return true;
    }

    /// <summary>Goes on with what was marked and not deleted: the bucket was away, the process was killed, an upload was under way.</summary>
    public async Task GoOnAsync(CancellationToken cancellation)
    {
        foreach (var part in await catalog.MarkedAsync(folder.Place, time.GetUtcNow(), Batch, cancellation))
        {
            if (!await FinishAsync(part, "it was deleted before", cancellation))
            {
                return; // The next would meet the same.
            }
        }
    }

    private async Task<bool> FinishAsync(RecordingEntry part, string cause, CancellationToken cancellation)
    {
        try
        {
            await store.DeleteAsync(part, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogError("Recording {Recording} is not deleted yet: {Cause}", part.Id, e.Message);
            return false;
        }
        if (await catalog.RemoveAsync(part.Id, time.GetUtcNow(), cancellation))
        {
            log.LogInformation(
                "Recording {Recording} of {StartedAt} ({Bytes} bytes) deleted from {Uri}: {Cause}",
                part.Id,
                part.StartedAt,
                part.Bytes,
                part.Uri,
                cause
            );
        }
        return true;
    }
}
