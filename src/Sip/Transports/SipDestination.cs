using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// Where to send: transport, address and, for transports that check a certificate, the name that it must have. Immutable; crosses actors as its
/// text (<c>UDP:192.0.2.1:5060</c>, <c>UDP:[2001:db8::1]:5060</c>, <c>TLS:192.0.2.1:5061;sip.example.com</c>).
/// </summary>
public sealed class SipDestination : IEquatable<SipDestination>
{
    private SocketAddress? _socketAddress;

    /// <param name="transport">UDP, TCP, TLS, WS, WSS in any case.</param>
    /// <param name="endPoint">Numeric address and port.</param>
    /// <param name="serverName">See <see cref="ServerName"/>; empty counts as null.</param>
    public SipDestination(string transport, IPEndPoint endPoint, string? serverName = null)
    {
        Transport = transport.ToUpperInvariant();
        EndPoint = endPoint;
        ServerName = string.IsNullOrEmpty(serverName) ? null : serverName.ToLowerInvariant();
    }

    /// <summary>Upper case: UDP, TCP, TLS, WS, WSS.</summary>
    public string Transport { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>
    /// The domain that the peer's certificate must name (RFC 5922 §7), also sent as SNI; lower case. Null: any connection
    /// to the address will do, and a new one is checked against the address.
    /// </summary>
    public string? ServerName { get; }

    /// <summary>Kept, because turning an endpoint into one allocates on every send.</summary>
    internal SocketAddress SocketAddress => _socketAddress ??= EndPoint.Serialize();

    /// <summary>Of several listeners of a kind, the one that a message came by, and answers leave by; no part of equality.</summary>
    internal ISipTransport? Listener { get; init; }

    /// <summary>An address reached by UDP.</summary>
    public static SipDestination Udp(IPEndPoint endPoint) => new("UDP", endPoint);

    /// <exception cref="FormatException">Not the text of a destination.</exception>
    public static SipDestination Parse(string text)
    {
        var semicolon = text.IndexOf(';');
        var (address, name) = semicolon < 0 ? (text, null) : (text[..semicolon], text[(semicolon + 1)..]);
        var colon = address.IndexOf(':');
        return colon > 0 && IPEndPoint.TryParse(address.AsSpan(colon + 1), out var endPoint)
            ? new SipDestination(address[..colon], endPoint, name)
            : throw new FormatException($"Not a SIP destination: {text}");
    }

    /// <summary>
    /// Where a URI with an IP address points without DNS: <c>maddr</c> or host, its port or the default, its transport
    /// parameter or UDP. Null for host names, which RFC 3263 resolves.
    /// </summary>
    public static SipDestination? FromUri(SipUri uri)
    {
        var host = uri.Parameters["maddr"] ?? uri.Host;
        if (!uri.IsSip || !IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return null;
        }
        var transport = (uri.Transport, uri.IsSecure) switch
        {
            ("ws" or "wss", true) => "WSS",
            (_, true) => "TLS",
            var (named, _) => named ?? "UDP",
        };
        return new SipDestination(transport, new IPEndPoint(address, uri.PortOrDefault));
    }

    public bool Equals(SipDestination? other) =>
        other is not null
        && other.Transport == Transport
        && other.EndPoint.Equals(EndPoint)
        && other.ServerName == ServerName;

    public override bool Equals(object? obj) => Equals(obj as SipDestination);

    public override int GetHashCode() => HashCode.Combine(Transport, EndPoint);

    public override string ToString() =>
        ServerName is null ? $"{Transport}:{EndPoint}" : $"{Transport}:{EndPoint};{ServerName}";
}
