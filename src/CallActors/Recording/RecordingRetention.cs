namespace OCPlatform.CallActors.Recording;

/// <summary>Deletes recordings that are older than they may be, or take more room than there is for them: the oldest first.</summary>
public sealed class RecordingRetention(
    RecordingOptions options,
    RecordingFolder folder,
    RecordingCatalog catalog,
    RecordingDeletion deletion,
    string node,
    TimeProvider time
)
{
    private const int Batch = 100;

    // What was deleted by hand is remembered so long: a node that was away may bring a part of it.
    private static readonly TimeSpan Memory = TimeSpan.FromDays(400);

    // A sweep takes less; a node that ends within one holds the others up for so long.
    private static readonly TimeSpan MostSweep = TimeSpan.FromMinutes(30);

    // What one sweep may delete; the next one goes on.
    private const int MostBatches = 50;
    private const long Megabyte = 1_000_000;

    /// <summary>One sweep; returns how many were deleted. Of nodes that share the folder one sweeps at a time.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var errand = $"retention/{folder.Place}";
        if (!await catalog.TryTakeErrandAsync(errand, node, now, now + MostSweep, cancellation))
        {
            return 0;
        }
        try
        {
            await catalog.ForgetDeletedAsync(now - Memory, cancellation);
            return await DeleteTooManyAsync(cancellation);
        }
        finally
        {
            await catalog.TryTakeErrandAsync(errand, node, now, now, CancellationToken.None);
        }
    }

    private async Task<int> DeleteTooManyAsync(CancellationToken cancellation)
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
            deleted += await deletion.DeletePartAsync(entry, cause, cancellation) ? 1 : 0;
        }
        return deleted;
    }
}
