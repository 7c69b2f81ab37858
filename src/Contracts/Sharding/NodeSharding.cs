using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Contracts.Sharding;

/// <summary>What lies in shards.</summary>
public enum ShardKind
{
    Calls,
    Conversations,
}

/// <summary>Starts shard regions whose shards are placed as <see cref="NodeShardAllocation"/> says.</summary>
public static class NodeSharding
{
    /// <summary>
    /// A region on nodes with the role; on others a proxy, which knows the way but holds nothing. Registered under
    /// <typeparamref name="TKey"/>. A <see cref="ClusterView"/> must be registered.
    /// </summary>
    /// <param name="stopMessage">What entities get when their shard leaves: each finishes what it has begun, and stops.</param>
    public static AkkaConfigurationBuilder WithNodeShards<TKey, TActor>(
        this AkkaConfigurationBuilder builder,
        ShardKind kind,
        string role,
        IMessageExtractor extractor,
        object stopMessage
    )
        where TActor : ActorBase =>
        builder.WithActors(
            async (system, registry, resolver) =>
            {
                var view = Akka.DependencyInjection.DependencyResolver.For(system).Resolver.GetService<ClusterView>();
                var region = await StartAsync(
                    system,
                    kind,
                    role,
                    id => resolver.Props<TActor>(id),
                    extractor,
                    stopMessage,
                    view
                );
                registry.Register<TKey>(region);
                if (Cluster.Get(system).SelfRoles.Contains(role))
                {
                    system.ActorOf(Props.Create(() => new SpareShards(region, kind, view)), $"spare-{TypeName(kind)}");
                }
            }
        );

    /// <summary>The proxy alone, for a node that can hold none. Registered under <typeparamref name="TKey"/>.</summary>
    public static AkkaConfigurationBuilder WithNodeShardProxy<TKey>(
        this AkkaConfigurationBuilder builder,
        ShardKind kind,
        string role,
        IMessageExtractor extractor
    ) =>
        builder.WithActors(
            async (system, registry, _) =>
                registry.Register<TKey>(
                    await ClusterSharding.Get(system).StartProxyAsync(TypeName(kind), role, extractor)
                )
        );

    /// <summary>The region, or the proxy, of a node.</summary>
    public static Task<IActorRef> StartAsync(
        ActorSystem system,
        ShardKind kind,
        string role,
        Func<string, Props> entities,
        IMessageExtractor extractor,
        object stopMessage,
        ClusterView view
    )
    {
        var (sharding, typeName) = (ClusterSharding.Get(system), TypeName(kind));
        return Cluster.Get(system).SelfRoles.Contains(role)
            ? sharding.StartAsync(
                typeName,
                ShardTouch.Beside(entities),
                ClusterShardingSettings.Create(system).WithRole(role),
                extractor,
                new NodeShardAllocation(view, kind),
                stopMessage
            )
            : sharding.StartProxyAsync(typeName, role, extractor);
    }

    private static string TypeName(ShardKind kind) =>
        kind switch
        {
            ShardKind.Calls => "calls",
            ShardKind.Conversations => "conversations",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
}
