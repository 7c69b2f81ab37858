using Akka.Cluster.Sharding;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Contracts.Sharding;

/// <summary>
/// Routes <see cref="ICallMessage"/> to its call, by the shard that the id carries. What is no id has no entity, and the region
/// drops the message: an exception here would restart it, and end every call of the node.
/// </summary>
public sealed class CallShardExtractor : IMessageExtractor
{
    public string? EntityId(object message) =>
        message is ICallMessage { CallId: var id } && CallId.TryParse(id.Value, out _)
            ? id.Value
            : (message as ShardTouch)?.EntityId;

    public object EntityMessage(object message) => message;

    [Obsolete("Akka.NET asks for the overload with the entity id.")]
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardedId.ShardOf(id) : null;

    public string ShardId(string entityId, object? messageHint = null) => ShardedId.ShardOf(entityId);
}

/// <summary>
/// Routes <see cref="IConversationMessage"/> to its conversation, by the shard that the id carries; what is no id is dropped.
/// </summary>
public sealed class ConversationShardExtractor : IMessageExtractor
{
    public string? EntityId(object message) =>
        message is IConversationMessage { ConversationId: var id } && ConversationId.TryParse(id.Value, out _)
            ? id.Value
            : (message as ShardTouch)?.EntityId;

    public object EntityMessage(object message) => message;

    [Obsolete("Akka.NET asks for the overload with the entity id.")]
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardedId.ShardOf(id) : null;

    public string ShardId(string entityId, object? messageHint = null) => ShardedId.ShardOf(entityId);
}
