using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// Which local address the kernel would send from. Connecting a UDP socket sends nothing, it only looks up the route.
/// </summary>
internal sealed class RouteProbe
{
    /// <summary>Answers kept; emptied when full, which also picks up changed routes now and then.</summary>
    private const int MaxKnown = 1024;

    private readonly ConcurrentDictionary<IPAddress, IPAddress> _known = new();

    public IPAddress LocalAddressTowards(IPAddress remote)
    {
        if (_known.TryGetValue(remote, out var known))
        {
            return known;
        }
        var local = Probe(remote);
        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }
        return _known[remote] = local;
    }

    private static IPAddress Probe(IPAddress remote)
    {
        try
        {
            using var socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(remote, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return remote.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        }
    }
}
