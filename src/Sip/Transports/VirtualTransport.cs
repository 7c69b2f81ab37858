using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// A host on a <see cref="VirtualNetwork"/>, as UDP: puts an endpoint or user agent on a bad network without a socket. All transports of one
/// network must share its clock. Part of the library so that its users can test against it too.
/// </summary>
public sealed class VirtualTransport : ISipTransport
{
    private readonly VirtualNetwork _network;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public VirtualTransport(VirtualNetwork network, IPEndPoint address, TimeProvider time)
    {
        _network = network;
        _time = time;
        LocalEndPoint = address;
        _timer = time.CreateTimer(_ => Deliver(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => "UDP";

    public bool IsReliable => false;

    public IPEndPoint LocalEndPoint { get; }

    public SipTransportCounters Counters { get; } = new();

    public void Start(ISipTransportReceiver receiver) =>
        _network.Attach(
            LocalEndPoint,
            (bytes, source) =>
            {
                Interlocked.Increment(ref Counters.ReceivedCount);
                receiver.OnReceived(bytes.Span, new SipFlow(this, LocalEndPoint, SipDestination.Udp(source)));
            }
        );

    public IPEndPoint AdvertisedFor(SipDestination destination) => LocalEndPoint;

    public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination)
    {
        Interlocked.Increment(ref Counters.SentCount);
        _network.Send(message, LocalEndPoint, destination.EndPoint, Now);
        Arm();
        return true;
    }

    public ValueTask DisposeAsync()
    {
        _network.Attach(LocalEndPoint, null);
        return _timer.DisposeAsync();
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    private void Deliver()
    {
        _network.Deliver(Now);
        Arm();
    }

    /// <summary>Every sender arms its own timer; whichever fires first delivers for all.</summary>
    private void Arm()
    {
        var next = _network.NextDelivery;
        if (next != TimeSpan.MaxValue)
        {
            var due = next - Now;
            _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
