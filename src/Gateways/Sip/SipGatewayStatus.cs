using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>What a node's SIP gateway is doing, for health, `/sip/status` and metrics. Written by the gateway, read by anyone.</summary>
public sealed class SipGatewayStatus
{
    private volatile SipEndpoint? _endpoint;
    private volatile IReadOnlyList<SipListenerStatus> _listeners = [];
    private volatile int _liveCalls;
    private volatile bool _silenced;

    /// <summary>Every listener is bound and messages are taken.</summary>
    public bool IsBound => _endpoint is not null;

    /// <summary>Where SIP is received first of all: by the first UDP listener, or the first one; null while it is not.</summary>
    public IPEndPoint? Local =>
        (_listeners.FirstOrDefault(listener => listener.Transport == "UDP") ?? _listeners.FirstOrDefault())?.Local;

    /// <summary>Every address that SIP is received on, in the order of the options; empty while it is not.</summary>
    public IReadOnlyList<SipListenerStatus> Listeners => _listeners;

    /// <summary>Calls admitted by this node and not over.</summary>
    public int LiveCalls
    {
        get => _liveCalls;
        internal set => _liveCalls = value;
    }

    /// <summary>Counts of the endpoint since its start; null while it is not bound.</summary>
    public SipEndpointCounters? Counters => _endpoint?.Counters;

    /// <summary>The trunks of this node; null before the gateway started.</summary>
    internal TrunkBoard? Trunks { get; set; }

    /// <summary>The trunks with their health, registration and calls out.</summary>
    public IReadOnlyList<TrunkStatus> TrunkStatuses => Trunks?.Snapshot() ?? [];

    /// <summary>What the door refused, and why.</summary>
    public AdmissionStatus Admission { get; } = new();

    /// <summary>Every socket is closed and none is to be bound again; see <see cref="Silence"/>.</summary>
    public bool IsSilenced => _silenced;

    /// <summary>
    /// Closes every socket for good, without a word to anybody: another node speaks in this one's place. Does not wait;
    /// callable from any thread.
    /// </summary>
    public void Silence()
    {
        _silenced = true;
        var endpoint = _endpoint;
        Unbound();
        if (endpoint is null)
        {
            return;
        }
        // The sockets first: what the endpoint still has to send must find them closed.
        var closing = endpoint.Transports.Select(transport => transport.DisposeAsync().AsTask()).ToList();
        _ = Task.WhenAll(closing).ContinueWith(_ => endpoint.DisposeAsync().AsTask(), TaskScheduler.Default);
    }

    internal void Bound(SipEndpoint endpoint)
    {
        _listeners = [.. endpoint.Transports.Select(t => new SipListenerStatus(t.Name, t.LocalEndPoint, t.Counters))];
        _endpoint = endpoint;
        if (_silenced)
        {
            Silence(); // It was bound while all fell silent.
        }
    }

    internal void Unbound()
    {
        _endpoint = null;
        _listeners = [];
    }
}

/// <summary>One address that SIP is received on.</summary>
/// <param name="Transport">UDP, TCP, TLS, WS or WSS.</param>
/// <param name="Local">The bound address.</param>
/// <param name="Counters">What came and went since it was bound, and the connections now.</param>
public sealed record SipListenerStatus(string Transport, IPEndPoint Local, SipTransportCounters Counters);
