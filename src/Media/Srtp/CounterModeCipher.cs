using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1 and §4.2.1, RFC 6188). The roll-over counter is authenticated as if
/// it stood behind the packet, and so it does for a moment, in the tag's place.
/// <code>
/// RTP   | header | payload, encrypted | tag: 4 or 10 bytes |
/// RTCP  | header | reports, encrypted | E flag and index | tag: 10 bytes |
/// </code>
/// </summary>
internal sealed class CounterModeCipher : SrtpCipher
{
    public const int AuthenticationKeyBytes = 20;
    private const int RtcpTagBytes = 10;
    private const int RolloverBytes = 4;

    private readonly AesCounter _counter;
    private readonly Vector128<byte> _salt;
    private readonly byte[] _authenticationKey;
    private readonly int _tagBytes;

    // Holds the key's two half-hashed blocks: 0.5 µs a packet where HMACSHA1.HashData takes 1.2, for 1.8 kB of memory,
    // which one RTCP packet in 5 s is not worth.
    private IncrementalHash? _hmac;

    public CounterModeCipher(
        AesCounter counter,
        ReadOnlySpan<byte> salt,
        ReadOnlySpan<byte> authenticationKey,
        int tagBytes
    )
    {
        Span<byte> padded = stackalloc byte[AesCounter.BlockBytes];
        padded.Clear();
        salt.CopyTo(padded);
        _salt = Vector128.Create<byte>(padded);
        _counter = counter;
        _authenticationKey = authenticationKey.ToArray();
        _tagBytes = tagBytes;
    }

    public override int RtpTrailerBytes => _tagBytes;

    public override int RtcpTrailerBytes => RtcpIndexBytes + RtcpTagBytes;

    public override void SealRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index)
    {
        _counter.Apply(FirstBlock(ssrc, index), packet[headerBytes..^_tagBytes]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        HashRtp(packet, index, hash);
        hash[.._tagBytes].CopyTo(packet[^_tagBytes..]);
    }

    public override bool OpenRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index)
    {
        Span<byte> tag = stackalloc byte[_tagBytes];
        packet[^_tagBytes..].CopyTo(tag);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        HashRtp(packet, index, hash);
        tag.CopyTo(packet[^_tagBytes..]);
        if (!CryptographicOperations.FixedTimeEquals(hash[.._tagBytes], tag))
            return false;
        _counter.Apply(FirstBlock(ssrc, index), packet[headerBytes..^_tagBytes]);
        return true;
    }

    public override void SealRtcp(Span<byte> packet, uint ssrc, uint index)
    {
        _counter.Apply(FirstBlock(ssrc, index), packet[RtcpHeaderBytes..^RtcpTrailerBytes]);
        BinaryPrimitives.WriteUInt32BigEndian(packet[^RtcpTrailerBytes..], EncryptedFlag | index);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        HMACSHA1.HashData(_authenticationKey, packet[..^RtcpTagBytes], hash);
        hash[..RtcpTagBytes].CopyTo(packet[^RtcpTagBytes..]);
    }

    public override bool OpenRtcp(Span<byte> packet, uint ssrc)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        HMACSHA1.HashData(_authenticationKey, packet[..^RtcpTagBytes], hash);
        if (!CryptographicOperations.FixedTimeEquals(hash[..RtcpTagBytes], packet[^RtcpTagBytes..]))
            return false;
        var word = BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpTrailerBytes..]);
        if ((word & EncryptedFlag) != 0)
            _counter.Apply(FirstBlock(ssrc, word & ~EncryptedFlag), packet[RtcpHeaderBytes..^RtcpTrailerBytes]);
        return true;
    }

    public override uint RtcpIndex(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpTrailerBytes..]) & ~EncryptedFlag;

    public override void Dispose()
    {
        _counter.Dispose();
        _hmac?.Dispose();
        CryptographicOperations.ZeroMemory(_authenticationKey);
    }

    private void HashRtp(Span<byte> packet, ulong index, Span<byte> hash)
    {
        var end = packet.Length - _tagBytes;
        BinaryPrimitives.WriteUInt32BigEndian(packet[end..], (uint)(index >> 16));
        _hmac ??= IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, _authenticationKey);
        _hmac.AppendData(packet[..(end + RolloverBytes)]);
        _hmac.GetHashAndReset(hash);
    }

    /// <summary>IV = (salt · 2^16) XOR (SSRC · 2^64) XOR (index · 2^16), RFC 3711 §4.1.1.</summary>
    private Vector128<byte> FirstBlock(uint ssrc, ulong index)
    {
        Span<byte> block = stackalloc byte[AesCounter.BlockBytes];
        BinaryPrimitives.WriteUInt32BigEndian(block, 0);
        BinaryPrimitives.WriteUInt32BigEndian(block[4..], ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(block[8..], index << 16);
        return Vector128.Create<byte>(block) ^ _salt;
    }
}
