using Microsoft.Extensions.Logging;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Brings finished recordings from the folder to the bucket. The catalogue is the queue, so that a restart goes on where it
/// was. Pauses between the attempts grow from 2 s to 10 min, until the deadline.
/// </summary>
public sealed class RecordingUploads(
    RecordingOptions options,
    RecordingFolder folder,
    RecordingCatalog catalog,
    S3RecordingStore store,
    string node,
    TimeProvider time,
    ILogger<RecordingUploads> log
)
{
    private const int AtOnce = 4;

    // An attempt ends by its own deadline; only a node that is gone lets this pass.
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>After a start: what waits is due at once, what was given up gets its time anew.</summary>
    public Task ReviveAsync(CancellationToken cancellation) =>
        catalog.ReviveAsync(
            folder.Place,
            node,
            time.GetUtcNow() + TimeSpan.FromHours(options.S3.GiveUpHours),
            cancellation
        );

    /// <summary>Tries what is due, a few at once; returns how many that was.</summary>
    public async Task<int> RunDueAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var until = now + TimeSpan.FromSeconds(options.S3.AttemptSeconds) + ClaimMargin;
        var due = await catalog.ClaimDueAsync(folder.Place, node, now, until, AtOnce, cancellation);
        await Task.WhenAll(due.Select(d => TryUploadAsync(d.Entry, d.Attempts + 1, d.GiveUpAt, cancellation)));
        return due.Count;
    }

    /// <summary>How long to wait after so many attempts.</summary>
    internal static TimeSpan PauseAfter(int attempts)
    {
        // 2^9 × 2 s is beyond the longest.
        var pause = FirstPause * (1 << Math.Min(attempts - 1, 9));
        return pause < LongestPause ? pause : LongestPause;
    }

    private async Task TryUploadAsync(
        RecordingEntry entry,
        int attempt,
        DateTimeOffset giveUpAt,
        CancellationToken cancellation
    )
    {
        if (!File.Exists(folder.PathOf(entry.Key)))
        {
            // Between catalogue and folder lies a moment; after it the file was taken away by somebody.
            await FailAsync(entry, attempt, giveUpAt, "its file is not in the folder", cancellation);
            return;
        }
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(options.S3.AttemptSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await store.UploadAsync(entry, both.Token);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            var cause = deadline.IsCancellationRequested
                ? $"no confirmation within {options.S3.AttemptSeconds} s"
                : e.Message;
            await FailAsync(entry, attempt, giveUpAt, cause, cancellation);
            return;
        }
        if (!await catalog.SetUploadedAsync(entry.Id, cancellation))
        {
            // Deleted while it was on its way. Whoever did that found no object, or one that came back.
            await store.DeleteAsync(entry with { State = RecordingState.Uploaded }, cancellation);
            await catalog.RemoveAsync(entry.Id, time.GetUtcNow(), cancellation);
            return;
        }
        // In this order: a process that is killed in between leaves a copy too many, not one too few.
        await store.DeleteLocalAsync(entry, cancellation);
        log.LogInformation("Recording {Recording} is at {Uri} after {Attempts} attempts", entry.Id, entry.Uri, attempt);
    }

    private async Task FailAsync(
        RecordingEntry entry,
        int attempt,
        DateTimeOffset giveUpAt,
        string cause,
        CancellationToken cancellation
    )
    {
        var again = time.GetUtcNow() + PauseAfter(attempt);
        if (again >= giveUpAt)
        {
            log.LogError(
                "Recording {Recording} stays in the folder after {Attempts} attempts: {Cause}",
                entry.Id,
                attempt,
                cause
            );
            await catalog.GiveUpAsync(entry.Id, cancellation);
            return;
        }
        log.LogWarning("Recording {Recording}, attempt {Attempt}: {Cause}", entry.Id, attempt, cause);
        await catalog.PostponeAsync(entry.Id, attempt, again, cancellation);
    }
}
