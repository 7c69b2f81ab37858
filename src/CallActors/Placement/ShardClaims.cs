using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Placement;

/// <summary>
/// Sees to it that this node has shards for new calls: it touches shards that no node has claimed, and those that answer from
/// here are its own. What two nodes touch at once the coordinator gives to one of them; the other tries others.
/// </summary>
public sealed class ShardClaims : ReceiveActor, IWithTimers
{
    /// <summary>
    /// A shard leaves a node when the last of its calls is ready to, and the others wait for that: so there is one for each
    /// call, as long as there are not too many. These are there before the first call.
    /// </summary>
    public const int Least = 32;

    /// <summary>
    /// After a crash each shard with calls is given a new home by a write to a majority of the nodes, one after the other;
    /// and there are 1024 for all nodes.
    /// </summary>
    private const int Most = 256;

    /// <summary>Shards to choose from for new calls, at least: a burst does not fall into the same few.</summary>
    private const int LeastOpen = 8;

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    /// <summary>A shard that does not answer by then has no home that works: another is tried.</summary>
    private static readonly TimeSpan AnswerDue = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Verify = TimeSpan.FromSeconds(10);

    private readonly ClusterView _view;
    private readonly IActorRef _calls;
    private readonly LiveCalls _live;
    private readonly TimeProvider _time;
    private readonly JournalWarmth? _warmth;
    private readonly ShardSet _claimed = new();

    // Touched and not answered yet. The region asks for their homes again and again; to touch others meanwhile would only
    // make more of that.
    private readonly HashSet<int> _touched = [];
    private long _touchedTicks;

    // Claimed shards that were touched again and have not answered yet.
    private ShardSet _silent = new();

    /// <param name="warmth">Nothing is claimed before the journal is ready; null: it is.</param>
    public ShardClaims(
        ClusterView view,
        LiveCalls live,
        TimeProvider time,
        IRequiredActor<CallRegion> calls,
        JournalWarmth? warmth = null
    )
    {
        (_view, _live, _time, _warmth) = (view, live, time, warmth);
        _calls = calls.ActorRef;
        Receive<Claim>(_ =>
        {
            TouchNew();
            Tell();
        });
        Receive<Check>(_ => TouchOwn());
        Receive<ShardTouch.Here>(here => OnTouched(ShardedId.NumberOf(here.Shard)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Claim
    {
        public static readonly Claim Instance = new();
    }

    private sealed record Check
    {
        public static readonly Check Instance = new();
    }

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Claim), Claim.Instance, TimeSpan.Zero, Retry);
        Timers.StartPeriodicTimer(nameof(Check), Check.Instance, Verify);
    }

    private int Wanted => Math.Clamp(_live.Count * 5 / 4, Least, Most);

    /// <summary>New calls are put into the shards with the fewest calls.</summary>
    private void Tell()
    {
        var calls = new int[ShardedId.ShardCount];
        foreach (var call in _live.Ids)
        {
            calls[ShardedId.NumberOfId(call.Value)]++;
        }
        var open = new ShardSet();
        int? fewest = null;
        foreach (var shard in _claimed.ToList().OrderBy(shard => calls[shard]))
        {
            fewest ??= calls[shard];
            if (calls[shard] > fewest && open.Count >= LeastOpen)
            {
                break;
            }
            open.Add(shard);
        }
        _view.SetClaimed(_claimed, open);
    }

    private void TouchNew()
    {
        if (_time.GetElapsedTime(_touchedTicks) > AnswerDue)
        {
            _touched.Clear();
        }
        var missing = Wanted - _claimed.Count - _touched.Count;
        if (_view.Draining || missing <= 0 || _warmth is { IsReady: false } || _live.TakesUp)
        {
            return;
        }
        var free = Enumerable
            .Range(0, ShardedId.ShardCount)
            .Where(shard => !_claimed.Contains(shard) && !_touched.Contains(shard) && !_view.IsClaimedElsewhere(shard))
            .ToArray();
        Random.Shared.Shuffle(free);
        // Those of calls that were taken up are at home here: to claim them costs nobody anything.
        var own = _live.Ids.Select(call => ShardedId.NumberOfId(call.Value)).ToHashSet();
        free = [.. free.OrderByDescending(own.Contains)];
        _touchedTicks = _time.GetTimestamp();
        foreach (var shard in free.Take(missing))
        {
            _touched.Add(shard);
            Touch(shard);
        }
    }

    /// <summary>A shard that does not answer, or from elsewhere, is no place for a new call.</summary>
    private void TouchOwn()
    {
        foreach (var shard in _silent.ToList())
        {
            _claimed.Remove(shard);
        }
        _silent = new ShardSet(_claimed.ToBytes());
        foreach (var shard in _claimed.ToList())
        {
            Touch(shard);
        }
    }

    private void Touch(int shard) => _calls.Tell(new ShardTouch(ShardedId.NameOf(shard)));

    private void OnTouched(int shard)
    {
        if (shard < 0)
        {
            return;
        }
        var isHere = Sender.Path.Address.HasLocalScope;
        _silent.Remove(shard);
        _touched.Remove(shard);
        if (!isHere)
        {
            _claimed.Remove(shard);
        }
        // More may answer than are wanted, when others were touched in place of some that were slow.
        else if (_claimed.Count < Wanted)
        {
            _claimed.Add(shard);
        }
    }
}
