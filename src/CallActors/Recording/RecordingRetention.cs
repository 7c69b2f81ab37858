using Microsoft.Extensions.Logging;

namespace OCPlatform.CallActors.Recording;

/// <summary>Deletes recordings that are older than they may be, or take more room than there is for them: the oldest first.</summary>
public sealed class RecordingRetention(
    RecordingOptions options,
    RecordingFolder folder,
    RecordingCatalog catalog,
    IRecordingStore store,
    TimeProvider time,
    ILogger<RecordingRetention> log
)
{
    private const int Batch = 100;

    // What one sweep may delete; the next one goes on.
    private const int MostBatches = 50;
    private const long Megabyte = 1_000_000;

    /// <summary>One sweep; returns how many were deleted.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        var deleted = 0;
        if (options.RetentionDays > 0)
        {
            var before = time.GetUtcNow() - TimeSpan.FromDays(options.RetentionDays);
            var remote = options.S3.Bucket.Length > 0 && options.S3.DeleteExpired;
            for (var batch = 0; batch < MostBatches; batch++)
            {
                var expired = await catalog.BeforeAsync(folder.Place, remote, before, Batch, cancellation);
                var gone = await DeleteAsync(expired, $"older than {options.RetentionDays} days", cancellation);
                deleted += gone;
                if (expired.Count < Batch || gone == 0)
                {
                    break;
                }
            }
        }
        if (options.MaxTotalMegabytes > 0)
        {
            deleted += await MakeRoomAsync(cancellation);
        }
        return deleted;
    }

    private async Task<int> MakeRoomAsync(CancellationToken cancellation)
    {
        var deleted = 0;
        var excess = await catalog.BytesInAsync(folder.Place, cancellation) - options.MaxTotalMegabytes * Megabyte;
        for (var batch = 0; batch < MostBatches && excess > 0; batch++)
        {
            var oldest = await catalog.BeforeAsync(
                folder.Place,
                uploadedToo: false,
                time.GetUtcNow(),
                Batch,
                cancellation
            );
            List<RecordingEntry> tooMany = [];
            foreach (var entry in oldest.TakeWhile(_ => excess > 0))
            {
                tooMany.Add(entry);
                excess -= entry.Bytes;
            }
            var gone = await DeleteAsync(tooMany, $"more than {options.MaxTotalMegabytes} MB", cancellation);
            deleted += gone;
            if (gone == 0)
            {
                break;
            }
        }
        return deleted;
    }

    private async Task<int> DeleteAsync(
        IReadOnlyList<RecordingEntry> entries,
        string cause,
        CancellationToken cancellation
    )
    {
        var deleted = 0;
        foreach (var entry in entries)
        {
            try
            {
                await store.DeleteAsync(entry, cancellation);
                await catalog.DeleteAsync(entry.Id, cancellation);
                deleted++;
                log.LogInformation(
                    "Recording {Recording} of {StartedAt} ({Bytes} bytes) deleted from {Uri}: {Cause}",
                    entry.Id,
                    entry.StartedAt,
                    entry.Bytes,
                    entry.Uri,
                    cause
                );
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.LogError("Recording {Recording} is not deleted: {Cause}", entry.Id, e.Message);
            }
        }
        return deleted;
    }
}
