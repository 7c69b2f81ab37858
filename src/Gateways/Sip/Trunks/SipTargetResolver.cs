using System.Net;
using System.Net.Sockets;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The addresses that a URI stands for, in the order they are to be tried (RFC 3263). Empty when there are none. May throw what name
/// resolution throws.
/// </summary>
public delegate Task<IReadOnlyList<SipDestination>> SipTargetResolver(SipUri uri, CancellationToken stop);

/// <summary>Resolution without NAPTR and SRV: an address as it stands, a name by its A and AAAA records.</summary>
internal static class AddressResolver
{
    public static async Task<IReadOnlyList<SipDestination>> ResolveAsync(SipUri uri, CancellationToken stop)
    {
        if (SipDestination.FromUri(uri) is { } literal)
        {
            return [literal];
        }
        if (!uri.IsSip)
        {
            return [];
        }
        var transport = uri.IsSecure ? "TLS" : (uri.Transport ?? "udp");
        var addresses = await Dns.GetHostAddressesAsync(uri.Parameters["maddr"] ?? uri.Host, stop);
        return
        [
            .. addresses
                .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
                .Select(address => new SipDestination(transport, new IPEndPoint(address, uri.PortOrDefault))),
        ];
    }
}
