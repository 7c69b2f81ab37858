using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>The same with .NET's sockets, for other systems; arrival is when the tick found the packet.</summary>
internal sealed class PortableDatagrams : Datagrams
{
    private readonly byte[] _packet = new byte[MaxBytes + 1];
    private readonly SocketAddress _from = new(AddressFamily.InterNetworkV6);
    private int _length;
    private long _nowNs;

    public override Span<byte> Packet => _packet.AsSpan(0, _length > MaxBytes ? 0 : _length);

    public override PeerAddress Source => PeerAddress.FromSocketAddress(_from);

    public override long ArrivalNs => _nowNs;

    public static UdpEnd? TryBindSocket(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, port));
            socket.Blocking = false;
            return new UdpEnd((int)socket.Handle, socket);
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

    public override bool TryReceive(in UdpEnd end, bool connected, long nowNs, long wallMinusMonotonicNs)
    {
        _nowNs = nowNs;
        try
        {
            if (end.Socket!.Available == 0)
                return false;
            _length = end.Socket.ReceiveFrom(_packet, SocketFlags.None, _from);
            return true;
        }
        catch (SocketException)
        {
            // An ICMP error of an earlier send, or an oversized datagram: nothing to read.
            return false;
        }
    }

    public override bool Send(in UdpEnd end, bool connected, ReadOnlySpan<byte> packet, in PeerAddress destination)
    {
        try
        {
            return end.Socket!.SendTo(packet, SocketFlags.None, destination.ToEndPoint().Serialize()) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public override bool Connect(in UdpEnd end, in PeerAddress peer) => false;

    public override void Disconnect(in UdpEnd end) { }

    public override void Dispose() { }
}
