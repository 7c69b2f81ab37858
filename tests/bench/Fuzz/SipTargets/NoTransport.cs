using System.Net;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Bench.Fuzz;

/// <summary>A transport that takes everything and carries nothing.</summary>
internal sealed class NoTransport : ISipTransport
{
    public string Name => "UDP";

    public bool IsReliable => false;

    public IPEndPoint LocalEndPoint { get; } = IPEndPoint.Parse("192.0.2.1:5060");

    public SipTransportCounters Counters { get; } = new();

    public void Start(ISipTransportReceiver receiver) { }

    public IPEndPoint AdvertisedFor(SipDestination destination) => LocalEndPoint;

    public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination) => true;

    public ValueTask DisposeAsync() => default;
}
