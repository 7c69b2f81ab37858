using Akka.Cluster.Hosting;
using Akka.Hosting;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Dialog.Conversations;

/// <summary>Puts the conversations into a node.</summary>
public static class ConversationHosting
{
    /// <summary>Role of the nodes that hold conversations.</summary>
    public const string Role = "dialog";

    /// <summary>Reaches the conversations in place of their region, on nodes that hold none.</summary>
    public static AkkaConfigurationBuilder AddConversationProxy(this AkkaConfigurationBuilder builder) =>
        builder.WithShardRegionProxy<ConversationRegion>("conversations", Role, new ConversationShardExtractor());

    /// <summary>The shard region of the conversations.</summary>
    public static AkkaConfigurationBuilder AddConversationActors(this AkkaConfigurationBuilder builder) =>
        builder.WithShardRegion<ConversationRegion>(
            "conversations",
            (_, _, resolver) => id => resolver.Props<ConversationActor>(id),
            new ConversationShardExtractor(),
            new ShardOptions
            {
                Role = Role,
                // A conversation leaves by itself when it is over or idle; a silent listener is still one.
                ShouldPassivateIdleEntities = false,
            }
        );
}
