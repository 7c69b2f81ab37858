using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>Settings of a <see cref="StreamTransport"/>.</summary>
public sealed class StreamTransportOptions
{
    /// <summary>Address and port to listen on; port 0 takes a free one. Connections we open leave from this address too.</summary>
    public IPEndPoint Bind { get; set; } = new(IPAddress.Any, 5060);

    /// <summary>Address told to peers in Via and Contact; null: the bound one, or the one the route to the peer leaves from.</summary>
    public IPAddress? AdvertisedAddress { get; set; }

    /// <summary>Port told to peers; 0: the bound one.</summary>
    public int AdvertisedPort { get; set; }

    /// <summary>Takes connections of peers. Without, only connections that we open are used.</summary>
    public bool Listens { get; set; } = true;

    /// <summary>Opens connections to destinations that none leads to. Without, such a send fails at once.</summary>
    public bool Connects { get; set; } = true;

    /// <summary>Makes it TLS, or WSS; null for plain.</summary>
    public TlsSettings? Tls { get; set; }

    /// <summary>Makes it WS, or WSS; null for a plain byte stream.</summary>
    public WebSocketSettings? WebSocket { get; set; }

    /// <summary>Largest message taken, in bytes.</summary>
    public int MaxMessageBytes { get; set; } = 65_535;

    /// <summary>Connections at once; one more is closed at once.</summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Connections at once from one IPv4 address or one IPv6 /64; one more is closed at once.</summary>
    public int MaxConnectionsPerAddress { get; set; } = 256;

    /// <summary>Bytes that may wait for one peer; one message more closes its connection.</summary>
    public int SendQueueBytes { get; set; } = 1024 * 1024;

    /// <summary>Longest time for a connection of ours to be established.</summary>
    public int ConnectTimeoutMs { get; set; } = 4_000;

    /// <summary>Longest time for TLS and the WebSocket upgrade together.</summary>
    public int HandshakeTimeoutMs { get; set; } = 10_000;

    /// <summary>How long a peer that connected may stay silent before its first message.</summary>
    public int FirstMessageTimeoutMs { get; set; } = 60_000;

    /// <summary>Longest time from the first byte of a message to its last.</summary>
    public int MessageTimeoutMs { get; set; } = 10_000;

    /// <summary>Longest time that a peer may take nothing of what waits for it.</summary>
    public int SendTimeoutMs { get; set; } = 20_000;

    /// <summary>A connection that nothing goes over for this long is closed; phones register anew at least hourly.</summary>
    public int IdleTimeoutMs { get; set; } = 3_660_000;

    /// <summary>Pings (RFC 5626 §3.5.1) on connections that we opened, this often; 0: none, since not every peer answers them.</summary>
    public int PingIntervalMs { get; set; }

    /// <summary>An answer to a ping must come within this time (RFC 5626 §4.4.1).</summary>
    public int PongTimeoutMs { get; set; } = 10_000;

    /// <summary>Told of every connection that ended, on the connection's thread. Its callee limits its own rate.</summary>
    public Action<SipConnectionReport>? OnClosed { get; set; }
}

/// <summary>How a connection ended.</summary>
/// <param name="Remote">Its peer.</param>
/// <param name="IsIncoming">The peer opened it.</param>
/// <param name="End">Why it ended.</param>
/// <param name="Detail">What is known beyond that, for a log; holds nothing that the peer wrote.</param>
public sealed record SipConnectionReport(SipDestination Remote, bool IsIncoming, ConnectionEnd End, string Detail);
