using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Http;

/// <summary>The cluster as the answering node sees it.</summary>
/// <param name="Self">Address of the node that answers.</param>
/// <param name="Leader">Address of the member that acts for all; null while there is none.</param>
/// <param name="Members">Every member, by address.</param>
/// <param name="Unreachable">Addresses of members that somebody cannot reach.</param>
public sealed record ClusterStatus(
    string Self,
    string? Leader,
    IReadOnlyList<ClusterMember> Members,
    IReadOnlyList<string> Unreachable
);

/// <summary>One member.</summary>
/// <param name="Name">As records name it; null until it has told about itself. So are calls, draining and cpuShare.</param>
/// <param name="Status">joining, up, leaving, exiting or down.</param>
/// <param name="Since">When its status last changed, as the answering node saw it.</param>
/// <param name="Calls">Live calls whose media is on it.</param>
/// <param name="CpuShare">Of its cores, 0 to 1.</param>
/// <param name="Shards">What it holds, by kind: calls, conversations. Empty when it did not answer.</param>
public sealed record ClusterMember(
    string? Name,
    string Address,
    string Status,
    bool Reachable,
    IReadOnlyList<string> Roles,
    string Version,
    DateTimeOffset? Since,
    int? Calls,
    bool? Draining,
    double? CpuShare,
    IReadOnlyDictionary<string, ShardCount> Shards
);

/// <summary>Shards of one kind on one node, and what lives in them.</summary>
public sealed record ShardCount(int Shards, int Entities);

/// <summary>`/cluster`: who is there, what they hold, who is missed.</summary>
public static class ClusterApi
{
    private static readonly TimeSpan StatsDeadline = TimeSpan.FromSeconds(1);

    public static IEndpointRouteBuilder MapClusterApi(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/cluster", StatusAsync)
            .WithTags("Cluster")
            .WithName("GetCluster")
            .WithSummary("The members of the cluster, as this node sees them.");
        return routes;
    }

    private static async Task<ClusterStatus> StatusAsync(
        ActorSystem system,
        ActorRegistry registry,
        IClusterView view,
        MemberTimes times,
        CancellationToken cancellation
    )
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var shards = await ShardsAsync(registry, cancellation);
        var state = cluster.State;
        var told = view.Nodes.ToDictionary(node => node.Address);
        return new ClusterStatus(
            cluster.SelfAddress.ToString(),
            state.Leader?.ToString(),
            [.. state.Members.Select(member => Describe(member, state, told, times, shards))],
            [.. state.Unreachable.Select(member => member.Address.ToString())]
        );
    }

    private static ClusterMember Describe(
        Member member,
        ClusterEvent.CurrentClusterState state,
        Dictionary<string, NodeState> told,
        MemberTimes times,
        IReadOnlyDictionary<Address, Dictionary<string, ShardCount>> shards
    )
    {
        var node = told.GetValueOrDefault(member.Address.ToString());
        return new ClusterMember(
            node?.Name,
            member.Address.ToString(),
            KeyNames.Camel(member.Status.ToString()),
            !state.Unreachable.Contains(member),
            [.. member.Roles.Order()],
            member.AppVersion.Version,
            times.Since(member.UniqueAddress),
            node?.Calls,
            node?.Draining,
            node?.CpuShare,
            shards.GetValueOrDefault(member.Address) ?? []
        );
    }

    private static async Task<IReadOnlyDictionary<Address, Dictionary<string, ShardCount>>> ShardsAsync(
        ActorRegistry registry,
        CancellationToken cancellation
    )
    {
        var found = new Dictionary<Address, Dictionary<string, ShardCount>>();
        foreach (var (kind, region) in ShardRegions.Of(registry))
        {
            foreach (var (address, stats) in await StatsAsync(region, cancellation))
            {
                var counts = found.TryGetValue(address, out var known) ? known : found[address] = [];
                counts[kind] = new ShardCount(stats.Stats.Count, stats.Stats.Values.Sum());
            }
        }
        return found;
    }

    private static async Task<IEnumerable<KeyValuePair<Address, ShardRegionStats>>> StatsAsync(
        IActorRef region,
        CancellationToken cancellation
    )
    {
        try
        {
            var stats = await region.Ask<ClusterShardingStats>(
                new GetClusterShardingStats(StatsDeadline),
                StatsDeadline * 2,
                cancellation
            );
            return stats.Regions;
        }
        catch (AskTimeoutException)
        {
            // There is no coordinator at the moment: the members are worth telling without their shards.
            return [];
        }
    }
}

/// <summary>The shard regions of a node, or the proxies to them, under the names that people read.</summary>
public static class ShardRegions
{
    public static IEnumerable<(string Kind, IActorRef Region)> Of(ActorRegistry registry)
    {
        if (registry.TryGet<CallRegion>(out var calls))
        {
            yield return ("calls", calls);
        }
        if (registry.TryGet<ConversationRegion>(out var conversations))
        {
            yield return ("conversations", conversations);
        }
    }
}
