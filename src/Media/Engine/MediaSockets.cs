using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>A session's pair of UDP sockets: RTP on an even port, RTCP one above (RFC 3550 §11).</summary>
internal sealed class MediaSockets : IDisposable
{
    private MediaSockets(UdpEnd rtp, UdpEnd rtcp, IPEndPoint local)
    {
        Rtp = rtp;
        Rtcp = rtcp;
        Local = local;
    }

    public readonly UdpEnd Rtp;
    public readonly UdpEnd Rtcp;

    /// <summary>Where the RTP socket is bound.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Null when either port is taken.</summary>
    /// <exception cref="SocketException">As from <see cref="Datagrams.TryBind"/>; nothing is left open.</exception>
    public static MediaSockets? TryBind(IPAddress address, int port) => TryBind(address, port, Datagrams.TryBind);

    /// <param name="bind">Binds one of the two.</param>
    internal static MediaSockets? TryBind(IPAddress address, int port, Func<IPAddress, int, UdpEnd?> bind)
    {
        if (bind(address, port) is not { } rtp)
            return null;
        MediaSockets? sockets = null;
        try
        {
            if (bind(address, port + 1) is { } rtcp)
                sockets = new MediaSockets(rtp, rtcp, new IPEndPoint(address, port));
        }
        finally
        {
            if (sockets is null)
                Datagrams.Close(rtp);
        }

        return sockets;
    }

    /// <summary>The local address that packets to <paramref name="peer"/> leave from; connecting UDP sends nothing.</summary>
    public static IPAddress RouteTo(IPAddress peer)
    {
        using var probe = new Socket(peer.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.Connect(peer, 9);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return peer.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        }
    }

    /// <summary>Once only.</summary>
    public void Dispose()
    {
        Datagrams.Close(Rtp);
        Datagrams.Close(Rtcp);
    }
}
