namespace OCPlatform.Contracts.Nodes;

/// <summary>How loaded a node is, as measured over the last seconds.</summary>
/// <param name="ClockLatenessMs">How late the media clock ends its work, p99 in ms.</param>
/// <param name="CpuShare">Share of the allowed cores in use, 0 to 1, without the work that yields to everything else.</param>
/// <param name="FreeMediaPorts">RTP ports that a new call could still have.</param>
public readonly record struct NodeLoad(double ClockLatenessMs, double CpuShare, int FreeMediaPorts);

/// <summary>Measures the load of this node. Cheap enough to be asked every second, from any thread.</summary>
public interface INodeLoad
{
    NodeLoad Measure();
}

/// <summary>A node with nothing to do: for a gateway without media beside it, and for tests.</summary>
public sealed class IdleNode : INodeLoad
{
    public static readonly IdleNode Instance = new();

    public NodeLoad Measure() => new(0, 0, int.MaxValue);
}
