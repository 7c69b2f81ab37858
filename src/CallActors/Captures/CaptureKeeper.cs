using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OCPlatform.CallActors.Captures;

/// <summary>Deletes old captures, after the start and every hour. No call waits for that, and none fails with it.</summary>
public sealed class CaptureKeeper(CallCaptures captures, TimeProvider time, ILogger<CaptureKeeper> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Sweep();
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
    }

    private void Sweep()
    {
        var swept = captures.Files.Sweep();
        if (swept.Deleted > 0)
        {
            log.LogInformation("{Count} old captures are deleted", swept.Deleted);
        }
        if (swept.Faults is [var first, ..])
        {
            log.LogError("{Count} old captures could not be deleted, first: {Cause}", swept.Faults.Count, first);
        }
    }
}
