using System.Buffers.Binary;

namespace OCPlatform.Media.Rtp;

/// <summary>RTCP packet types (RFC 3550 §12.1).</summary>
public static class RtcpType
{
    public const byte SenderReport = 200;
    public const byte ReceiverReport = 201;
    public const byte SourceDescription = 202;
    public const byte Bye = 203;
}

/// <summary>
/// One report block (RFC 3550 §6.4.1), 24 bytes.
/// <code>
/// |                 SSRC of the source reported on                |
/// | fraction lost |       cumulative number of packets lost       |
/// |           extended highest sequence number received           |
/// |                      interarrival jitter                      |
/// |                         last SR (LSR)                         |
/// |                   delay since last SR (DLSR)                  |
/// </code>
/// </summary>
/// <param name="FractionLost">In 1/256.</param>
/// <param name="CumulativeLost">24 bits, signed.</param>
/// <param name="Jitter">In timestamp units.</param>
/// <param name="LastSr">Middle 32 bits of the NTP time of the last SR; 0 when none came.</param>
/// <param name="DelaySinceLastSr">In 1/65536 s.</param>
public readonly record struct RtcpReportBlock(
    uint Ssrc,
    byte FractionLost,
    int CumulativeLost,
    uint ExtendedHighestSequence,
    uint Jitter,
    uint LastSr,
    uint DelaySinceLastSr
)
{
    public const int Bytes = 24;

    public static RtcpReportBlock Read(ReadOnlySpan<byte> b) =>
        new(
            BinaryPrimitives.ReadUInt32BigEndian(b),
            b[4],
            (BinaryPrimitives.ReadInt32BigEndian(b[4..]) << 8) >> 8,
            BinaryPrimitives.ReadUInt32BigEndian(b[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(b[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(b[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(b[20..])
        );

    public void Write(Span<byte> b)
    {
        BinaryPrimitives.WriteUInt32BigEndian(b, Ssrc);
        BinaryPrimitives.WriteInt32BigEndian(b[4..], Math.Clamp(CumulativeLost, -0x800000, 0x7FFFFF));
        b[4] = FractionLost;
        BinaryPrimitives.WriteUInt32BigEndian(b[8..], ExtendedHighestSequence);
        BinaryPrimitives.WriteUInt32BigEndian(b[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(b[16..], LastSr);
        BinaryPrimitives.WriteUInt32BigEndian(b[20..], DelaySinceLastSr);
    }
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
    private readonly ReadOnlySpan<byte> _packet;

    private RtcpPacket(ReadOnlySpan<byte> packet) => _packet = packet;

    public byte Type => _packet[1];

    /// <summary>Report blocks (SR, RR) or sources (SDES, BYE).</summary>
    public int Count => _packet[0] & 0x1F;

    /// <summary>The sender (SR, RR), or the first source (BYE); 0 when there is none.</summary>
    public uint Ssrc => _packet.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    /// <summary>SR: the NTP time, 32.32 bits of seconds since 1900.</summary>
    public ulong NtpTime => Type == RtcpType.SenderReport ? BinaryPrimitives.ReadUInt64BigEndian(_packet[8..]) : 0;

    public RtcpReportBlock Report(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        var first = Type == RtcpType.SenderReport ? 28 : 8;
        return RtcpReportBlock.Read(_packet[(first + index * RtcpReportBlock.Bytes)..]);
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
        var count = compound[0] & 0x1F;
        var least = compound[1] switch
        {
            RtcpType.SenderReport => 28 + count * RtcpReportBlock.Bytes,
            RtcpType.ReceiverReport => 8 + count * RtcpReportBlock.Bytes,
            RtcpType.Bye => HeaderBytes + 4 * count,
            _ => HeaderBytes,
        };
        if (length < least)
            return false;
        packet = new RtcpPacket(compound[..length]);
        compound = compound[length..];
        return true;
    }
}
