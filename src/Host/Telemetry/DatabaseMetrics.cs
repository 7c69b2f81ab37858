using System.Diagnostics.Metrics;
using Akka.Actor;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.Host.Telemetry;

/// <summary>The database as this node sees it, and what waits for it, for the metrics page.</summary>
public sealed class DatabaseMetrics(ActorSystem system, IDatabaseHealth health) : IHostedService, IDisposable
{
    private readonly Meter _meter = new("OCPlatform.Database");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge(
            "ocp_database_away",
            () => health.IsAway ? 1 : 0,
            description: "1 while this node takes the database to be away."
        );
        _meter.CreateObservableGauge(
            "ocp_database_events_buffered",
            () => JournalBuffer.EventsOf(system),
            description: "Events of calls and conversations that wait in memory for the database."
        );
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter.Dispose();
}
