namespace OCPlatform.Media.Srtp;

/// <summary>
/// AES-GCM in place (NIST SP 800-38D), with 12-byte nonces and 16-byte tags. Unlike the base class library's, it refuses
/// a forgery without an exception, whose price a flood of them would multiply. Not for two threads at once.
/// </summary>
internal abstract class AesGcmAead : IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    /// <param name="key">16 or 32 bytes.</param>
    /// <param name="intrinsics">Whether the processor's own instructions may be used where there are any.</param>
    public static AesGcmAead Create(ReadOnlySpan<byte> key, bool intrinsics) =>
        intrinsics && AesGcmX86.IsSupported ? new AesGcmX86(key) : new AesGcmPortable(key);

    /// <summary>Encrypts the data and writes the tag over it and the associated data.</summary>
    public abstract void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> data, Span<byte> tag);

    /// <summary>Decrypts the data when the tag is right; otherwise false, and the data is what it was.</summary>
    public abstract bool Open(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associated,
        Span<byte> data,
        ReadOnlySpan<byte> tag
    );

    public abstract void Dispose();
}
