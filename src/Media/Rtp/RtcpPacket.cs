using System.Buffers.Binary;

namespace OCPlatform.Media.Rtp;

/// <summary>RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).</summary>
public static class RtcpType
{
    public const byte SenderReport = 200;
    public const byte ReceiverReport = 201;
    public const byte SourceDescription = 202;
    public const byte Bye = 203;
    public const byte Application = 204;
    public const byte TransportFeedback = 205;
    public const byte PayloadFeedback = 206;
    public const byte ExtendedReport = 207;
}

/// <summary>
/// One packet of a compound RTCP datagram: a view of its bytes (RFC 3550 §6.4).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P| RC / SC |      PT       |  length in 32-bit words − 1   |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                             SSRC                              |
/// </code>
/// SR adds NTP time (64), RTP time, packet count and octet count before the report blocks.
/// </summary>
public readonly ref struct RtcpPacket
{
    private const int HeaderBytes = 4;
    private const int SenderInfoBytes = 20;
    private readonly ReadOnlySpan<byte> _packet;

    private RtcpPacket(ReadOnlySpan<byte> packet) => _packet = packet;

    public byte Type => _packet[1];

    /// <summary>Report blocks (SR, RR) or sources (SDES, BYE).</summary>
    public int Count => _packet[0] & 0x1F;

    /// <summary>The sender (SR, RR, XR), or the first source (BYE); 0 when there is none.</summary>
    public uint Ssrc => _packet.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    /// <summary>SR: the NTP time, 32.32 bits of seconds since 1900.</summary>
    public ulong NtpTime => Type == RtcpType.SenderReport ? BinaryPrimitives.ReadUInt64BigEndian(_packet[8..]) : 0;

    /// <summary>SR and RR: one of the <see cref="Count"/> report blocks.</summary>
    public RtcpReportBlock Report(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        var first = Type == RtcpType.SenderReport ? 8 + SenderInfoBytes : 8;
        return RtcpReportBlock.Read(_packet[(first + index * RtcpReportBlock.Bytes)..]);
    }

    /// <summary>BYE: one of the <see cref="Count"/> sources that leave (§6.6).</summary>
    public uint Source(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        return BinaryPrimitives.ReadUInt32BigEndian(_packet[(HeaderBytes + 4 * index)..]);
    }

    /// <summary>BYE: why, in UTF-8 (§6.6); empty when the peer does not say, or says more than the packet holds.</summary>
    public ReadOnlySpan<byte> ByeReason
    {
        get
        {
            var rest = Type == RtcpType.Bye ? _packet[(HeaderBytes + 4 * Count)..] : default;
            return rest.IsEmpty || rest[0] > rest.Length - 1 ? default : rest.Slice(1, rest[0]);
        }
    }

    /// <summary>XR: its report blocks (RFC 3611 §3).</summary>
    public XrBlocks ExtendedBlocks => new(Type == RtcpType.ExtendedReport ? _packet[8..] : default);

    /// <summary>
    /// Whether the datagram is RTCP from its first byte to its last (RFC 3550 A.2): version 2 throughout, padding in the
    /// last packet only, lengths that add up, and room in each packet for what it announces. It may begin with any packet
    /// type, since reduced-size RTCP does (RFC 5506 §3.4.1). Never throws.
    /// </summary>
    public static bool IsValidCompound(ReadOnlySpan<byte> datagram)
    {
        if (datagram.IsEmpty)
            return false;
        while (!datagram.IsEmpty)
        {
            var padded = (datagram[0] & 0x20) != 0;
            if (!RtpHeader.IsRtcp(datagram) || !TryRead(ref datagram, out _) || (padded && !datagram.IsEmpty))
                return false;
        }

        return true;
    }

    /// <summary>Takes the next packet off a compound; false at its end and at the first malformed one. Never throws.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> compound, out RtcpPacket packet)
    {
        packet = default;
        if (compound.Length < HeaderBytes || compound[0] >> 6 != 2)
            return false;
        var length = 4 * (BinaryPrimitives.ReadUInt16BigEndian(compound[2..]) + 1);
        if (length > compound.Length)
            return false;
        var content = length;
        if ((compound[0] & 0x20) != 0)
        {
            // The last byte counts the padding, a whole number of words (§6.4.1).
            int padding = compound[length - 1];
            if (padding == 0 || padding % 4 != 0 || padding > length - HeaderBytes)
                return false;
            content -= padding;
        }

        var count = compound[0] & 0x1F;
        var least = compound[1] switch
        {
            RtcpType.SenderReport => 8 + SenderInfoBytes + count * RtcpReportBlock.Bytes,
            RtcpType.ReceiverReport => 8 + count * RtcpReportBlock.Bytes,
            RtcpType.Bye => HeaderBytes + 4 * count,
            RtcpType.ExtendedReport => 8,
            _ => HeaderBytes,
        };
        if (content < least)
            return false;
        packet = new RtcpPacket(compound[..content]);
        compound = compound[length..];
        return true;
    }
}
