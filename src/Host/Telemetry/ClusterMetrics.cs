using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Host.Http;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Telemetry;

/// <summary>The cluster as this node sees it, and the shards it holds, for the metrics page.</summary>
public sealed class ClusterMetrics(ActorSystem system, ActorRegistry registry, NodeFence fence, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly MemberStatus[] Statuses =
    [
        MemberStatus.Joining,
        MemberStatus.WeaklyUp,
        MemberStatus.Up,
        MemberStatus.Leaving,
        MemberStatus.Exiting,
        MemberStatus.Down,
    ];

    private readonly Meter _meter = new("OCPlatform.Cluster");
    private readonly ConcurrentDictionary<string, ShardCount> _shards = new();

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        _meter.CreateObservableGauge(
            "ocp_cluster_members",
            // Each status each time: one that is not told any more would keep its last figure.
            () =>
                Statuses.Select(status => new Measurement<int>(
                    cluster.State.Members.Count(member => member.Status == status),
                    KeyValuePair.Create("status", (object?)status.ToString())
                )),
            description: "Members of the cluster that this node sees, by status."
        );
        _meter.CreateObservableGauge(
            "ocp_cluster_unreachable",
            () => cluster.State.Unreachable.Count,
            description: "Members that some member cannot reach."
        );
        var proofs = CrashProofs.Of(system.EventStream);
        _meter.CreateObservableGauge(
            "ocp_cluster_longest_silence_seconds",
            () => proofs.TakeLongestSilence().TotalSeconds,
            "s",
            "Longest silence of a member between two heartbeats, since the page was last asked for."
        );
        _meter.CreateObservableGauge(
            "ocp_cluster_fenced",
            () => fence.HasFallen ? 1 : 0,
            description: "1 when this node was cut off from its cluster and has fallen silent."
        );
        _meter.CreateObservableGauge(
            "ocp_cluster_shards",
            () => _shards.Select(pair => Measured(pair.Key, pair.Value.Shards)),
            description: "Shards that this node holds."
        );
        _meter.CreateObservableGauge(
            "ocp_cluster_entities",
            () => _shards.Select(pair => Measured(pair.Key, pair.Value.Entities)),
            description: "Calls and conversations whose actors are on this node."
        );
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (kind, region) in ShardRegions.Of(registry))
            {
                await CountAsync(kind, region, stoppingToken);
            }
        }
    }

    private async Task CountAsync(string kind, IActorRef region, CancellationToken stopping)
    {
        try
        {
            var stats = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, Interval, stopping);
            _shards[kind] = new ShardCount(stats.Stats.Count, stats.Stats.Values.Sum());
        }
        catch (AskTimeoutException)
        {
            _shards[kind] = new ShardCount(0, 0);
        }
    }

    private static Measurement<int> Measured(string kind, int value) =>
        new(value, KeyValuePair.Create("region", (object?)kind));
}
