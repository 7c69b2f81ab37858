using System.Buffers.Binary;
using System.Text;

namespace OCPlatform.Media.Rtp;

/// <summary>
/// Writes compound RTCP: a report, then SDES with the CNAME (RFC 3550 §6.1), then XR, and BYE at the end of a stream.
/// </summary>
public ref struct RtcpWriter(Span<byte> buffer)
{
    /// <summary>Enough for SR with one block, SDES, XR with all blocks and BYE with a short reason.</summary>
    public const int MaxBytes = 256;

    /// <summary>Longer reasons of a BYE are cut.</summary>
    public const int MaxReasonBytes = 47;
    private const byte CnameItem = 1;

    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <param name="ntpTime">32.32 bits of seconds since 1900.</param>
    /// <param name="rtpTime">The same moment in our timestamps.</param>
    public void SenderReport(uint ssrc, ulong ntpTime, uint rtpTime, uint packets, uint octets, RtcpReportBlock? report)
    {
        var length = 28 + (report is null ? 0 : RtcpReportBlock.Bytes);
        var packet = Header(RtcpType.SenderReport, report is null ? 0 : 1, length);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], ntpTime);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], rtpTime);
        BinaryPrimitives.WriteUInt32BigEndian(packet[20..], packets);
        BinaryPrimitives.WriteUInt32BigEndian(packet[24..], octets);
        report?.Write(packet[28..]);
    }

    public void ReceiverReport(uint ssrc, RtcpReportBlock? report)
    {
        var packet = Header(RtcpType.ReceiverReport, report is null ? 0 : 1, report is null ? 8 : 32);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], ssrc);
        report?.Write(packet[8..]);
    }

    /// <summary>One chunk with the CNAME (RFC 3550 §6.5.1); the list ends with one to four zero bytes.</summary>
    public void Cname(uint ssrc, scoped ReadOnlySpan<char> cname)
    {
        var text = Encoding.ASCII.GetByteCount(cname);
        var length = (8 + 2 + text + 1 + 3) & ~3;
        var packet = Header(RtcpType.SourceDescription, 1, length);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], ssrc);
        packet[8] = CnameItem;
        packet[9] = (byte)text;
        Encoding.ASCII.GetBytes(cname, packet[10..]);
        packet[(10 + text)..].Clear();
    }

    /// <summary>One source leaves (§6.6), for a reason in ASCII; an empty one is left out.</summary>
    public void Bye(uint ssrc, scoped ReadOnlySpan<char> reason = default)
    {
        reason = reason[..Math.Min(reason.Length, MaxReasonBytes)];
        var packet = Header(RtcpType.Bye, 1, reason.IsEmpty ? 8 : (8 + 1 + reason.Length + 3) & ~3);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], ssrc);
        if (reason.IsEmpty)
            return;
        packet[8] = (byte)reason.Length;
        Encoding.ASCII.GetBytes(reason, packet[9..]);
        packet[(9 + reason.Length)..].Clear();
    }

    /// <summary>An XR packet (RFC 3611) with the blocks that are given; nothing when none is.</summary>
    /// <param name="referenceNtp">Receiver reference time (§4.4).</param>
    /// <param name="answered">DLRR (§4.5): whose reference time is answered, which one, and how long ago it came.</param>
    /// <param name="metrics">VoIP metrics (§4.7).</param>
    public void ExtendedReport(
        uint ssrc,
        ulong? referenceNtp,
        (uint Ssrc, uint LastReference, uint Delay)? answered,
        VoipMetrics? metrics
    )
    {
        if (referenceNtp is null && answered is null && metrics is null)
            return;
        var length =
            8
            + (referenceNtp is null ? 0 : 12)
            + (answered is null ? 0 : 16)
            + (metrics is null ? 0 : 4 + VoipMetrics.Bytes);
        var packet = Header(RtcpType.ExtendedReport, 0, length);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], ssrc);
        var rest = packet[8..];
        if (referenceNtp is { } ntp)
        {
            BinaryPrimitives.WriteUInt64BigEndian(Block(ref rest, XrBlockType.ReferenceTime, 8), ntp);
        }

        if (answered is { } last)
        {
            var block = Block(ref rest, XrBlockType.DelaySinceLastReference, 12);
            BinaryPrimitives.WriteUInt32BigEndian(block, last.Ssrc);
            BinaryPrimitives.WriteUInt32BigEndian(block[4..], last.LastReference);
            BinaryPrimitives.WriteUInt32BigEndian(block[8..], last.Delay);
        }

        metrics?.Write(Block(ref rest, XrBlockType.VoipMetrics, VoipMetrics.Bytes));
    }

    private static Span<byte> Block(ref Span<byte> rest, byte type, int contentBytes)
    {
        rest[0] = type;
        rest[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)(contentBytes / 4));
        var content = rest.Slice(4, contentBytes);
        rest = rest[(4 + contentBytes)..];
        return content;
    }

    private Span<byte> Header(byte type, int count, int length)
    {
        var packet = _buffer.Slice(Length, length);
        packet[0] = (byte)(0x80 | count);
        packet[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(length / 4 - 1));
        Length += length;
        return packet;
    }
}
