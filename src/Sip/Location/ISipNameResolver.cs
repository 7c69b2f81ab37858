using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Location;

/// <summary>Asks DNS for <see cref="SipServerLocator"/>. Thread-safe. An empty list means that the name has no such records.</summary>
public interface ISipNameResolver
{
    /// <exception cref="SipNameException">DNS could not tell.</exception>
    Task<IReadOnlyList<NaptrRecord>> NaptrAsync(string name, CancellationToken cancellation);

    /// <inheritdoc cref="NaptrAsync"/>
    Task<IReadOnlyList<SrvRecord>> SrvAsync(string name, CancellationToken cancellation);

    /// <summary>A records for IPv4, AAAA for IPv6.</summary>
    /// <inheritdoc cref="NaptrAsync"/>
    Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, AddressFamily family, CancellationToken cancellation);
}

/// <summary>A rule of a domain (RFC 3403 §4.1); for SIP it names a transport and where its SRV records are.</summary>
public sealed record NaptrRecord(int Order, int Preference, string Flags, string Service, string Replacement);

/// <summary>A server of a service (RFC 2782); target "." says that the service is not there.</summary>
public sealed record SrvRecord(int Priority, int Weight, int Port, string Target);

/// <summary>DNS did not answer, or answered with a failure.</summary>
public sealed class SipNameException(string message, Exception? inner = null) : Exception(message, inner);
