using System.Buffers.Binary;

namespace OCPlatform.Media.Rtp;

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
