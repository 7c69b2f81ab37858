using OCPlatform.Contracts.Nodes;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host.Telemetry;

/// <summary>
/// The load of this node, from the processor time that it used and, where it has media, the media engine's clocks.
/// </summary>
internal sealed class MeasuredLoad(TimeProvider time, MediaEngine? media = null) : INodeLoad
{
    private readonly ProcessorMeter _processor = new(time);
    private readonly Lock _lock = new();

    public NodeLoad Measure()
    {
        var stats = media?.Stats;
        lock (_lock)
        {
            return new NodeLoad(
                (stats?.LatenessP99Micros ?? 0) / 1000.0,
                _processor.Read(),
                stats is null ? int.MaxValue : stats.PortsTotal - stats.PortsInUse
            );
        }
    }
}
