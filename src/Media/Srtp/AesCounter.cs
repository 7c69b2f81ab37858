using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// AES in counter mode: the key stream of SRTP (RFC 3711 §4.1.1, RFC 6188 §3), of its key derivation, and of GCM. Not for
/// two threads at once.
/// </summary>
internal abstract class AesCounter : IDisposable
{
    public const int BlockBytes = 16;

    /// <param name="key">16 or 32 bytes.</param>
    /// <param name="intrinsics">Whether the processor's own AES instructions may be used where there are any.</param>
    public static AesCounter Create(ReadOnlySpan<byte> key, bool intrinsics) =>
        intrinsics && AesCounterX86.IsSupported ? new AesCounterX86(key) : new AesCounterPortable(key);

    /// <summary>
    /// XORs the key stream onto the data, so that it encrypts and decrypts. The last 32 bits of the block count up, which
    /// is SRTP's 16-bit count too: it begins at 0 and no datagram has 2^16 blocks.
    /// </summary>
    public abstract void Apply(Vector128<byte> firstBlock, Span<byte> data);

    public abstract void Dispose();
}
