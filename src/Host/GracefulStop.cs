using Akka.Actor;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Health;
using Serilog;

namespace OCPlatform.Host;

/// <summary>
/// The end of the process. First the node stops taking calls and those it has are told goodbye (BYE), then HTTP and
/// the actor system stop. Whatever hangs, the process is gone 5 s after the signal; where other nodes take the calls, after
/// the time that they may take to move besides.
/// </summary>
public sealed class GracefulStop(
    ActorSystem system,
    Draining draining,
    NodeFence fence,
    ClusterView view,
    PlatformOptions options,
    IHostApplicationLifetime lifetime,
    TimeProvider time
) : IHostedLifecycleService, IDisposable
{
    /// <summary>Below the promised 5 s by what a process needs to leave.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(4.5);

    /// <summary>When services that have not stopped by themselves are cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.2);

    // Asked by whoever comes first: the signal's callbacks run beside the stop that they announce.
    private readonly Lazy<TimeSpan> _moving = new(() =>
        view.OthersTakeCalls ? TimeSpan.FromSeconds(options.Cluster.DrainSeconds) : TimeSpan.Zero
    );

    private ITimer? _watchdog;
    private volatile bool _allStopped;
    private CancellationTokenRegistration _onStopping;

    /// <summary>What the services of the host have to stop, calls that move included; from the signal on.</summary>
    public TimeSpan Deadline => _moving.Value + Patience;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The signal itself starts the clock, not the first service's turn.
        _onStopping = lifetime.ApplicationStopping.Register(() =>
        {
            draining.Begin();
            var lastMoment = _moving.Value + LastMoment;
            _watchdog = time.CreateTimer(_ => Leave(lastMoment), null, lastMoment, Timeout.InfiniteTimeSpan);
        });
        return Task.CompletedTask;
    }

    /// <summary>
    /// Runs before any service is stopped. The actor system goes first: its shutdown begins with the calls' goodbyes,
    /// and they must not wait for the gRPC streams and chat sockets that Kestrel would wait for.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        CoordinatedShutdown.Reason reason = CoordinatedShutdown.ClrExitReason.Instance;
        if (fence.HasFallen)
        {
            reason = CoordinatedShutdown.ClusterDowningReason.Instance;
        }
        else
        {
            Log.Information("Stopping: no new calls, and live calls move to other nodes or are told goodbye");
        }
        await CoordinatedShutdown.Get(system).Run(reason).WaitAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All services have stopped: what the watchdog may cut from here on is only the freeing of memory.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _allStopped = true;
        return Task.CompletedTask;
    }

    // Not the watchdog: what is disposed after this service may hang too.
    public void Dispose() => _onStopping.Dispose();

    private void Leave(TimeSpan lastMoment)
    {
        if (_allStopped)
        {
            Log.CloseAndFlush();
            Environment.Exit(fence.HasFallen ? FencedExit.ExitCode : 0);
        }
        Log.Error("The stop took longer than {LastMoment} s; leaving what is left", lastMoment.TotalSeconds);
        Log.CloseAndFlush();
        Environment.Exit(fence.HasFallen ? FencedExit.ExitCode : 1);
    }
}

public static class GracefulStopRegistration
{
    public static IServiceCollection AddGracefulStop(this IServiceCollection services)
    {
        services.AddSingleton<NodeFence>();
        services.AddHostedService<FencedExit>();
        services.AddSingleton<GracefulStop>();
        services.AddHostedService(s => s.GetRequiredService<GracefulStop>());
        // Whoever stops the host says how long it may take: that depends on whether calls move, which only then is known.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        return services;
    }
}
