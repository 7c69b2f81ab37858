using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OCPlatform.Contracts.Nodes;

/// <summary>
/// Tells all members how this node is, and hears how they are. Direct messages: gossip through a shared data structure
/// takes some rounds, and a node that drains must be known at once.
/// </summary>
public sealed class ClusterViewActor : ReceiveActor, IWithTimers
{
    public const string Name = "cluster-view";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly ClusterView _view;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly HashSet<Address> _members = [];
    private readonly IActorRef _self;

    public ClusterViewActor(ClusterView view)
    {
        _view = view;
        _self = Self;
        _view.Start(_cluster.SelfAddress.ToString());

        Receive<Tell>(_ => TellAll());
        Receive<NodeMessages.Announcement>(said =>
        {
            // From one that is no member any more it would be a dead node's last word.
            if (_members.Contains(Sender.Path.Address))
            {
                _view.Hear(said);
            }
        });
        Receive<ClusterEvent.MemberRemoved>(removed =>
        {
            _members.Remove(removed.Member.Address);
            _view.Drop(removed.Member.Address.ToString());
        });
        Receive<ClusterEvent.MemberDowned>(downed => _view.Drop(downed.Member.Address.ToString()));
        Receive<ClusterEvent.IMemberEvent>(e => Meet(e.Member.Address));
        Receive<ClusterEvent.UnreachableMember>(e => _view.DoubtReachable(e.Member.Address.ToString()));
        Receive<ClusterEvent.ReachableMember>(e => Meet(e.Member.Address));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Tell
    {
        public static readonly Tell Instance = new();
    }

    protected override void PreStart()
    {
        _view.MustTell += TellNow;
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IMemberEvent),
            typeof(ClusterEvent.IReachabilityEvent)
        );
        Timers.StartPeriodicTimer(nameof(Tell), Tell.Instance, Every);
    }

    protected override void PostStop()
    {
        _view.MustTell -= TellNow;
        _cluster.Unsubscribe(Self);
    }

    private void TellNow() => _self.Tell(Tell.Instance);

    private void Meet(Address member)
    {
        if (member != _cluster.SelfAddress)
        {
            _members.Add(member);
            Announce(member, _view.Announce());
        }
    }

    private void TellAll()
    {
        var announcement = _view.Announce();
        foreach (var member in _members)
        {
            Announce(member, announcement);
        }
    }

    private void Announce(Address member, NodeMessages.Announcement announcement) =>
        Context.ActorSelection(new RootActorPath(member) / "user" / Name).Tell(announcement);
}

/// <summary>Puts the view of the cluster into a node.</summary>
public static class ClusterViewHosting
{
    /// <summary>The view itself, as <see cref="IClusterView"/> and <see cref="ICallPlacement"/> too. INodeSelf must be registered.</summary>
    public static IServiceCollection AddClusterView(this IServiceCollection services)
    {
        services.TryAddSingleton<ClusterView>();
        services.TryAddSingleton<IClusterView>(provider => provider.GetRequiredService<ClusterView>());
        services.TryAddSingleton<ICallPlacement>(provider => provider.GetRequiredService<ClusterView>());
        return services;
    }

    /// <summary>What keeps it up to date.</summary>
    public static AkkaConfigurationBuilder AddClusterViewActor(this AkkaConfigurationBuilder builder) =>
        builder.WithActors(
            (system, _, resolver) => system.ActorOf(resolver.Props<ClusterViewActor>(), ClusterViewActor.Name)
        );
}
