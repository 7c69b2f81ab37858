using System.Net;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>Where one node of a cluster under test is reached.</summary>
/// <param name="Number">1-based.</param>
/// <param name="Address">For SIP, RTP and HTTP.</param>
/// <param name="ClusterAddress">For the other nodes.</param>
public sealed record NodePlace(int Number, IPAddress Address, IPAddress ClusterAddress)
{
    public required int SipPort { get; init; }
    public required int HttpPort { get; init; }
    public required int AiPort { get; init; }
    public required int ClusterPort { get; init; }
    public required int RtpFirst { get; init; }
    public required int RtpLast { get; init; }
}

/// <summary>The network that the nodes, the callers and the database share. Disposing it removes what it made.</summary>
public interface INodeNetwork : IAsyncDisposable
{
    IReadOnlyList<NodePlace> Nodes { get; }

    /// <summary>Where callers call from and the database listens.</summary>
    IPAddress HarnessAddress { get; }

    /// <summary>The addresses of all, as a network: <c>10.99.0.0/24</c>.</summary>
    string Range { get; }

    /// <summary>The command that runs <paramref name="command"/> as this node sees the network.</summary>
    IReadOnlyList<string> Within(NodePlace node, IReadOnlyList<string> command);

    /// <summary>Cuts a node off from the other nodes; callers and the database still reach it.</summary>
    /// <exception cref="LabException">This network cannot do that.</exception>
    Task IsolateAsync(NodePlace node);

    /// <summary>Ends what <see cref="IsolateAsync"/> did.</summary>
    Task HealAsync(NodePlace node);
}
