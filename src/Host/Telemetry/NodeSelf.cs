using Akka.Actor;
using Akka.Hosting;
using OCPlatform.CallActors;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Sip;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Telemetry;

/// <summary>What this node tells the others of itself.</summary>
internal sealed class NodeSelf(
    PlatformOptions options,
    IReadOnlyActorRegistry registry,
    TimeProvider time,
    LiveCalls? calls = null,
    SipGatewayStatus? sip = null
) : INodeSelf
{
    // Reading it walks through all threads of the process.
    private static readonly TimeSpan MeasureEvery = TimeSpan.FromSeconds(1);

    private static readonly string Version = typeof(NodeSelf).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    private readonly string _name = options.Node.EffectiveName;
    private readonly List<string> _roles =
    [
        .. options.Node.Roles.Distinct().Select(role => KeyNames.Camel(role.ToString())),
    ];
    private readonly ProcessorMeter _processor = new(time);
    private readonly Lock _lock = new();
    private long? _measuredTicks;
    private double _cpuShare;

    public NodeState Describe(string address, bool draining) =>
        new(_name, address, _roles, draining, calls?.Count ?? 0, CpuShare(), GatewayOf(address), Version);

    private double CpuShare()
    {
        lock (_lock)
        {
            if (_measuredTicks is not { } at || time.GetElapsedTime(at) >= MeasureEvery)
            {
                (_cpuShare, _measuredTicks) = (_processor.Read(), time.GetTimestamp());
            }
            return _cpuShare;
        }
    }

    private string? GatewayOf(string address) =>
        sip is { IsBound: true } && address.Length > 0 && registry.TryGet<SipGatewayKey>(out var gateway)
            ? gateway.Path.ToStringWithAddress(Address.Parse(address))
            : null;
}
