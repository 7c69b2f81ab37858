using Akka.Actor;
using Akka.Cluster.Sharding;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// Finds the shards of this node in which nothing lives, and that it does not keep for new calls. They are offered to be
/// given up for a moment only: a shard that has been given up may be at home here again soon, with a life in it.
/// </summary>
internal sealed class SpareShards : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    // Two announcements and a tick of the coordinator.
    private static readonly TimeSpan Offered = TimeSpan.FromSeconds(1.5);

    private readonly IActorRef _region;
    private HashSet<string> _emptyBefore = [];

    public SpareShards(IActorRef region, ShardKind kind, ClusterView view)
    {
        _region = region;
        Receive<Look>(_ => _region.Tell(GetShardRegionState.Instance));
        Receive<CurrentShardRegionState>(state =>
        {
            var empty = state
                .Shards.Where(shard => shard.EntityIds.Count == 0)
                .Select(shard => shard.ShardId)
                .ToHashSet();
            // Twice in a row: what has just been touched is about to be used.
            var spare = new ShardSet();
            foreach (var shard in empty.Where(_emptyBefore.Contains).Select(name => ShardedId.NumberOf(name)))
            {
                if (kind != ShardKind.Calls || !view.HasClaimed(shard))
                {
                    spare.Add(shard);
                }
            }
            _emptyBefore = empty;
            view.SetSpare(kind, spare);
            Timers.StartSingleTimer(nameof(Withdraw), Withdraw.Instance, Offered);
        });
        Receive<Withdraw>(_ => view.SetSpare(kind, new ShardSet()));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Withdraw
    {
        public static readonly Withdraw Instance = new();
    }

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Every);
}
