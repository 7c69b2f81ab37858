using System.Net;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>Says what a flow's transport is; the <see cref="Network"/> does the carrying.</summary>
internal sealed class StubTransport(string name, bool isReliable) : ISipTransport
{
    public static readonly StubTransport Udp = new("UDP", isReliable: false);
    public static readonly StubTransport Tcp = new("TCP", isReliable: true);

    public string Name => name;

    public bool IsReliable => isReliable;

    public IPEndPoint LocalEndPoint => throw new NotSupportedException();

    public SipTransportCounters Counters => throw new NotSupportedException();

    public void Start(ISipTransportReceiver receiver) => throw new NotSupportedException();

    public IPEndPoint AdvertisedFor(SipDestination destination) => throw new NotSupportedException();

    public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
