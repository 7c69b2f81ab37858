using System.Buffers.Binary;
using System.Security.Cryptography;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Ice;

/// <summary>What a STUN message is (RFC 8489 §5): the two class bits.</summary>
public enum StunClass
{
    Request = 0,
    Indication = 1,
    Success = 2,
    Error = 3,
}

/// <summary>
/// A parsed STUN message: a view of its bytes (RFC 8489 §5, §14; ICE's attributes RFC 8445 §16.1).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |0 0| M11–M7  |C1| M6–M4 |C0| M3–M0|        message length         |  without these 20 bytes
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                   magic cookie 0x2112A442                     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                  transaction id (96 bits)                     |
/// +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
/// |       attribute type          |        attribute length       |  value padded to 4 bytes,
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+  the length counts no padding
/// |                           value …                             |
/// </code>
/// Of an attribute that stands twice the first counts; what stands behind MESSAGE-INTEGRITY is not protected and is
/// ignored, except for FINGERPRINT (§14.5).
/// </summary>
public readonly ref struct StunMessage
{
    public const int HeaderBytes = 20;

    public const int TransactionIdBytes = 12;

    public const int Binding = 1;

    /// <summary>Longer ones are refused: no check comes near it, and they would have to be copied for their HMAC.</summary>
    public const int MaxBytes = 1280;

    internal const uint MagicCookie = 0x2112A442;
    internal const uint FingerprintXor = 0x5354554E;
    internal const int IntegrityBytes = 20;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Offsets _at;

    private StunMessage(ReadOnlySpan<byte> bytes, Offsets at)
    {
        _bytes = bytes;
        _at = at;
    }

    public StunClass Class => (StunClass)(((_bytes[1] >> 4) & 1) | ((_bytes[0] << 1) & 2));

    public int Method => (_bytes[1] & 0x0F) | ((_bytes[1] >> 1) & 0x70) | ((_bytes[0] << 6) & 0xF80);

    /// <summary>12 bytes.</summary>
    public ReadOnlySpan<byte> TransactionId => _bytes.Slice(8, TransactionIdBytes);

    public bool HasUsername => _at.Username != 0;

    /// <summary>Empty without one.</summary>
    public ReadOnlySpan<byte> Username => Value(_at.Username);

    public bool HasIntegrity => _at.Integrity != 0;

    public bool HasFingerprint => _at.Fingerprint != 0;

    /// <summary>The priority that the sender's candidate would have if it were learnt from this check.</summary>
    public uint? Priority => _at.Priority == 0 ? null : BinaryPrimitives.ReadUInt32BigEndian(Value(_at.Priority));

    public bool UseCandidate => _at.UseCandidate != 0;

    /// <summary>The sender's tie-breaker, when it says that it is the controlling agent.</summary>
    public ulong? IceControlling =>
        _at.Controlling == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(Value(_at.Controlling));

    /// <summary>The sender's tie-breaker, when it says that it is the controlled agent.</summary>
    public ulong? IceControlled =>
        _at.Controlled == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(Value(_at.Controlled));

    /// <summary>300 to 699.</summary>
    public int? ErrorCode => _at.ErrorCode == 0 ? null : Value(_at.ErrorCode)[2] * 100 + Value(_at.ErrorCode)[3];

    /// <summary>Whether an attribute must be understood and is not (types below 0x8000).</summary>
    public bool HasUnknownRequired => _at.HasUnknownRequired;

    /// <summary>False for anything that is not a whole STUN message; never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        if (
            datagram.Length is < HeaderBytes or > MaxBytes
            || datagram[0] >> 6 != 0
            || BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) != MagicCookie
            || BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]) != datagram.Length - HeaderBytes
        )
            return false;
        var at = new Offsets();
        var offset = HeaderBytes;
        while (offset < datagram.Length)
        {
            if (
                !TryAttribute(datagram, offset, out var type, out var length)
                || !at.Note(datagram, type, offset, length)
            )
                return false;
            offset += 4 + Padded(length);
        }

        message = new StunMessage(datagram, at);
        return true;
    }

    /// <summary>Whether HMAC-SHA1 over what precedes MESSAGE-INTEGRITY matches, with the length as if it ended there (§14.5).</summary>
    /// <param name="key">The password's bytes (short-term credentials), or the MD5 of §9.2.2.</param>
    public bool HasIntegrityOf(ReadOnlySpan<byte> key)
    {
        if (!HasIntegrity)
            return false;
        Span<byte> text = stackalloc byte[MaxBytes];
        text = text[.._at.Integrity];
        _bytes[.._at.Integrity].CopyTo(text);
        BinaryPrimitives.WriteUInt16BigEndian(text[2..], (ushort)(_at.Integrity + 4 + IntegrityBytes - HeaderBytes));
        Span<byte> mac = stackalloc byte[IntegrityBytes];
        HMACSHA1.HashData(key, text, mac);
        return CryptographicOperations.FixedTimeEquals(mac, Value(_at.Integrity));
    }

    /// <summary>Whether FINGERPRINT is there and right (§14.7).</summary>
    public bool HasValidFingerprint() =>
        HasFingerprint
        && BinaryPrimitives.ReadUInt32BigEndian(Value(_at.Fingerprint))
            == (Crc32.Of(_bytes[.._at.Fingerprint]) ^ FingerprintXor);

    /// <summary>The types that must be understood and are not, as many as fit.</summary>
    /// <returns>How many were written.</returns>
    public int CopyUnknownRequired(Span<ushort> types)
    {
        var count = 0;
        var end = HasIntegrity ? _at.Integrity : _bytes.Length;
        for (var offset = HeaderBytes; offset < end && count < types.Length; )
        {
            TryAttribute(_bytes, offset, out var type, out var length);
            if (StunAttribute.IsUnknownRequired(type))
                types[count++] = (ushort)type;
            offset += 4 + Padded(length);
        }

        return count;
    }

    /// <summary>XOR-MAPPED-ADDRESS (§14.2): where a response says that its request came from.</summary>
    internal bool TryReadMappedAddress(out PeerAddress address)
    {
        address = default;
        if (_at.MappedAddress == 0)
            return false;
        var value = Value(_at.MappedAddress);
        var port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (MagicCookie >> 16));
        address =
            value.Length == 8
                ? new PeerAddress(BinaryPrimitives.ReadUInt32BigEndian(value[4..]) ^ MagicCookie, port, false)
                : new PeerAddress(
                    BinaryPrimitives.ReadUInt128BigEndian(value[4..])
                        ^ BinaryPrimitives.ReadUInt128BigEndian(_bytes[4..]),
                    port,
                    true
                );
        return true;
    }

    internal static int Padded(int length) => (length + 3) & ~3;

    private ReadOnlySpan<byte> Value(int offset) =>
        offset == 0 ? default : _bytes.Slice(offset + 4, BinaryPrimitives.ReadUInt16BigEndian(_bytes[(offset + 2)..]));

    private static bool TryAttribute(scoped ReadOnlySpan<byte> bytes, int offset, out int type, out int length)
    {
        type = length = 0;
        if (bytes.Length - offset < 4)
            return false;
        type = BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);
        length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(offset + 2)..]);
        return Padded(length) <= bytes.Length - offset - 4;
    }

    /// <summary>Where the attributes begin; 0: absent.</summary>
    private struct Offsets
    {
        public ushort Username;
        public ushort Integrity;
        public ushort Fingerprint;
        public ushort Priority;
        public ushort UseCandidate;
        public ushort Controlling;
        public ushort Controlled;
        public ushort ErrorCode;
        public ushort MappedAddress;
        public bool HasUnknownRequired;

        /// <summary>False when the attribute's value can't be one, or stands behind FINGERPRINT.</summary>
        public bool Note(ReadOnlySpan<byte> bytes, int type, int offset, int length)
        {
            if (Fingerprint != 0)
                return false;
            if (type == StunAttribute.Fingerprint)
                return Set(ref Fingerprint, offset, length == 4);
            if (Integrity != 0)
                return true;
            switch (type)
            {
                case StunAttribute.Username:
                    return Set(ref Username, offset, true);
                case StunAttribute.MessageIntegrity:
                    return Set(ref Integrity, offset, length == IntegrityBytes);
                case StunAttribute.Priority:
                    return Set(ref Priority, offset, length == 4);
                case StunAttribute.UseCandidate:
                    return Set(ref UseCandidate, offset, length == 0);
                case StunAttribute.IceControlling:
                    return Set(ref Controlling, offset, length == 8);
                case StunAttribute.IceControlled:
                    return Set(ref Controlled, offset, length == 8);
                case StunAttribute.ErrorCode:
                    return Set(
                        ref ErrorCode,
                        offset,
                        length >= 4 && bytes[offset + 6] is >= 3 and <= 6 && bytes[offset + 7] <= 99
                    );
                case StunAttribute.XorMappedAddress:
                    return Set(
                        ref MappedAddress,
                        offset,
                        length >= 4 && (bytes[offset + 5], length) is (1, 8) or (2, 20)
                    );
                default:
                    HasUnknownRequired |= StunAttribute.IsUnknownRequired(type);
                    return true;
            }
        }

        private static bool Set(ref ushort place, int offset, bool isValid)
        {
            if (place == 0)
                place = (ushort)offset;
            return isValid;
        }
    }
}
