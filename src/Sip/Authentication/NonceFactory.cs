using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.Sip.Authentication;

/// <summary>
/// Nonces that the server need not remember: time and random bits with an HMAC over them and the realm (RFC 7616 §3.3, §5.4).
/// <code>
///  0               8               16                              32
/// +---------------+---------------+-------------------------------+
/// | milliseconds  | random        | HMAC-SHA256, first 16 bytes   |   base64url
/// +---------------+---------------+-------------------------------+
/// </code>
/// </summary>
internal sealed class NonceFactory(byte[] key, TimeProvider time)
{
    private const int Bytes = 32;

    public string Create(string realm)
    {
        Span<byte> nonce = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, time.GetUtcNow().ToUnixTimeMilliseconds());
        RandomNumberGenerator.Fill(nonce[8..16]);
        Sign(nonce[..16], realm, nonce[16..]);
        return Base64Url.EncodeToString(nonce);
    }

    /// <summary>When the nonce was made, if it is one of ours; null when not.</summary>
    public DateTimeOffset? IssuedAt(string nonce, string realm)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (
            nonce.Length != Base64Url.GetEncodedLength(Bytes)
            // Not TryDecodeFromChars, which throws at characters that are none of base64's.
            || Base64Url.DecodeFromChars(nonce, bytes, out _, out var length) != OperationStatus.Done
            || length != Bytes
        )
        {
            return null;
        }
        Span<byte> expected = stackalloc byte[16];
        Sign(bytes[..16], realm, expected);
        return CryptographicOperations.FixedTimeEquals(expected, bytes[16..])
            ? DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes))
            : null;
    }

    private void Sign(ReadOnlySpan<byte> stamp, string realm, Span<byte> signature)
    {
        Span<byte> full = stackalloc byte[32];
        HMACSHA256.HashData(key, [.. stamp, .. Encoding.UTF8.GetBytes(realm)], full);
        full[..16].CopyTo(signature);
    }
}
