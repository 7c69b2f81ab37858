using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// What a listener tells peers about itself: the configured address and port, where they are set; else the bound ones, and for a listener on every
/// interface the address that the route to the peer leaves from.
/// </summary>
internal sealed class AdvertisedAddress(IPAddress? address, int port)
{
    private readonly RouteProbe _routes = new();

    public IPEndPoint For(SipDestination destination, IPEndPoint bound)
    {
        var told = port != 0 ? port : bound.Port;
        if (address is not null)
        {
            return new IPEndPoint(address, told);
        }
        return new IPEndPoint(
            IsAny(bound) ? _routes.LocalAddressTowards(destination.EndPoint.Address) : bound.Address,
            told
        );
    }

    public static bool IsAny(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);

    /// <summary>The failed bind with what an operator must know to mend it.</summary>
    public static SocketException BindFailure(string transport, IPEndPoint address, SocketException cause) =>
        new((int)cause.SocketErrorCode, $"{transport} {address}: {cause.Message}");
}
