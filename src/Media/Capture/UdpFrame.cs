using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Media.Capture;

/// <summary>IP and UDP headers around a datagram (RFC 791, RFC 8200, RFC 768), with their checksums.</summary>
internal static class UdpFrame
{
    public const int MaxHeaderBytes = Ip6Bytes + UdpBytes;

    private const int Ip4Bytes = 20;
    private const int Ip6Bytes = 40;
    private const int UdpBytes = 8;
    private const byte Udp = 17;
    private const byte HopLimit = 64;

    // What an IPv4 packet can carry; a longer SIP message came by TCP, and is cut.
    private const int MaxDatagram = ushort.MaxValue - Ip4Bytes - UdpBytes;

    /// <summary>Writes the packet; IPv4 where both ends have such an address.</summary>
    /// <returns>Its length.</returns>
    public static int Write(
        Span<byte> frame,
        ReadOnlySpan<byte> datagram,
        IPEndPoint source,
        IPEndPoint destination,
        ushort id
    )
    {
        datagram = datagram[..Math.Min(datagram.Length, MaxDatagram)];
        var from = Plain(source.Address);
        var to = Plain(destination.Address);
        var v4 = from.AddressFamily == AddressFamily.InterNetwork && to.AddressFamily == AddressFamily.InterNetwork;
        var udpLength = UdpBytes + datagram.Length;
        var header = v4 ? Ip4Bytes : Ip6Bytes;
        frame[..(header + UdpBytes)].Clear();
        var udp = frame.Slice(header, udpLength);
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], (ushort)destination.Port);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udpLength);
        datagram.CopyTo(udp[UdpBytes..]);

        // The pseudo-header: both addresses, the protocol, UDP's length.
        var sum = (uint)(Udp + udpLength);
        if (v4)
        {
            WriteIp4(frame, from, to, udpLength, id);
            sum += Sum(frame.Slice(12, 8));
        }
        else
        {
            WriteIp6(frame, from.MapToIPv6(), to.MapToIPv6(), udpLength);
            sum += Sum(frame.Slice(8, 32));
        }

        var checksum = Fold(sum + Sum(udp));
        // 0 would mean that there is none (RFC 768).
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? ushort.MaxValue : checksum);
        return header + udpLength;
    }

    private static void WriteIp4(Span<byte> frame, IPAddress from, IPAddress to, int udpLength, ushort id)
    {
        frame[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)(Ip4Bytes + udpLength));
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], id);
        frame[8] = HopLimit;
        frame[9] = Udp;
        from.TryWriteBytes(frame[12..], out _);
        to.TryWriteBytes(frame[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(frame[10..], Fold(Sum(frame[..Ip4Bytes])));
    }

    private static void WriteIp6(Span<byte> frame, IPAddress from, IPAddress to, int udpLength)
    {
        frame[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], (ushort)udpLength);
        frame[6] = Udp;
        frame[7] = HopLimit;
        from.TryWriteBytes(frame[8..], out _);
        to.TryWriteBytes(frame[24..], out _);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (; bytes.Length > 1; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.IsEmpty ? sum : sum + ((uint)bytes[0] << 8);
    }

    private static ushort Fold(uint sum)
    {
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
