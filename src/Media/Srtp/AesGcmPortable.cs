using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// GCM by the base class library. Its Decrypt throws at a forgery, so a packet is opened by Encrypt alone: encryption is an
/// XOR, hence the first pass gives the plaintext, and the second gives the ciphertext again with its right tag.
/// </summary>
internal sealed class AesGcmPortable(ReadOnlySpan<byte> key) : AesGcmAead
{
    private readonly AesGcm _gcm = new(key, TagBytes);

    public override void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associated,
        Span<byte> data,
        Span<byte> tag
    ) => _gcm.Encrypt(nonce, data, data, tag, associated);

    public override bool Open(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associated,
        Span<byte> data,
        ReadOnlySpan<byte> tag
    )
    {
        Span<byte> right = stackalloc byte[TagBytes];
        _gcm.Encrypt(nonce, data, data, right);
        _gcm.Encrypt(nonce, data, data, right, associated);
        if (!CryptographicOperations.FixedTimeEquals(right, tag))
            return false;
        _gcm.Encrypt(nonce, data, data, right);
        return true;
    }

    public override void Dispose() => _gcm.Dispose();
}
