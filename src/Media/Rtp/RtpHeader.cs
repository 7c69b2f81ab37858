using System.Buffers.Binary;

namespace OCPlatform.Media.Rtp;

/// <summary>
/// A parsed RTP packet: a view of its bytes (RFC 3550 §5.1).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                           timestamp                           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |           synchronization source (SSRC) identifier            |
/// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
/// |            contributing source (CSRC) identifiers (0–15)      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |      defined by profile       |           length              |  X=1 (§5.3.1):
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  length in 32-bit words
/// |                        header extension                       |
/// </code>
/// With P=1 the last byte of the packet counts the padding bytes, itself included.
/// </summary>
public readonly ref struct RtpHeader
{
    /// <summary>The header without CSRCs and extension, in bytes.</summary>
    public const int FixedBytes = 12;

    private readonly ReadOnlySpan<byte> _packet;
    private readonly int _payloadOffset;
    private readonly int _payloadLength;

    private RtpHeader(ReadOnlySpan<byte> packet, int payloadOffset, int payloadLength)
    {
        _packet = packet;
        _payloadOffset = payloadOffset;
        _payloadLength = payloadLength;
    }

    public bool Marker => (_packet[1] & 0x80) != 0;
    public int PayloadType => _packet[1] & 0x7F;
    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_packet[2..]);
    public uint Timestamp => BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);
    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_packet[8..]);
    public int CsrcCount => _packet[0] & 0x0F;
    public bool HasExtension => (_packet[0] & 0x10) != 0;

    /// <summary>Without padding; may be empty.</summary>
    public ReadOnlySpan<byte> Payload => _packet.Slice(_payloadOffset, _payloadLength);

    public uint Csrc(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)CsrcCount);
        return BinaryPrimitives.ReadUInt32BigEndian(_packet[(FixedBytes + 4 * index)..]);
    }

    /// <summary>The extension's profile-defined 16 bits; 0 without one.</summary>
    public ushort ExtensionProfile =>
        HasExtension ? BinaryPrimitives.ReadUInt16BigEndian(_packet[(FixedBytes + 4 * CsrcCount)..]) : (ushort)0;

    /// <summary>The extension's data, a whole number of 32-bit words; empty without one.</summary>
    public ReadOnlySpan<byte> Extension =>
        HasExtension ? _packet[(FixedBytes + 4 * CsrcCount + 4).._payloadOffset] : default;

    /// <summary>False for anything that is not a whole RTP packet; never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpHeader header)
    {
        header = default;
        if (packet.Length < FixedBytes || packet[0] >> 6 != 2)
            return false;
        var offset = FixedBytes + 4 * (packet[0] & 0x0F);
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < offset + 4)
                return false;
            offset += 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(offset + 2)..]);
        }

        var length = packet.Length - offset;
        if (length < 0)
            return false;
        if ((packet[0] & 0x20) != 0)
        {
            var padding = packet[^1];
            if (padding == 0 || padding > length)
                return false;
            length -= padding;
        }

        header = new RtpHeader(packet, offset, length);
        return true;
    }

    /// <summary>Writes the 12 fixed bytes of a header with neither CSRC nor extension nor padding.</summary>
    public static void Write(
        Span<byte> packet,
        int payloadType,
        bool marker,
        ushort sequenceNumber,
        uint timestamp,
        uint ssrc
    )
    {
        packet[0] = 0x80;
        packet[1] = (byte)((marker ? 0x80 : 0) | payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(packet[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet[8..], ssrc);
    }

    /// <summary>RFC 5761 §4: on a shared port, packet types 192–223 in the second byte are RTCP.</summary>
    public static bool IsRtcp(ReadOnlySpan<byte> packet) => packet.Length >= 2 && packet[1] is >= 192 and <= 223;
}
