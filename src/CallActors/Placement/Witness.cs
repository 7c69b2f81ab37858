using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Placement;

/// <summary>
/// Tells the other call nodes which calls live here, and hears which live there. When a node is removed, each survivor takes
/// up its share of that node's calls; when a node drains, those that left are taken up where their shards go.
/// </summary>
public sealed class Witness : ReceiveActor, IWithTimers
{
    public const string Name = "witness";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);

    /// <summary>A message that was lost on the way is made up for.</summary>
    private static readonly TimeSpan CompleteEvery = TimeSpan.FromSeconds(30);

    /// <summary>Calls taken up per tick. Each reads its past from the database, and the calls that live write there too.</summary>
    private const int Wave = 50;

    /// <summary>Below a frame of the remoting, at some 30 bytes an id.</summary>
    private const int MostPerMessage = 2_000;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LiveCalls _live;
    private readonly ClusterView _view;
    private readonly CallMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly long _startedTicks;
    private readonly IActorRef _calls;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly string _address;
    private readonly string _self;
    private readonly WitnessBook _book;
    private readonly Dictionary<Address, string> _peers = [];
    private readonly List<CallId> _begun = [];
    private readonly List<CallId> _gone = [];

    public Witness(
        LiveCalls live,
        ClusterView view,
        CallMetrics metrics,
        TimeProvider time,
        IRequiredActor<CallRegion> calls
    )
    {
        (_live, _view, _metrics, _time, _calls) = (live, view, metrics, time, calls.ActorRef);
        _startedTicks = time.GetTimestamp();
        _address = _cluster.SelfAddress.ToString();
        _self = NameOf(_cluster.SelfMember);
        _book = new WitnessBook(_self);

        Receive<LiveCallChange>(OnChange);
        Receive<NodeMessages.Calls>(said => _live.MarkTakenUp(_book.Hear(said)));
        Receive<NodeMessages.TakeUp>(takeUp => Recover(takeUp.Calls));
        Receive<Tick>(_ => OnTick());
        Receive<SayAll>(_ => SayAllTo(_peers.Keys));
        Receive<ClusterEvent.MemberUp>(up => Meet(up.Member));
        Receive<ClusterEvent.MemberRemoved>(removed => Bury(removed.Member));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_startedTicks);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record SayAll
    {
        public static readonly SayAll Instance = new();
    }

    protected override void PreStart()
    {
        _live.Watch(Self.Tell);
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IMemberEvent)
        );
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Every);
        Timers.StartPeriodicTimer(nameof(SayAll), SayAll.Instance, CompleteEvery);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnChange(LiveCallChange change)
    {
        switch (change.Kind)
        {
            case LiveCallChangeKind.Begun:
                _begun.Add(change.Call);
                if (_book.Begun(_self, change.Call))
                {
                    _metrics.Recovered();
                    _live.MarkTakenUp([change.Call]);
                }
                break;
            case LiveCallChangeKind.Ended:
                _gone.Add(change.Call);
                _book.Gone(_self, change.Call);
                break;
            case LiveCallChangeKind.Left:
                // The others go on to count it as ours until it has begun somewhere: it would be theirs if we died now.
                if (_book.Leave(change.Call, Now))
                {
                    HandOver(change.Call);
                }
                else
                {
                    _live.MarkTakenUp([change.Call]);
                }
                break;
        }
    }

    private void OnTick()
    {
        if (_begun.Count > 0 || _gone.Count > 0)
        {
            foreach (var peer in _peers.Keys)
            {
                SayTo(peer, complete: false, _begun, _gone);
            }
            _begun.Clear();
            _gone.Clear();
        }
        _live.MarkTakenUp(_book.TakeHopeless(Now));
        _live.TakesUp = _book.TakesUp(Now);
        Recover(_book.Due(Now, Wave));
    }

    /// <summary>
    /// The call left because its shard does. Every region knows by then that it is on its way, so that a message for it waits
    /// at its sender's, and the first to ask gets the shard: one node for all calls of a shard.
    /// </summary>
    private void HandOver(CallId call)
    {
        var takers = _view.TakingCalls.Where(node => node != _address);
        if (Rendezvous.Rank(ShardedId.ShardOf(call.Value), takers) is [var taker, ..])
        {
            Of(Address.Parse(taker)).Tell(new NodeMessages.TakeUp([call]));
        }
        else
        {
            Recover([call]);
        }
    }

    private void Recover(IReadOnlyList<CallId> calls)
    {
        foreach (var call in calls)
        {
            _calls.Tell(new CallCommands.Recover(call));
        }
    }

    private void Meet(Member member)
    {
        if (member.Address != _cluster.SelfAddress && member.HasRole(CallHosting.Role))
        {
            _peers[member.Address] = NameOf(member);
            SayAllTo([member.Address]);
        }
    }

    private void Bury(Member member)
    {
        if (!_peers.Remove(member.Address))
        {
            return;
        }
        string[] survivors = [_self, .. _peers.Values];
        if (_book.Bury(NameOf(member), survivors, Now) is > 0 and var lost)
        {
            _live.TakesUp = true;
            _log.Warning("Node {Node} is gone with {Calls} calls; they are taken up", member.Address, lost);
        }
    }

    private void SayAllTo(IReadOnlyCollection<Address> peers)
    {
        // Calls that left and are nowhere yet count as ours.
        CallId[] all = [.. _book.CallsOf(_self).Union(_live.Leaving)];
        foreach (var peer in peers)
        {
            SayTo(peer, complete: true, all, []);
        }
    }

    private void SayTo(Address peer, bool complete, IReadOnlyList<CallId> begun, IReadOnlyList<CallId> gone)
    {
        var portions = Math.Max(1, (Math.Max(begun.Count, gone.Count) + MostPerMessage - 1) / MostPerMessage);
        for (var i = 0; i < portions; i++)
        {
            CallId[] some = [.. begun.Skip(i * MostPerMessage).Take(MostPerMessage)];
            CallId[] others = [.. gone.Skip(i * MostPerMessage).Take(MostPerMessage)];
            Of(peer).Tell(new NodeMessages.Calls(_self, complete && i == 0, some, others));
        }
    }

    /// <summary>A node that comes back under its old address is another one: its first word must not void what the old one had.</summary>
    private static string NameOf(Member member) => $"{member.Address}#{member.UniqueAddress.Uid}";

    private static ActorSelection Of(Address node) => Context.ActorSelection(new RootActorPath(node) / "user" / Name);
}
