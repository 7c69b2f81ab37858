using Akka.Cluster.Sharding;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Contracts.Sharding;

/// <summary>Routes <see cref="ICallMessage"/> to its call, by the shard that the id carries.</summary>
public sealed class CallShardExtractor : IMessageExtractor
{
    public string? EntityId(object message) => (message as ICallMessage)?.CallId.Value;

    public object EntityMessage(object message) => message;

    [Obsolete("Akka.NET asks for the overload with the entity id.")]
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardedId.ShardOf(id) : null;

    public string ShardId(string entityId, object? messageHint = null) => ShardedId.ShardOf(entityId);
}

/// <summary>Routes <see cref="IConversationMessage"/> to its conversation, by the shard that the id carries.</summary>
public sealed class ConversationShardExtractor : IMessageExtractor
{
    public string? EntityId(object message) => (message as IConversationMessage)?.ConversationId.Value;

    public object EntityMessage(object message) => message;

    [Obsolete("Akka.NET asks for the overload with the entity id.")]
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardedId.ShardOf(id) : null;

    public string ShardId(string entityId, object? messageHint = null) => ShardedId.ShardOf(entityId);
}
