using System.Net;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>What a node's SIP gateway is doing, for health, `/sip/status` and metrics. Written by the gateway, read by anyone.</summary>
public sealed class SipGatewayStatus
{
    private volatile SipEndpoint? _endpoint;
    private volatile IPEndPoint? _local;
    private volatile int _liveCalls;

    /// <summary>The socket is bound and messages are taken.</summary>
    public bool IsBound => _endpoint is not null;

    /// <summary>Where SIP is received; null while it is not.</summary>
    public IPEndPoint? Local => _local;

    /// <summary>Calls admitted by this node and not over.</summary>
    public int LiveCalls
    {
        get => _liveCalls;
        internal set => _liveCalls = value;
    }

    /// <summary>Counts of the endpoint since its start; null while it is not bound.</summary>
    public SipEndpointCounters? Counters => _endpoint?.Counters;

    /// <summary>What the door refused, and why.</summary>
    public AdmissionStatus Admission { get; } = new();

    internal void Bound(SipEndpoint endpoint, IPEndPoint local)
    {
        _local = local;
        _endpoint = endpoint;
    }

    internal void Unbound()
    {
        _endpoint = null;
        _local = null;
    }
}
