using Akka.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// The node's errands for its recordings: recovery after the start and of nodes that are gone, uploads every second, what
/// waits for the database every ten, what is left to delete every minute, retention every hour; and at the stop it waits
/// for those that are being ended.
/// </summary>
public sealed class RecordingKeeper(
    RecordingDesk desk,
    RecordingRecovery recovery,
    RecordingRetention retention,
    RecordingDeletion deletion,
    IRequiredActor<CallRegion> calls,
    TimeProvider time,
    ILogger<RecordingKeeper> log,
    RecordingUploads? uploads = null
) : BackgroundService
{
    private static readonly TimeSpan UploadInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DeletionInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(1.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await TryAsync("Recovery", () => NoteAsync(recovery.RunAsync, stoppingToken), stoppingToken);
        await Task.WhenAll(
            RepeatAsync(
                "Recovery",
                RecordingRecovery.BeatInterval,
                () => NoteAsync(recovery.WatchAsync, stoppingToken),
                stoppingToken
            ),
            RepeatAsync(
                "Keeping",
                RecordingDesk.RetryInterval,
                () => NoteAsync(desk.KeepPostponedAsync, stoppingToken),
                stoppingToken
            ),
            RepeatAsync("Deletion", DeletionInterval, () => deletion.GoOnAsync(stoppingToken), stoppingToken),
            RepeatAsync("Retention", SweepInterval, () => retention.SweepAsync(stoppingToken), stoppingToken),
            uploads is null ? Task.CompletedTask : UploadAsync(uploads, stoppingToken)
        );
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await desk.DrainAsync(DrainDeadline);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>What was recovered is told to the calls it belongs to.</summary>
    private async Task NoteAsync(
        Func<CancellationToken, Task<IReadOnlyList<CallCommands.NoteRecording>>> recover,
        CancellationToken stopping
    )
    {
        var kept = await recover(stopping);
        if (kept.Count == 0)
        {
            return;
        }
        var region = await calls.GetAsync(stopping);
        foreach (var note in kept)
        {
            region.Tell(note, Akka.Actor.ActorRefs.NoSender);
        }
    }

    private async Task UploadAsync(RecordingUploads uploading, CancellationToken stopping)
    {
        await TryAsync("Uploads", () => uploading.ReviveAsync(stopping), stopping);
        await RepeatAsync(
            "Uploads",
            UploadInterval,
            async () =>
            {
                while (await uploading.RunDueAsync(stopping) > 0) { }
            },
            stopping
        );
    }

    private async Task RepeatAsync(string errand, TimeSpan interval, Func<Task> run, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            await TryAsync(errand, run, stopping);
        } while (await WaitAsync(timer, stopping));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A fault (the database is away) costs this round, not the errand.</summary>
    private async Task TryAsync(string errand, Func<Task> run, CancellationToken stopping)
    {
        try
        {
            await run();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
        catch (Exception e)
        {
            log.LogError(e, "{Errand} of recordings failed and is tried again", errand);
        }
    }
}
