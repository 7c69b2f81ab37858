using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Host.Membership;

/// <summary>
/// Brings the fence down when this node is no longer one of its cluster: it was downed or removed, it hears that others
/// have quarantined it, it sees only a minority of the members, or it stood still for so long that the others had time to
/// replace it. A node that leaves by itself is none of these.
/// </summary>
/// <remarks>
/// The minority is fenced before the split-brain resolver decides, and so before the majority takes its calls: both sides
/// begin to count when heartbeats are missed, and the majority counts to <c>stable-after</c>.
/// </remarks>
public sealed class FenceWatch : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly CrashProofs _proofs = CrashProofs.Of(Context.System.EventStream);
    private readonly NodeFence _fence;
    private readonly FenceTimes _times;
    private readonly TimeProvider _time;
    private long _lastTick;
    private long? _minoritySince;

    public FenceWatch(NodeFence fence, FenceTimes times, TimeProvider time)
    {
        _fence = fence;
        _times = times;
        _time = time;
        _lastTick = time.GetTimestamp();
        Receive<ClusterEvent.MemberDowned>(
            _ => Fall("this node was downed"),
            downed => downed.Member.UniqueAddress == _cluster.SelfUniqueAddress
        );
        Receive<ClusterEvent.MemberRemoved>(
            _ => Fall("this node was removed from its cluster"),
            removed =>
                removed.Member.UniqueAddress == _cluster.SelfUniqueAddress
                && removed.PreviousStatus is not MemberStatus.Exiting
        );
        Receive<ThisActorSystemQuarantinedEvent>(
            told => Fall($"{told.RemoteAddress} has quarantined this node"),
            told => !IsLeaving && _cluster.State.Members.Any(member => member.Address == told.RemoteAddress)
        );
        Receive<Look>(_ => OnLook());
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Look;

    private bool IsLeaving =>
        _cluster.SelfMember.Status is MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Removed;

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberDowned),
            typeof(ClusterEvent.MemberRemoved)
        );
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers.StartPeriodicTimer(nameof(Look), new Look(), Tick);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    private void OnLook()
    {
        var stood = _time.GetElapsedTime(_lastTick);
        _lastTick = _time.GetTimestamp();
        if (_cluster.SelfMember.Status != MemberStatus.Up)
        {
            return;
        }
        var voters = _cluster.State.Members.Where(IsVoter).Select(member => member.Address).ToList();
        if (voters.Count > 1 && stood > _times.StoodStill)
        {
            Fall($"this node stood still for {stood.TotalSeconds:0.0} s");
            return;
        }
        if (!Majority.IsWithout(voters, _cluster.FailureDetector.IsAvailable))
        {
            _minoritySince = null;
            return;
        }
        _minoritySince ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(_minoritySince.Value) >= _times.Minority)
        {
            Fall("this node sees only a minority of its cluster");
        }
    }

    /// <summary>As the split-brain resolver counts; who is known to be gone has no voice.</summary>
    private bool IsVoter(Member member) =>
        member.Status is MemberStatus.Up or MemberStatus.Leaving && !_proofs.Has(member.Address.ToString());

    private void Fall(string cause)
    {
        if (_fence.HasFallen)
        {
            return;
        }
        var faults = _fence.Fall(cause);
        _log.Error("Fenced: {Cause}. Media and SIP are closed; other nodes carry on", cause);
        foreach (var fault in faults)
        {
            _log.Error(fault, "Not all fell silent");
        }
        // Others must not have to find out by themselves, where they can still be told.
        _cluster.Down(_cluster.SelfAddress);
    }
}

/// <summary>How long a node that may have been replaced goes on.</summary>
/// <param name="Minority">Seeing only a minority; below the split-brain resolver's stable-after.</param>
/// <param name="StoodStill">
/// Doing nothing at all; no longer than others take to replace a silent node (acceptable-heartbeat-pause and stable-after).
/// </param>
public sealed record FenceTimes(TimeSpan Minority, TimeSpan StoodStill);

/// <summary>Which side of a split goes on, as the split-brain resolver's keep-majority decides it.</summary>
public static class Majority
{
    /// <summary>
    /// Whether the voters that can be reached are the side that stops: fewer than half, or half without the lowest address.
    /// </summary>
    public static bool IsWithout(IReadOnlyCollection<Address> voters, Func<Address, bool> isReachable)
    {
        var reachable = voters.Count(isReachable);
        return reachable * 2 < voters.Count
            || (
                voters.Count > 0
                && reachable * 2 == voters.Count
                && !isReachable(voters.Order(Member.AddressOrdering).First())
            );
    }
}
