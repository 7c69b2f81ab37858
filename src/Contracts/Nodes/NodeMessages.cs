using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Nodes;

/// <summary>What nodes tell each other directly, from actor to actor of the same name.</summary>
public static class NodeMessages
{
    /// <summary>How a node is, told to all others twice a second and when it begins to drain.</summary>
    /// <param name="Claimed">Call shards at home there that it keeps for its calls, as the bytes of a ShardSet.</param>
    /// <param name="Open">Those of them that new calls are put into.</param>
    /// <param name="SpareCalls">Call shards at home there in which nothing lives: they may be given up.</param>
    /// <param name="SpareConversations">The same of its conversation shards.</param>
    [WireName("node/announcement/1")]
    public sealed record Announcement(
        NodeState State,
        byte[] Claimed,
        byte[] Open,
        byte[] SpareCalls,
        byte[] SpareConversations
    ) : IWireMessage;

    /// <summary>Which calls live on a node: what has changed since the last, or all of them.</summary>
    /// <param name="Node">The address of its actor system and, behind <c>#</c>, the number of its incarnation.</param>
    /// <param name="Complete">What was said before is void: only these calls, and those of following messages.</param>
    /// <param name="Gone">Calls that ended; also those that have begun in the same message.</param>
    [WireName("node/calls/1")]
    public sealed record Calls(string Node, bool Complete, IReadOnlyList<CallId> Begun, IReadOnlyList<CallId> Gone)
        : IWireMessage;

    /// <summary>Calls that have left a node which is being drained: the receiver takes them up.</summary>
    [WireName("node/take-up/1")]
    public sealed record TakeUp(IReadOnlyList<CallId> Calls) : IWireMessage;
}

/// <summary>What a node knows of itself.</summary>
public interface INodeSelf
{
    /// <summary>Cheap enough to be asked ten times a second.</summary>
    NodeState Describe(string address, bool draining);
}
