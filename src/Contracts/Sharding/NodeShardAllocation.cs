using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// A shard's home is the region that asks for it, where that node doesn't drain. So a node takes what it asks for: shards for
/// its new calls at its start, those of calls that it takes up after a crash. A shard that nobody asks for has no home: the
/// coordinator would give a new one to every shard of a node that went, one write to all nodes after the other, and the
/// shards with calls in them would wait for those without. Shards move only from nodes that drain, a few at a time; and
/// spare ones are given up, lest in time all of them have homes, and a new node finds none.
/// </summary>
public sealed class NodeShardAllocation(ClusterView view, ShardKind kind) : IActorSystemDependentAllocationStrategy
{
    /// <summary>Shards that move at the same time.</summary>
    private const int MostMoving = 8;

    /// <summary>Calls that may leave a node at one tick (rebalance-interval): what the others take up meanwhile without a queue.</summary>
    private const int CallsPerTick = 30;

    // Nothing waits for an answer to these.
    private static readonly Task<IActorRef> Nowhere = new TaskCompletionSource<IActorRef>().Task;

    private ActorSystem? _system;
    private string _selfAddress = "";

    public void Start(ActorSystem system) =>
        (_system, _selfAddress) = (system, Cluster.Get(system).SelfAddress.ToString());

    public Task<IActorRef> AllocateShard(
        IActorRef requester,
        string shardId,
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations
    )
    {
        if (requester.Equals(_system!.IgnoreRef))
        {
            return Nowhere;
        }
        var mayHold = currentShardAllocations.ContainsKey(requester);
        if (mayHold && !Drains(requester))
        {
            return Task.FromResult(requester);
        }
        var least = currentShardAllocations
            .OrderBy(region => Drains(region.Key))
            .ThenBy(region => StateOf(region.Key)?.Calls ?? 0)
            .ThenBy(region => region.Value.Count)
            .First()
            .Key;
        return Task.FromResult(mayHold && Drains(least) ? requester : least);
    }

    public Task<IImmutableSet<string>> Rebalance(
        IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations,
        IImmutableSet<string> rebalanceInProgress
    )
    {
        var room = MostMoving - rebalanceInProgress.Count;
        var moving = ImmutableHashSet<string>.Empty;
        if (room > 0 && currentShardAllocations.Keys.Any(region => !Drains(region)))
        {
            foreach (var (region, shards) in currentShardAllocations)
            {
                var staying = shards.Where(shard => !rebalanceInProgress.Contains(shard));
                var going = Drains(region)
                    ? staying.Take(WaveOf(region, shards.Count))
                    : staying.Where(SpareOf(region));
                moving = moving.Union(going.Take(room - moving.Count));
            }
        }
        return Task.FromResult<IImmutableSet<string>>(moving);
    }

    private int WaveOf(IActorRef region, int shards)
    {
        var callsPerShard = (double)(StateOf(region)?.Calls ?? 0) / shards;
        return (int)Math.Clamp(CallsPerTick / Math.Max(callsPerShard, 0.1), 1, MostMoving);
    }

    private Func<string, bool> SpareOf(IActorRef region)
    {
        var spare = view.SpareOf(AddressOf(region), kind);
        return shard => spare.Count > 0 && ShardedId.NumberOf(shard) is >= 0 and var number && spare.Contains(number);
    }

    private bool Drains(IActorRef region) => StateOf(region) is { Draining: true };

    private NodeState? StateOf(IActorRef region) => view.Find(AddressOf(region));

    private string AddressOf(IActorRef region) =>
        region.Path.Address.HasLocalScope ? _selfAddress : region.Path.Address.ToString();
}
