using System.Buffers.Binary;
using System.Security.Cryptography;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Ice;

/// <summary>
/// Writes a STUN message into the caller's bytes (RFC 8489 §5, §14). MESSAGE-INTEGRITY comes last but for FINGERPRINT, since
/// both cover what stands before them.
/// </summary>
/// <exception cref="ArgumentException">By any method: the bytes do not suffice.</exception>
public ref struct StunWriter
{
    private readonly Span<byte> _bytes;
    private int _length;

    /// <param name="transactionId">12 bytes; a response repeats its request's.</param>
    public StunWriter(Span<byte> bytes, StunClass stunClass, int method, scoped ReadOnlySpan<byte> transactionId)
    {
        _bytes = bytes;
        _length = StunMessage.HeaderBytes;
        var type =
            (method & 0x0F)
            | ((method & 0x70) << 1)
            | ((method & 0xF80) << 2)
            | (((int)stunClass & 1) << 4)
            | (((int)stunClass & 2) << 7);
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)type);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], StunMessage.MagicCookie);
        transactionId[..StunMessage.TransactionIdBytes].CopyTo(bytes[8..]);
        WriteLength();
    }

    public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

    public readonly int Length => _length;

    public void AddUsername(scoped ReadOnlySpan<byte> username) => Add(StunAttribute.Username, username);

    public void AddSoftware(scoped ReadOnlySpan<byte> software) => Add(StunAttribute.Software, software);

    public void AddPriority(uint priority) =>
        BinaryPrimitives.WriteUInt32BigEndian(Add(StunAttribute.Priority, 4), priority);

    public void AddUseCandidate() => Add(StunAttribute.UseCandidate, 0);

    public void AddIceControlling(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Add(StunAttribute.IceControlling, 8), tieBreaker);

    public void AddIceControlled(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Add(StunAttribute.IceControlled, 8), tieBreaker);

    /// <param name="code">300 to 699 (§14.8).</param>
    public void AddErrorCode(int code, scoped ReadOnlySpan<byte> reason)
    {
        var value = Add(StunAttribute.ErrorCode, 4 + reason.Length);
        value[0] = value[1] = 0;
        value[2] = (byte)(code / 100);
        value[3] = (byte)(code % 100);
        reason.CopyTo(value[4..]);
    }

    public void AddUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        var value = Add(StunAttribute.UnknownAttributes, 2 * types.Length);
        for (var i = 0; i < types.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(value[(2 * i)..], types[i]);
    }

    /// <summary>The password's bytes are the key (short-term credentials, §9.1).</summary>
    public void AddIntegrity(scoped ReadOnlySpan<byte> key)
    {
        var end = _length;
        var value = Add(StunAttribute.MessageIntegrity, StunMessage.IntegrityBytes);
        HMACSHA1.HashData(key, _bytes[..end], value);
    }

    public void AddFingerprint()
    {
        var end = _length;
        var value = Add(StunAttribute.Fingerprint, 4);
        BinaryPrimitives.WriteUInt32BigEndian(value, Crc32.Of(_bytes[..end]) ^ StunMessage.FingerprintXor);
    }

    /// <summary>An attribute that has no method of its own.</summary>
    internal void Add(int type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Add(type, value.Length));

    internal void AddMappedAddress(in PeerAddress address)
    {
        // A dual-mode socket shows IPv4 as ::ffff:a.b.c.d; the peer knows itself by the IPv4 address.
        var isV4 = !address.IsV6 || address.Address >> 32 == 0xFFFF;
        var value = Add(StunAttribute.XorMappedAddress, isV4 ? 8 : 20);
        value[0] = 0;
        value[1] = (byte)(isV4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ (StunMessage.MagicCookie >> 16)));
        if (isV4)
            BinaryPrimitives.WriteUInt32BigEndian(value[4..], (uint)address.Address ^ StunMessage.MagicCookie);
        else
            BinaryPrimitives.WriteUInt128BigEndian(
                value[4..],
                address.Address ^ BinaryPrimitives.ReadUInt128BigEndian(_bytes[4..])
            );
    }

    /// <returns>The place of the value; its padding is zero already.</returns>
    private Span<byte> Add(int type, int length)
    {
        var attribute = _bytes.Slice(_length, 4 + StunMessage.Padded(length));
        BinaryPrimitives.WriteUInt16BigEndian(attribute, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)length);
        attribute[(4 + length)..].Clear();
        _length += attribute.Length;
        WriteLength();
        return attribute.Slice(4, length);
    }

    private readonly void WriteLength() =>
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[2..], (ushort)(_length - StunMessage.HeaderBytes));
}
