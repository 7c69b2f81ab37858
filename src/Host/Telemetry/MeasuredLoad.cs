using OCPlatform.Contracts.Nodes;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host.Telemetry;

/// <summary>The load of this node, from the media engine's clocks and the processor time that it used.</summary>
internal sealed class MeasuredLoad(MediaEngine media, TimeProvider time) : INodeLoad
{
    private readonly ProcessorMeter _processor = new(time);
    private readonly Lock _lock = new();

    public NodeLoad Measure()
    {
        var stats = media.Stats;
        lock (_lock)
        {
            return new NodeLoad(
                stats.LatenessP99Micros / 1000.0,
                _processor.Read(),
                stats.PortsTotal - stats.PortsInUse
            );
        }
    }
}
