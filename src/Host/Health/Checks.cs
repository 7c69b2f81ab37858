using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Models;
using OCPlatform.CallActors;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Host.Health;

/// <summary>Whether the node is being stopped: then it is not ready, so that no balancer sends it more.</summary>
public sealed class Draining
{
    private volatile bool _begun;

    public bool HasBegun => _begun;

    public void Begin() => _begun = true;
}

internal sealed class DrainingCheck(Draining draining) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation) =>
        Task.FromResult(
            draining.HasBegun ? HealthCheckResult.Unhealthy("the node is being stopped") : HealthCheckResult.Healthy()
        );
}

internal sealed class ClusterCheck(ActorSystem system) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation)
    {
        var status = Cluster.Get(system).SelfMember.Status;
        return Task.FromResult(
            status == MemberStatus.Up
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"this node is {status}, not Up")
        );
    }
}

/// <summary>
/// Every shard region of this node knows its coordinator, so that it can find a home for a new entity; and a node for calls
/// has shards for new ones, so that the first need not wait for one.
/// </summary>
internal sealed class ShardsCheck(ActorRegistry registry, ClusterView view) : IHealthCheck
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(AskAsync<CallRegion>(cancellation), AskAsync<ConversationRegion>(cancellation));
            if (view.Self.Roles.Contains(CallHosting.Role) && view.ClaimedShards == 0 && !view.Draining)
            {
                return HealthCheckResult.Unhealthy("no shard for new calls is at home here yet");
            }
            return HealthCheckResult.Healthy();
        }
        catch (Exception e)
        {
            return HealthCheckResult.Unhealthy($"a shard region does not answer: {e.Message}");
        }
    }

    private async Task AskAsync<TRegion>(CancellationToken cancellation)
    {
        // Which regions a node has depends on its roles.
        if (registry.TryGet<TRegion>(out var region))
        {
            await region.Ask<CurrentRegions>(GetCurrentRegions.Instance, AskTimeout, cancellation);
        }
    }
}

/// <summary>Every SIP listener is bound.</summary>
internal sealed class SipCheck(SipGatewayStatus status, SipGatewayOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation) =>
        Task.FromResult(
            status.IsBound
                ? HealthCheckResult.Healthy(
                    string.Join(", ", status.Listeners.Select(l => $"{l.Transport.ToLowerInvariant()} {l.Local}"))
                )
                : HealthCheckResult.Unhealthy(
                    options.Listeners.Count > 0
                        ? "a listener of sip.listeners is not bound; the log says which and why"
                        : $"{options.BindAddress}:{options.Port} is not bound by UDP and TCP; is another program on sip.port?"
                )
        );
}

/// <summary>The model files are there, and the engines have them loaded.</summary>
internal sealed class ModelsCheck(ModelStore models, IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation)
    {
        if (!models.IsComplete())
        {
            return Task.FromResult(
                HealthCheckResult.Unhealthy($"{models.Directory} is not complete; run ./ocp models fetch")
            );
        }
        // Resolving loads them, once; a start that goes wrong is told here with its cause. Nodes without role `ai` have none.
        var engines = services.GetService<SpeechEngines>();
        return Task.FromResult(
            engines?.KokoroUnavailable is { } reason
                ? HealthCheckResult.Healthy($"flite speaks for Kokoro: {reason}")
                : HealthCheckResult.Healthy(models.Directory)
        );
    }
}

/// <summary>The journal has been used once since the start, so that no call's first event waits for that.</summary>
internal sealed class JournalCheck(JournalWarmth warmth) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation) =>
        Task.FromResult(
            warmth.IsReady
                ? HealthCheckResult.Healthy(warmth.Doubt)
                : HealthCheckResult.Unhealthy("no event has been written and read back yet")
        );
}

/// <summary>
/// The database takes a write: for SQLite a transaction that changes nothing, but needs the write lock. Without it live
/// calls go on; whether the node takes new ones is calls.whenDatabaseIsAway.
/// </summary>
internal sealed class DatabaseCheck(Database database, IDatabaseHealth health, CallOptions calls) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellation)
    {
        if (health.Cause is { } cause)
        {
            return Away(cause);
        }
        try
        {
            if (database.Provider == DatabaseProvider.Postgres)
            {
                await database.TouchAsync(cancellation);
                return HealthCheckResult.Healthy();
            }
            await using var connection = await database.OpenAsync(cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE; ROLLBACK;";
            await command.ExecuteNonQueryAsync(cancellation);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Away(e.Message);
        }
    }

    private HealthCheckResult Away(string cause) =>
        calls.WhenDatabaseIsAway == DatabaseAwayPolicy.Accept
            ? HealthCheckResult.Degraded($"calls are taken without their journal: {cause}")
            : HealthCheckResult.Unhealthy(cause);
}
