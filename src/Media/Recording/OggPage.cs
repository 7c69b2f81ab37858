using System.Buffers.Binary;

namespace OCPlatform.Media.Recording;

/// <summary>
/// Gathers packets into one Ogg page (RFC 3533 §6):
/// <code>
///  0 "OggS"  4 version (0)  5 flags: 1 continued, 2 first, 4 last
///  6 granule position (64 bit)  14 serial number  18 page number  22 CRC-32  26 segments  27 segment table
/// </code>
/// All little endian. A packet is 255s and a rest below 255 in the segment table; it never spans two pages here.
/// </summary>
internal sealed class OggPage
{
    public const int HeaderBytes = 27;
    public const int MostSegments = 255;
    public const byte First = 2;
    public const byte Last = 4;
    private const int MostPayload = MostSegments * 255;

    private static readonly uint[] Crc = MakeCrcTable();

    private readonly byte[] _segments = new byte[MostSegments];
    private readonly byte[] _payload;
    private readonly byte[] _page;
    private int _segmentCount;
    private int _payloadBytes;

    /// <param name="payloadBytes">Most bytes of packets in one page.</param>
    public OggPage(int payloadBytes)
    {
        _payload = new byte[Math.Min(payloadBytes, MostPayload)];
        _page = new byte[HeaderBytes + MostSegments + _payload.Length];
    }

    public bool IsEmpty => _segmentCount == 0;

    /// <summary>False when the page is full: write it first.</summary>
    public bool TryAdd(ReadOnlySpan<byte> packet)
    {
        var segments = packet.Length / 255 + 1;
        if (_segmentCount + segments > MostSegments || _payloadBytes + packet.Length > _payload.Length)
            return false;
        for (var i = 1; i < segments; i++)
            _segments[_segmentCount++] = 255;
        _segments[_segmentCount++] = (byte)(packet.Length % 255);
        packet.CopyTo(_payload.AsSpan(_payloadBytes));
        _payloadBytes += packet.Length;
        return true;
    }

    /// <summary>The page of what was added, valid until the next call; begins a new one.</summary>
    public ReadOnlySpan<byte> Take(byte flags, long granule, uint serial, uint number)
    {
        var page = _page.AsSpan(0, HeaderBytes + _segmentCount + _payloadBytes);
        "OggS"u8.CopyTo(page);
        page[4] = 0;
        page[5] = flags;
        BinaryPrimitives.WriteInt64LittleEndian(page[6..], granule);
        BinaryPrimitives.WriteUInt32LittleEndian(page[14..], serial);
        BinaryPrimitives.WriteUInt32LittleEndian(page[18..], number);
        page[26] = (byte)_segmentCount;
        _segments.AsSpan(0, _segmentCount).CopyTo(page[HeaderBytes..]);
        _payload.AsSpan(0, _payloadBytes).CopyTo(page[(HeaderBytes + _segmentCount)..]);
        Seal(page);
        (_segmentCount, _payloadBytes) = (0, 0);
        return page;
    }

    /// <summary>Puts the checksum of the page as it stands in its place.</summary>
    public static void Seal(Span<byte> page)
    {
        page.Slice(22, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(page[22..], ChecksumOf(page));
    }

    /// <summary>
    /// The length of the page at the start of <paramref name="data"/>; 0 when there is none that is whole and undamaged.
    /// </summary>
    public static int LengthOf(ReadOnlySpan<byte> data)
    {
        if (data.Length < HeaderBytes || !data[..5].SequenceEqual("OggS\0"u8))
            return 0;
        var length = HeaderBytes + data[26];
        if (data.Length < length)
            return 0;
        foreach (var segment in data.Slice(HeaderBytes, data[26]))
            length += segment;
        if (data.Length < length)
            return 0;
        Span<byte> page = new byte[length];
        data[..length].CopyTo(page);
        page.Slice(22, 4).Clear();
        return ChecksumOf(page) == BinaryPrimitives.ReadUInt32LittleEndian(data[22..]) ? length : 0;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> page)
    {
        uint crc = 0;
        foreach (var octet in page)
            crc = crc << 8 ^ Crc[crc >> 24 ^ octet];
        return crc;
    }

    // Generator 0x04C11DB7, most significant bit first, start and end at 0: not the CRC of Ethernet.
    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            var crc = i << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = crc << 1 ^ ((crc & 0x8000_0000) != 0 ? 0x04C1_1DB7u : 0);
            table[i] = crc;
        }

        return table;
    }
}
