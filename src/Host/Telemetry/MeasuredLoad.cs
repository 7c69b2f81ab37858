using OCPlatform.Contracts.Nodes;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host.Telemetry;

/// <summary>The load of this node, from the media engine's clocks and the process's own processor time.</summary>
internal sealed class MeasuredLoad(MediaEngine media) : INodeLoad
{
    public NodeLoad Measure()
    {
        var stats = media.Stats;
        return new NodeLoad(stats.LatenessP99Micros / 1000.0, 0, stats.PortsTotal - stats.PortsInUse);
    }
}
