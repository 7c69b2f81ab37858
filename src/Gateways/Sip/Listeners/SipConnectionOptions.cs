using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>Limits of TCP, TLS and WebSocket connections; each holds for one listener.</summary>
public sealed class SipConnectionOptions
{
    /// <summary>Connections at once; one more is closed at once.</summary>
    [Range(1, 1_000_000)]
    public int Max { get; set; } = 10_000;

    /// <summary>Connections at once from one IPv4 address or one IPv6 /64. Raise it for offices and proxies with many phones behind one address.</summary>
    [Range(1, 1_000_000)]
    public int MaxPerAddress { get; set; } = 256;

    /// <summary>A connection that nothing goes over for this long is closed, in s. Phones register anew at least hourly.</summary>
    [Range(10, 86_400)]
    public int IdleTimeoutSeconds { get; set; } = 3_660;

    /// <summary>How long a connection to a carrier may take to be established before the next target is tried, in ms.</summary>
    [Range(100, 60_000)]
    public int ConnectTimeoutMs { get; set; } = 4_000;

    /// <summary>Keep-alive (RFC 5626) on connections that we opened, in s; 0: none, since not every carrier answers it.</summary>
    [Range(0, 3_600)]
    public int PingIntervalSeconds { get; set; }
}
