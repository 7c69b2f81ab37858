using System.Collections.Immutable;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Nodes;

/// <summary>
/// What this node knows of all nodes, and where it puts new calls accordingly. Written by <see cref="ClusterViewActor"/>
/// and by the node's own parts, read by anyone.
/// </summary>
public sealed class ClusterView(INodeSelf self, TimeProvider time) : IClusterView, ICallPlacement
{
    /// <summary>Six announcements missed: longer than any pause of a node that is well.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(3);

    /// <summary>Above this share of its cores a node is full, however few calls it has.</summary>
    private const double FullCpuShare = 0.85;

    private const string CallRole = "call";

    private readonly Lock _lock = new();
    private ImmutableDictionary<string, Peer> _peers = ImmutableDictionary<string, Peer>.Empty;
    private string _address = "";
    private Shards _shards = Shards.None;
    private volatile bool _draining;
    private volatile Peer? _self;

    /// <summary>Shards of one node. The sets do not change.</summary>
    private sealed record Shards(ShardSet Claimed, ShardSet Open, ShardSet SpareCalls, ShardSet SpareConversations)
    {
        public static readonly Shards None = new(new ShardSet(), new ShardSet(), new ShardSet(), new ShardSet());
    }

    /// <summary>A node, and how many calls were put there since it last spoke.</summary>
    private sealed class Peer(NodeState state, Shards shards, long seenTicks, Peer? before)
    {
        public NodeState State => state;

        public Shards Shards => shards;

        public IReadOnlyList<int> Open { get; } = shards.Open.ToList();

        public long SeenTicks => seenTicks;

        public int Placed;

        // It goes on where the node's former state was: its calls may not have begun yet.
        private readonly int _first = before?.Next ?? Random.Shared.Next(ShardedId.ShardCount);

        private int Next => (_first + Volatile.Read(ref Placed)) & int.MaxValue;

        /// <summary>One shard after the other: calls that share one must wait for each other when it moves.</summary>
        public int NextShard()
        {
            var placed = Interlocked.Increment(ref Placed);
            return Open[((_first + placed) & int.MaxValue) % Open.Count];
        }

        /// <summary>Its member is there but does not answer.</summary>
        public bool Unreachable { get; init; }

        public int Calls => state.Calls + Volatile.Read(ref Placed);
    }

    /// <summary>This node's state changed so that all others must know at once.</summary>
    internal event Action? MustTell;

    public NodeState Self => (_self ?? Refresh()).State;

    /// <summary>This node gives its calls away and takes no more.</summary>
    public bool Draining => _draining;

    public IReadOnlyList<NodeState> Nodes => [Self, .. Fresh(Volatile.Read(ref _peers)).Select(peer => peer.State)];

    /// <summary>Shards that this node keeps for calls.</summary>
    public int ClaimedShards => (_self ?? Refresh()).Shards.Claimed.Count;

    /// <summary>Whether a node other than this one can hold calls.</summary>
    public bool OthersTakeCalls =>
        Fresh(Volatile.Read(ref _peers)).Any(peer => !peer.Unreachable && TakesCalls(peer.State));

    /// <summary>Nodes that can hold calls now, by address, this one included unless it drains.</summary>
    public IReadOnlyList<string> TakingCalls => [.. Nodes.Where(TakesCalls).Select(node => node.Address)];

    public CallId NewCall()
    {
        var candidates = Candidates();
        if (candidates.Count == 0)
        {
            return CallId.New();
        }
        var first = Random.Shared.Next(candidates.Count);
        var chosen = candidates[first];
        if (candidates.Count > 1)
        {
            // Two random choices: as good as the least loaded one, and no herd when announcements are old.
            var other = candidates[(first + 1 + Random.Shared.Next(candidates.Count - 1)) % candidates.Count];
            chosen = Better(chosen, other);
        }
        return CallId.New(chosen.NextShard());
    }

    /// <summary>Begins to drain, for good.</summary>
    public void Drain()
    {
        _draining = true;
        Refresh();
        MustTell?.Invoke();
    }

    /// <summary>Which shards this node keeps for calls, and which of them new calls are put into. The sets are copied.</summary>
    public void SetClaimed(ShardSet claimed, ShardSet open) =>
        Change(shards =>
            shards with
            {
                Claimed = new ShardSet(claimed.ToBytes()),
                Open = new ShardSet(open.ToBytes()),
            }
        );

