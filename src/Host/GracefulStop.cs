using OCPlatform.Host.Configuration;
using OCPlatform.Host.Health;
using Serilog;

namespace OCPlatform.Host;

/// <summary>
/// The end of the process. First the node stops taking calls and those it has are told goodbye (BYE), then HTTP and
/// the actor system stop. Whatever hangs, the process is gone 5 s after the signal.
/// </summary>
public sealed class GracefulStop(
    NodeOptions options,
    Draining draining,
    IHostApplicationLifetime lifetime,
    TimeProvider time
) : IHostedLifecycleService, IDisposable
{
    /// <summary>Below the promised 5 s by what a process needs to leave.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(4.5);

    private ITimer? _watchdog;
    private CancellationTokenRegistration _onStopping;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The signal itself starts the clock, not the first service's turn.
        _onStopping = lifetime.ApplicationStopping.Register(() =>
        {
            draining.Begin();
            _watchdog = time.CreateTimer(_ => Leave(), null, LastMoment, Timeout.InfiniteTimeSpan);
        });
        return Task.CompletedTask;
    }

    /// <summary>Runs before any service is stopped: SIP still answers, calls can still say BYE.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        Log.Information("Stopping: no new calls; live calls have {DrainSeconds} s to end", options.DrainSeconds);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _onStopping.Dispose();
        _watchdog?.Dispose();
    }

    private static void Leave()
    {
        Log.Error("The stop took longer than {LastMoment} s; leaving what is left", LastMoment.TotalSeconds);
        Log.CloseAndFlush();
        Environment.Exit(1);
    }
}

public static class GracefulStopRegistration
{
    public static IServiceCollection AddGracefulStop(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton(options);
        services.AddHostedService<GracefulStop>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
        return services;
    }
}
