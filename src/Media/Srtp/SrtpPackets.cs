using System.Buffers.Binary;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Srtp;

/// <summary>What of a packet is plain, and must be read before it is authentic.</summary>
internal static class SrtpPackets
{
    /// <summary>RFC 3711 §9.2: the most RTP packets under one master key.</summary>
    public const ulong MaxRtpIndex = (1UL << 48) - 1;

    /// <summary>RFC 3711 §9.2: the most RTCP packets under one master key.</summary>
    public const uint MaxRtcpIndex = (1u << 31) - 1;

    /// <summary>The length of an RTP header with its CSRCs and extension. False when it does not fit the packet.</summary>
    public static bool TryMeasureRtp(ReadOnlySpan<byte> packet, int trailerBytes, out int headerBytes)
    {
        headerBytes = RtpHeader.FixedBytes;
        if (packet.Length < RtpHeader.FixedBytes + trailerBytes || packet[0] >> 6 != 2)
            return false;
        headerBytes += 4 * (packet[0] & 0x0F);
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < headerBytes + 4 + trailerBytes)
                return false;
            headerBytes += 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(headerBytes + 2)..]);
        }
        return headerBytes + trailerBytes <= packet.Length;
    }

    public static bool IsRtcp(ReadOnlySpan<byte> packet, int trailerBytes) =>
        packet.Length >= SrtpCipher.RtcpHeaderBytes + trailerBytes && packet[0] >> 6 == 2;

    public static ushort RtpSequence(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);

    public static uint RtpSsrc(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);

    public static uint RtcpSsrc(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
}
