using System.Net;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// Where to send: transport name and address. Immutable; crosses actors as its text (<c>UDP:192.0.2.1:5060</c>,
/// <c>UDP:[2001:db8::1]:5060</c>).
/// </summary>
public sealed class SipDestination : IEquatable<SipDestination>
{
    private SocketAddress? _socketAddress;

    public SipDestination(string transport, IPEndPoint endPoint)
    {
        Transport = transport.ToUpperInvariant();
        EndPoint = endPoint;
    }

    /// <summary>Upper case: UDP, TCP, TLS, WS, WSS.</summary>
    public string Transport { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>Kept, because turning an endpoint into one allocates on every send.</summary>
    internal SocketAddress SocketAddress => _socketAddress ??= EndPoint.Serialize();

    public static SipDestination Udp(IPEndPoint endPoint) => new("UDP", endPoint);

    public static SipDestination Parse(string text)
    {
        var colon = text.IndexOf(':');
        return colon > 0 && IPEndPoint.TryParse(text.AsSpan(colon + 1), out var endPoint)
            ? new SipDestination(text[..colon], endPoint)
            : throw new FormatException($"Not a SIP destination: {text}");
    }

    /// <summary>
    /// Where a URI with an IP address points without DNS: <c>maddr</c> or host, its port or the default, its transport
    /// parameter or UDP. Null for host names, which RFC 3263 resolves.
    /// </summary>
    public static SipDestination? FromUri(SipUri uri)
    {
        var host = uri.Parameters["maddr"] ?? uri.Host;
        return uri.IsSip && IPAddress.TryParse(host.Trim('[', ']'), out var address)
            ? new SipDestination(
                uri.IsSecure ? "TLS" : uri.Transport ?? "UDP",
                new IPEndPoint(address, uri.PortOrDefault)
            )
            : null;
    }

    public bool Equals(SipDestination? other) =>
        other is not null && other.Transport == Transport && other.EndPoint.Equals(EndPoint);

    public override bool Equals(object? obj) => Equals(obj as SipDestination);

    public override int GetHashCode() => HashCode.Combine(Transport, EndPoint);

    public override string ToString() => $"{Transport}:{EndPoint}";
}
