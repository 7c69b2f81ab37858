using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// AES-GCM (RFC 7714 §8, §9). Headers are associated data, and so is the last word of an RTCP packet; of one that its
/// sender left plain (E=0), all is.
/// <code>
/// RTP   | header | payload, encrypted | tag: 16 bytes |
/// RTCP  | header | reports, encrypted | tag: 16 bytes | E flag and index |
/// </code>
/// </summary>
internal sealed class AeadCipher : SrtpCipher
{
    private const int TagBytes = AesGcmAead.TagBytes;

    private readonly AesGcmAead _aead;
    private readonly Vector128<byte> _salt;

    public AeadCipher(AesGcmAead aead, ReadOnlySpan<byte> salt)
    {
        Span<byte> padded = stackalloc byte[Vector128<byte>.Count];
        padded.Clear();
        salt.CopyTo(padded);
        _aead = aead;
        _salt = Vector128.Create<byte>(padded);
    }

    public override int RtpTrailerBytes => TagBytes;

    public override int RtcpTrailerBytes => TagBytes + RtcpIndexBytes;

    public override void SealRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index)
    {
        Span<byte> nonce = stackalloc byte[Vector128<byte>.Count];
        _aead.Seal(
            Nonce(nonce, ssrc, index),
            packet[..headerBytes],
            packet[headerBytes..^TagBytes],
            packet[^TagBytes..]
        );
    }

    public override bool OpenRtp(Span<byte> packet, int headerBytes, uint ssrc, ulong index)
    {
        Span<byte> nonce = stackalloc byte[Vector128<byte>.Count];
        return _aead.Open(
            Nonce(nonce, ssrc, index),
            packet[..headerBytes],
            packet[headerBytes..^TagBytes],
            packet[^TagBytes..]
        );
    }

    public override void SealRtcp(Span<byte> packet, uint ssrc, uint index)
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[^RtcpIndexBytes..], EncryptedFlag | index);
        Span<byte> associated = stackalloc byte[RtcpHeaderBytes + RtcpIndexBytes];
        Associate(packet, associated);
        Span<byte> nonce = stackalloc byte[Vector128<byte>.Count];
        _aead.Seal(
            Nonce(nonce, ssrc, index),
            associated,
            packet[RtcpHeaderBytes..^RtcpTrailerBytes],
            packet[^RtcpTrailerBytes..^RtcpIndexBytes]
        );
    }

    public override bool OpenRtcp(Span<byte> packet, uint ssrc)
    {
        Span<byte> nonce = stackalloc byte[Vector128<byte>.Count];
        var word = BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpIndexBytes..]);
        var iv = Nonce(nonce, ssrc, word & ~EncryptedFlag);
        if ((word & EncryptedFlag) == 0)
            return Check(packet, iv);
        Span<byte> associated = stackalloc byte[RtcpHeaderBytes + RtcpIndexBytes];
        Associate(packet, associated);
        return _aead.Open(
            iv,
            associated,
            packet[RtcpHeaderBytes..^RtcpTrailerBytes],
            packet[^RtcpTrailerBytes..^RtcpIndexBytes]
        );
    }

    public override uint RtcpIndex(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(packet[^RtcpIndexBytes..]) & ~EncryptedFlag;

    public override void Dispose() => _aead.Dispose();

    private static void Associate(ReadOnlySpan<byte> packet, Span<byte> associated)
    {
        packet[..RtcpHeaderBytes].CopyTo(associated);
        packet[^RtcpIndexBytes..].CopyTo(associated[RtcpHeaderBytes..]);
    }

    /// <summary>A plain packet: its last word is put behind its reports for a moment, to be hashed in one piece.</summary>
    private bool Check(Span<byte> packet, ReadOnlySpan<byte> nonce)
    {
        Span<byte> trailer = stackalloc byte[TagBytes + RtcpIndexBytes];
        packet[^RtcpTrailerBytes..].CopyTo(trailer);
        trailer[TagBytes..].CopyTo(packet[^RtcpTrailerBytes..]);
        var isRight = _aead.Open(nonce, packet[..^TagBytes], default, trailer[..TagBytes]);
        trailer.CopyTo(packet[^RtcpTrailerBytes..]);
        return isRight;
    }

    /// <summary>
    /// 16 zero bits, the SSRC and the 48-bit index (for RTCP 16 zero bits, then 0 and the 31-bit index), XOR the salt
    /// (RFC 7714 §8.1, §9.1).
    /// </summary>
    private ReadOnlySpan<byte> Nonce(Span<byte> nonce, uint ssrc, ulong index)
    {
        BinaryPrimitives.WriteUInt64BigEndian(nonce, (ulong)ssrc << 16 | index >> 32);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[8..], index << 32);
        (Vector128.Create<byte>(nonce) ^ _salt).CopyTo(nonce);
        return nonce[..AesGcmAead.NonceBytes];
    }
}
