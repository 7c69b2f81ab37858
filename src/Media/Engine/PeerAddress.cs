using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>
/// An IP address and port as a value: compared per packet, without an allocation. Read from and written to the system's
/// sockaddr_in and sockaddr_in6.
/// </summary>
internal readonly record struct PeerAddress(UInt128 Address, ushort Port, bool IsV6)
{
    /// <summary>Room for the longest form (sockaddr_in6).</summary>
    public const int MaxBytes = 28;

    public bool IsNone => Port == 0 || Address == UInt128.Zero;

    public static PeerAddress From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var count);
        return count == 4
            ? new PeerAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)port, false)
            : new PeerAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)port, true);
    }

    public PeerAddress WithPort(int port) => this with { Port = (ushort)port };

    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (IsV6)
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Address);
        return new IPEndPoint(new IPAddress(bytes[..(IsV6 ? 16 : 4)]), Port);
    }

    /// <summary>From a sockaddr as the kernel writes it: family (host order), port, [flow], address.</summary>
    public static PeerAddress FromSockaddr(ReadOnlySpan<byte> sockaddr)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]);
        return sockaddr[0] == LinuxFamily.Inet6
            ? new PeerAddress(BinaryPrimitives.ReadUInt128BigEndian(sockaddr[8..]), port, true)
            : new PeerAddress(BinaryPrimitives.ReadUInt32BigEndian(sockaddr[4..]), port, false);
    }

    /// <returns>The sockaddr's length.</returns>
    public int ToSockaddr(Span<byte> sockaddr)
    {
        sockaddr[..MaxBytes].Clear();
        sockaddr[0] = IsV6 ? LinuxFamily.Inet6 : LinuxFamily.Inet;
        BinaryPrimitives.WriteUInt16BigEndian(sockaddr[2..], Port);
        if (IsV6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(sockaddr[8..], Address);
            return 28;
        }

        BinaryPrimitives.WriteUInt32BigEndian(sockaddr[4..], (uint)Address);
        return 16;
    }

    /// <summary>The same from .NET's portable form.</summary>
    public static PeerAddress FromSocketAddress(SocketAddress address)
    {
        var endpoint = (IPEndPoint)
            new IPEndPoint(
                address.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any,
                0
            ).Create(address);
        return From(endpoint.Address, endpoint.Port);
    }

    private static class LinuxFamily
    {
        public const byte Inet = 2;
        public const byte Inet6 = 10;
    }
}
