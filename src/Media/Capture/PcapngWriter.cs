using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace OCPlatform.Media.Capture;

/// <summary>
/// Writes one section of a pcapng file (draft-ietf-opsawg-pcapng): datagrams as IP packets with UDP headers made for them,
/// on one interface of link type RAW, stamped in ns. Every call writes a whole block, so that a file that is still being
/// written can be read up to its last block. Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// | block type | total length | body, options (padded to 32 bits) | total length |
/// </code>
/// </remarks>
public sealed class PcapngWriter
{
    /// <summary>LINKTYPE_RAW: packets begin with their IPv4 or IPv6 header.</summary>
    public const ushort LinkTypeRaw = 101;

    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const uint ByteOrderMagic = 0x1A2B3C4D;
    private const ushort EndOfOptions = 0;
    private const ushort Comment = 1;
    private const byte Nanoseconds = 9;

    // A block without data: type, lengths, fixed fields.
    private const int FixedBytes = 64;

    private readonly Stream _stream;
    private byte[] _block = new byte[4096];
    private int _length;
    private ushort _ipId;

    /// <param name="stream">Is written to, never closed.</param>
    /// <param name="application">What writes the file.</param>
    /// <param name="comment">About the section; null for none.</param>
    public PcapngWriter(Stream stream, string application, string? comment = null)
    {
        _stream = stream;
        Begin(SectionHeader, 0);
        Write32(ByteOrderMagic);
        Write16(1);
        Write16(0);
        Write64(ulong.MaxValue); // Its length is not known beforehand.
        Option(Comment, comment);
        Option(4, application);
        End();
        Begin(InterfaceDescription, 0);
        Write16(LinkTypeRaw);
        Write16(0);
        Write32(0); // No limit to a packet's length.
        Option(2, "call");
        Option(9, [Nanoseconds]);
        End();
    }

    public long BytesWritten { get; private set; }

    /// <summary>A datagram, with the UDP and IP headers it may have had.</summary>
    /// <param name="wallNs">UTC, ns since 1970.</param>
    /// <param name="outgoing">We sent it.</param>
    /// <param name="comment">About this packet; null for none.</param>
    public void Packet(
        long wallNs,
        ReadOnlySpan<byte> datagram,
        IPEndPoint source,
        IPEndPoint destination,
        bool outgoing,
        string? comment = null
    )
    {
        Begin(
            EnhancedPacket,
            UdpFrame.MaxHeaderBytes + datagram.Length + Encoding.UTF8.GetMaxByteCount(comment?.Length ?? 0)
        );
        Write32(0);
        WriteTime(wallNs);
        var lengths = _length;
        _length += 8;
        var bytes = UdpFrame.Write(_block.AsSpan(_length), datagram, source, destination, _ipId++);
        BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(lengths), bytes);
        BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(lengths + 4), bytes);
        _length += bytes;
        Pad();
        Option(Comment, comment);
        Option(2, [(byte)(outgoing ? 2 : 1), 0, 0, 0]);
        End();
    }

    /// <summary>What the capture has and has not, at its end.</summary>
    /// <param name="received">Packets that should be in the file.</param>
    /// <param name="dropped">Those of them that are not.</param>
    public void Statistics(long wallNs, long received, long dropped, string comment)
    {
        Begin(InterfaceStatistics, Encoding.UTF8.GetMaxByteCount(comment.Length));
        Write32(0);
        WriteTime(wallNs);
        Option(Comment, comment);
        Span<byte> count = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(count, received);
        Option(4, count);
        BinaryPrimitives.WriteInt64LittleEndian(count, dropped);
        Option(5, count);
        End();
    }

    private void Begin(uint type, int bytes)
    {
        // Options of our own fit beside the text.
        var needed = FixedBytes + bytes + 512;
        if (_block.Length < needed)
            _block = new byte[needed];
        _length = 0;
        Write32(type);
        _length += 4;
    }

    private void End()
    {
        Write32(EndOfOptions);
        var total = _length + 4;
        Write32((uint)total);
        BinaryPrimitives.WriteInt32LittleEndian(_block.AsSpan(4), total);
        _stream.Write(_block, 0, total);
        BytesWritten += total;
    }

    private void Option(ushort code, string? text)
    {
        if (string.IsNullOrEmpty(text))
            return;
        var header = _length;
        _length += 4;
        var bytes = Encoding.UTF8.GetBytes(text, _block.AsSpan(_length));
        BinaryPrimitives.WriteUInt16LittleEndian(_block.AsSpan(header), code);
        BinaryPrimitives.WriteUInt16LittleEndian(_block.AsSpan(header + 2), (ushort)bytes);
        _length += bytes;
        Pad();
    }

    private void Option(ushort code, ReadOnlySpan<byte> value)
    {
        Write16(code);
        Write16((ushort)value.Length);
        value.CopyTo(_block.AsSpan(_length));
        _length += value.Length;
        Pad();
    }

    private void Pad()
    {
        while (_length % 4 != 0)
            _block[_length++] = 0;
    }

    private void WriteTime(long wallNs)
    {
        Write32((uint)(wallNs >> 32));
        Write32((uint)wallNs);
    }

    private void Write16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_block.AsSpan(_length), value);
        _length += 2;
    }

    private void Write32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(_length), value);
        _length += 4;
    }

    private void Write64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_block.AsSpan(_length), value);
        _length += 8;
    }
}
