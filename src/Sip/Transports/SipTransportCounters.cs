namespace OCPlatform.Sip.Transports;

/// <summary>Monotone counts since the start, and the connections open now.</summary>
public sealed class SipTransportCounters
{
    internal long ReceivedCount;
    internal long KeepAliveCount;
    internal long StunCount;
    internal long SentCount;
    internal long SendFailedCount;
    internal long SendDroppedCount;
    internal long ReceiveErrorCount;
    internal long TooLargeCount;
    internal long AcceptedCount;
    internal long OpenedCount;
    internal long RefusedConnectionCount;
    internal long BadFramingCount;
    internal int ConnectionsNow;
    private readonly long[] _closed = new long[Enum.GetValues<ConnectionEnd>().Length];

    /// <summary>Messages or datagrams received, keep-alives included.</summary>
    public long Received => Interlocked.Read(ref ReceivedCount);

    /// <summary>
    /// Datagrams of nothing but line ends or zero bytes (RFC 5626 §3.5.1 and phones' habits), which are dropped, and pings of connections, which
    /// are answered.
    /// </summary>
    public long KeepAlives => Interlocked.Read(ref KeepAliveCount);

    /// <summary>STUN Binding requests answered (RFC 5626 §3.5.2).</summary>
    public long StunRequests => Interlocked.Read(ref StunCount);

    public long Sent => Interlocked.Read(ref SentCount);

    public long SendFailed => Interlocked.Read(ref SendFailedCount);

    /// <summary>Datagrams given up because the send buffer was full.</summary>
    public long SendDropped => Interlocked.Read(ref SendDroppedCount);

    public long ReceiveErrors => Interlocked.Read(ref ReceiveErrorCount);

    /// <summary>Messages refused by size, either way.</summary>
    public long TooLarge => Interlocked.Read(ref TooLargeCount);

    /// <summary>Connections that peers opened.</summary>
    public long Accepted => Interlocked.Read(ref AcceptedCount);

    /// <summary>Connections that we opened.</summary>
    public long Opened => Interlocked.Read(ref OpenedCount);

    /// <summary>Connections refused because a limit, in total or for their address, was reached.</summary>
    public long RefusedConnections => Interlocked.Read(ref RefusedConnectionCount);

    /// <summary>Streams on which no message could be told from the next.</summary>
    public long BadFraming => Interlocked.Read(ref BadFramingCount);

    /// <summary>Connections now, those still being opened included.</summary>
    public int Connections => Volatile.Read(ref ConnectionsNow);

    /// <summary>Connections that ended so.</summary>
    public long Closed(ConnectionEnd end) => Interlocked.Read(ref _closed[(int)end]);

    internal void CountClosed(ConnectionEnd end) => Interlocked.Increment(ref _closed[(int)end]);
}

/// <summary>Why a connection ended.</summary>
public enum ConnectionEnd
{
    /// <summary>The peer closed it in good order.</summary>
    ClosedByPeer,

    /// <summary>It broke: reset, unreachable, refused.</summary>
    Broken,

    /// <summary>It was not established in time.</summary>
    ConnectTimeout,

    /// <summary>TLS or the WebSocket upgrade did not end in time.</summary>
    HandshakeTimeout,

    /// <summary>TLS failed, or the certificate was not accepted.</summary>
    TlsFailed,

    /// <summary>The WebSocket upgrade was not right.</summary>
    UpgradeFailed,

    /// <summary>A message was begun and not ended in time.</summary>
    MessageTimeout,

    /// <summary>Nothing was ever sent on it.</summary>
    NeverUsed,

    /// <summary>Nothing was sent or received for long.</summary>
    Idle,

    /// <summary>The peer does not read: what waits for it is too much, or waits too long.</summary>
    PeerDoesNotRead,

    /// <summary>Our ping was not answered (RFC 5626 §4.4.1).</summary>
    NoPong,

    /// <summary>What came is not SIP, has no Content-Length or is too large.</summary>
    BadFraming,

    /// <summary>The transport was stopped.</summary>
    Stopped,
}
