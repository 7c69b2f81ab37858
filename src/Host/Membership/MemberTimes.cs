using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;

namespace OCPlatform.Host.Membership;

/// <summary>Since when members have been what they are, as this node saw it. Written by one actor, read by anyone.</summary>
public sealed class MemberTimes
{
    private readonly ConcurrentDictionary<UniqueAddress, DateTimeOffset> _since = new();

    /// <summary>When the member's status last changed; null when that was not seen.</summary>
    public DateTimeOffset? Since(UniqueAddress member) => _since.TryGetValue(member, out var since) ? since : null;

    /// <summary>Notes every change of status.</summary>
    public sealed class Keeper : ReceiveActor
    {
        public Keeper(MemberTimes times, TimeProvider time)
        {
            Receive<ClusterEvent.MemberRemoved>(removed => times._since.TryRemove(removed.Member.UniqueAddress, out _));
            Receive<ClusterEvent.IMemberEvent>(change => times._since[change.Member.UniqueAddress] = time.GetUtcNow());
        }

        private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

        protected override void PreStart() =>
            _cluster.Subscribe(
                Self,
                ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
                typeof(ClusterEvent.IMemberEvent)
            );

        protected override void PostStop() => _cluster.Unsubscribe(Self);
    }
}
