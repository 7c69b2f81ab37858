using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>Carries whole messages as bytes. Implementations: UDP, connections (TCP, TLS, WebSocket), the virtual network.</summary>
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
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound; the message names transport, address and cause.</exception>
    void Start(ISipTransportReceiver receiver);

    /// <summary>The address that a peer at this destination can reach us at: for Via sent-by and Contact.</summary>
    IPEndPoint AdvertisedFor(SipDestination destination);

    /// <summary>Hands a message to the network without waiting. False when it could not be sent; the reason is counted.</summary>
    bool TrySend(ReadOnlySpan<byte> message, SipDestination destination);

    /// <summary>
    /// A way to this destination is there: for connections one that is open or being opened, for datagrams a peer heard of lately.
    /// </summary>
    bool HasFlow(SipDestination destination) => true;
}

/// <summary>What a transport reports to; called from the transport's own threads.</summary>
public interface ISipTransportReceiver
{
    /// <summary>
    /// Room for another message. Connections are not read while there is none, so that their peers wait; datagrams are handed over all the same.
    /// </summary>
    bool HasRoom => true;

    /// <summary>One whole message or datagram. The bytes are the transport's again when the call returns.</summary>
    void OnReceived(ReadOnlySpan<byte> message, SipFlow flow);

    /// <summary>A destination was found dead after a send had been taken, or a connection to it ended.</summary>
    void OnTransportFailed(SipDestination destination);
}