    internal void SetSpare(ShardKind kind, ShardSet spare) =>
        Change(shards =>
            kind == ShardKind.Calls ? shards with { SpareCalls = spare } : shards with { SpareConversations = spare }
        );

    internal bool HasClaimed(int shard) => (_self ?? Refresh()).Shards.Claimed.Contains(shard);

    /// <summary>What a node last said, by its address; null for one that said nothing.</summary>
    internal NodeState? Find(string address) =>
        address == _address ? Self : Volatile.Read(ref _peers).GetValueOrDefault(address)?.State;

    internal ShardSet SpareOf(string address, ShardKind kind)
    {
        var node = address == _address ? _self : Volatile.Read(ref _peers).GetValueOrDefault(address);
        var shards = node?.Shards ?? Shards.None;
        return kind == ShardKind.Calls ? shards.SpareCalls : shards.SpareConversations;
    }

    /// <summary>Whether any other node puts calls into the shard.</summary>
    public bool IsClaimedElsewhere(int shard) =>
        Volatile.Read(ref _peers).Values.Any(peer => peer.Shards.Claimed.Contains(shard));

    internal void Start(string address) => _address = address;

    /// <summary>What it tells the others.</summary>
    public NodeMessages.Announcement Announce()
    {
        var self = Refresh();
        return new NodeMessages.Announcement(
            self.State,
            self.Shards.Claimed.ToBytes(),
            self.Shards.Open.ToBytes(),
            self.Shards.SpareCalls.ToBytes(),
            self.Shards.SpareConversations.ToBytes()
        );
    }

    internal void Hear(NodeMessages.Announcement said)
    {
        var shards = new Shards(
            new ShardSet(said.Claimed),
            new ShardSet(said.Open),
            new ShardSet(said.SpareCalls),
            new ShardSet(said.SpareConversations)
        );
        var now = time.GetTimestamp();
        ImmutableInterlocked.AddOrUpdate(
            ref _peers,
            said.State.Address,
            _ => new Peer(said.State, shards, now, before: null),
            (_, before) => new Peer(said.State, shards, now, before)
        );
    }

    internal void Drop(string address) => ImmutableInterlocked.TryRemove(ref _peers, address, out _);

    /// <summary>It gets no new calls until it speaks again.</summary>
    internal void DoubtReachable(string address)
    {
        if (Volatile.Read(ref _peers).TryGetValue(address, out var peer))
        {
            var doubted = new Peer(peer.State, Shards.None, peer.SeenTicks, peer) { Unreachable = true };
            ImmutableInterlocked.TryUpdate(ref _peers, address, doubted, peer);
        }
    }

    private void Change(Func<Shards, Shards> change)
    {
        lock (_lock)
        {
            _shards = change(_shards);
        }
        Refresh();
    }

    private Peer Refresh()
    {
        var state = self.Describe(_address, _draining);
        lock (_lock)
        {
            var shards = _draining ? _shards with { Claimed = new ShardSet(), Open = new ShardSet() } : _shards;
            return _self = new Peer(state, shards, time.GetTimestamp(), _self);
        }
    }

    private List<Peer> Candidates()
    {
        var nodes = Fresh(Volatile.Read(ref _peers)).Append(_self ?? Refresh());
        return [.. nodes.Where(peer => TakesCalls(peer.State) && peer.Open.Count > 0)];
    }

    private IEnumerable<Peer> Fresh(ImmutableDictionary<string, Peer> peers) =>
        peers.Values.Where(peer => time.GetElapsedTime(peer.SeenTicks) < Stale);

    private static bool TakesCalls(NodeState node) => !node.Draining && node.Roles.Contains(CallRole);

    private static Peer Better(Peer one, Peer other) =>
        IsFull(one) != IsFull(other) ? (IsFull(one) ? other : one)
        : one.Calls != other.Calls ? (one.Calls < other.Calls ? one : other)
        : one.State.CpuShare <= other.State.CpuShare ? one
        : other;

    private static bool IsFull(Peer peer) => peer.State.CpuShare >= FullCpuShare;
}
