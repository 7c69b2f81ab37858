using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>A session's pair of UDP sockets: RTP on an even port, RTCP one above (RFC 3550 §11).</summary>
internal sealed class MediaSockets : IDisposable
{
    private MediaSockets(Socket rtp, Socket rtcp)
    {
        Rtp = rtp;
        Rtcp = rtcp;
        RtpHandle = (int)rtp.Handle;
        RtcpHandle = (int)rtcp.Handle;
    }

    public Socket Rtp { get; }
    public Socket Rtcp { get; }
    public int RtpHandle { get; }
    public int RtcpHandle { get; }

    /// <summary>Null when either port is taken.</summary>
    public static MediaSockets? TryBind(IPAddress address, int port)
    {
        var rtp = TryBindOne(address, port);
        if (rtp is null)
            return null;
        var rtcp = TryBindOne(address, port + 1);
        if (rtcp is not null)
            return new MediaSockets(rtp, rtcp);
        rtp.Dispose();
        return null;
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

    public void Dispose()
    {
        Rtp.Dispose();
        Rtcp.Dispose();
    }

    private static Socket? TryBindOne(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, port));
            Datagrams.Prepare(socket);
            return socket;
        }
        catch (SocketException e)
            when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
