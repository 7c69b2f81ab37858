using Akka.Hosting;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Dialog.Conversations;

/// <summary>Puts the conversations into a node.</summary>
public static class ConversationHosting
{
    /// <summary>Role of the nodes that hold conversations.</summary>
    public const string Role = "dialog";

    /// <summary>Reaches the conversations in place of their region, on nodes that hold none.</summary>
    public static AkkaConfigurationBuilder AddConversationProxy(this AkkaConfigurationBuilder builder) =>
        builder.WithNodeShardProxy<ConversationRegion>(ShardKind.Conversations, Role, new ConversationShardExtractor());

    /// <summary>The shard region of the conversations.</summary>
    public static AkkaConfigurationBuilder AddConversationActors(this AkkaConfigurationBuilder builder) =>
        builder.WithNodeShards<ConversationRegion, ConversationActor>(
            ShardKind.Conversations,
            Role,
            new ConversationShardExtractor(),
            ConversationCommands.LeaveNode.Instance
        );
}
