using System.Buffers.Binary;
using System.Text;

namespace OCPlatform.Media.Rtp;

/// <summary>
/// Writes compound RTCP: a report, then SDES with the CNAME (RFC 3550 §6.1), then BYE at the end of a stream.
/// </summary>
public ref struct RtcpWriter(Span<byte> buffer)
{
    /// <summary>Enough for SR with one block, SDES and BYE.</summary>
    public const int MaxBytes = 160;
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
    public void Cname(uint ssrc, ReadOnlySpan<char> cname)
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

    public void Bye(uint ssrc) => BinaryPrimitives.WriteUInt32BigEndian(Header(RtcpType.Bye, 1, 8)[4..], ssrc);

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
