using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>The same with .NET's sockets, for systems without recvmmsg; arrival is when the tick found the packet.</summary>
internal sealed class PortableDatagrams : Datagrams
{
    private readonly byte[][] _packets = new byte[Batch][];
    private readonly int[] _lengths = new int[Batch];
    private readonly PeerAddress[] _sources = new PeerAddress[Batch];
    private readonly SocketAddress _from = new(AddressFamily.InterNetworkV6);
    private long _nowNs;

    public PortableDatagrams()
    {
        for (var i = 0; i < Batch; i++)
            _packets[i] = new byte[MaxBytes + 1];
    }

    public override int Receive(Socket socket, int handle, long nowNs, long wallMinusMonotonicNs)
    {
        _nowNs = nowNs;
        var count = 0;
        try
        {
            while (count < Batch && socket.Available > 0)
            {
                _lengths[count] = socket.ReceiveFrom(_packets[count], SocketFlags.None, _from);
                _sources[count] = PeerAddress.FromSocketAddress(_from);
                count++;
            }
        }
        catch (SocketException)
        {
            // An ICMP error of an earlier send, or an oversized datagram: nothing to read.
        }

        return count;
    }

    public override ReadOnlySpan<byte> Packet(int index) =>
        _lengths[index] > MaxBytes ? default : _packets[index].AsSpan(0, _lengths[index]);

    public override PeerAddress Source(int index) => _sources[index];

    public override long ArrivalNs(int index) => _nowNs;

    public override bool Send(Socket socket, int handle, ReadOnlySpan<byte> packet, in PeerAddress destination)
    {
        try
        {
            return socket.SendTo(packet, SocketFlags.None, destination.ToEndPoint().Serialize()) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public override void Dispose() { }
}
