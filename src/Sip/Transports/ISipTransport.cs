using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>Carries whole messages as bytes. Implementations: UDP, the virtual network; TCP, TLS and WebSocket follow.</summary>
public interface ISipTransport : IAsyncDisposable
{
    /// <summary>The transport as Via names it, upper case: UDP, TCP, TLS, WS, WSS.</summary>
    string Name { get; }

    /// <summary>True when the transport itself retransmits, so that transactions need not (RFC 3261 §17).</summary>
    bool IsReliable { get; }

    /// <summary>The bound address; its port is the real one after <see cref="Start"/>.</summary>
    IPEndPoint LocalEndPoint { get; }

    SipTransportCounters Counters { get; }

    /// <summary>Binds and begins to receive.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    void Start(ISipTransportReceiver receiver);

    /// <summary>The address that a peer at this destination can reach us at: for Via sent-by and Contact.</summary>
    IPEndPoint AdvertisedFor(SipDestination destination);

    /// <summary>Hands a message to the network without waiting. False when it could not be sent; the reason is counted.</summary>
    bool TrySend(ReadOnlySpan<byte> message, SipDestination destination);
}

/// <summary>What a transport reports to; called from the transport's own threads.</summary>
public interface ISipTransportReceiver
{
    /// <summary>One whole message or datagram. The bytes are the transport's again when the call returns.</summary>
    void OnReceived(ReadOnlySpan<byte> message, SipFlow flow);

    /// <summary>A destination was found dead after a send had been taken.</summary>
    void OnTransportFailed(SipDestination destination);
}

/// <summary>Monotone counts since the start.</summary>
public sealed class SipTransportCounters
{
    internal long ReceivedCount;
    internal long KeepAliveCount;
    internal long SentCount;
    internal long SendFailedCount;
    internal long SendDroppedCount;
    internal long ReceiveErrorCount;
    internal long TooLargeCount;

    /// <summary>Datagrams received, keep-alives included.</summary>
    public long Received => Interlocked.Read(ref ReceivedCount);

    /// <summary>Datagrams of nothing but line ends or zero bytes (RFC 5626 §3.5.1 and phones' habits); dropped at once.</summary>
    public long KeepAlives => Interlocked.Read(ref KeepAliveCount);

    public long Sent => Interlocked.Read(ref SentCount);

    public long SendFailed => Interlocked.Read(ref SendFailedCount);

    /// <summary>Datagrams given up because the send buffer was full.</summary>
    public long SendDropped => Interlocked.Read(ref SendDroppedCount);

    public long ReceiveErrors => Interlocked.Read(ref ReceiveErrorCount);

    /// <summary>Messages refused by size, either way.</summary>
    public long TooLarge => Interlocked.Read(ref TooLargeCount);
}
