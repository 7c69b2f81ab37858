using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Nodes;

/// <summary>Journaled facts of a node, under the persistence id <c>node-NAME</c>.</summary>
public static class NodeEvents
{
    /// <summary>A process of the node has started, and its journal takes events.</summary>
    [WireName("node/started/1")]
    public sealed record Started(string Node, DateTimeOffset At) : IWireMessage;
}
