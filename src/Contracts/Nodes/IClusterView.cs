using OCPlatform.Contracts.Calls;

namespace OCPlatform.Contracts.Nodes;

/// <summary>A node of the cluster, as it last told about itself.</summary>
/// <param name="Name">As call records name it.</param>
/// <param name="Address">Of its actor system: <c>akka.tcp://ocp@host:port</c>.</param>
/// <param name="Roles">As in <c>node.roles</c>, camel case.</param>
/// <param name="Draining">It takes no new calls and gives away those it has.</param>
/// <param name="Calls">Live calls whose media is on it.</param>
/// <param name="CpuShare">Share of its cores in use, 0 to 1, without what yields to everything else.</param>
/// <param name="SipGateway">Path of its SIP gateway's actor with the address; null when it has none, or none that is bound.</param>
/// <param name="Version">The product's version that it runs.</param>
public sealed record NodeState(
    string Name,
    string Address,
    IReadOnlyList<string> Roles,
    bool Draining,
    int Calls,
    double CpuShare,
    string? SipGateway,
    string Version
);

/// <summary>The nodes that are there, seen from this one. Thread-safe; snapshots do not change.</summary>
public interface IClusterView
{
    /// <summary>This node.</summary>
    NodeState Self { get; }

    /// <summary>All nodes that are members and have told about themselves, this one included.</summary>
    IReadOnlyList<NodeState> Nodes { get; }
}

/// <summary>Decides where a new call lives, by the shard that its id names.</summary>
public interface ICallPlacement
{
    /// <summary>The id of a new call. Cheap: asked for each INVITE, by any thread.</summary>
    CallId NewCall();
}

/// <summary>A node that knows no others: for tests, and for parts that run without a cluster.</summary>
public sealed class LoneNode(NodeState self) : IClusterView, ICallPlacement
{
    public NodeState Self => self;

    public IReadOnlyList<NodeState> Nodes { get; } = [self];

    public CallId NewCall() => CallId.New();
}
