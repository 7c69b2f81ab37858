using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>GCM by AES-NI and PCLMULQDQ: a packet is checked before it is decrypted, and refused at half the price.</summary>
internal sealed class AesGcmX86 : AesGcmAead
{
    private readonly AesCounterX86 _counter;
    private readonly Ghash _ghash;

    public AesGcmX86(ReadOnlySpan<byte> key)
    {
        _counter = new AesCounterX86(key);
        Span<byte> hashKey = stackalloc byte[AesCounter.BlockBytes];
        hashKey.Clear();
        _counter.Apply(Vector128<byte>.Zero, hashKey);
        _ghash = new Ghash(hashKey);
        CryptographicOperations.ZeroMemory(hashKey);
    }

    public static bool IsSupported => AesCounterX86.IsSupported && Pclmulqdq.IsSupported;

    public override void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> data, Span<byte> tag)
    {
        _counter.Apply(Counter(nonce, 2), data);
        MakeTag(nonce, associated, data, tag);
    }

    public override bool Open(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associated,
        Span<byte> data,
        ReadOnlySpan<byte> tag
    )
    {
        Span<byte> right = stackalloc byte[TagBytes];
        MakeTag(nonce, associated, data, right);
        if (!CryptographicOperations.FixedTimeEquals(right, tag))
            return false;
        _counter.Apply(Counter(nonce, 2), data);
        return true;
    }

    public override void Dispose()
    {
        _counter.Dispose();
        _ghash.Clear();
    }

    private void MakeTag(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associated,
        ReadOnlySpan<byte> data,
        Span<byte> tag
    )
    {
        _ghash.Compute(associated, data).CopyTo(tag);
        _counter.Apply(Counter(nonce, 1), tag[..TagBytes]);
    }

    // Count 1 covers the tag, 2 begins the data (NIST SP 800-38D §7.1).
    private static Vector128<byte> Counter(ReadOnlySpan<byte> nonce, uint count)
    {
        Span<byte> block = stackalloc byte[AesCounter.BlockBytes];
        nonce.CopyTo(block);
        BinaryPrimitives.WriteUInt32BigEndian(block[NonceBytes..], count);
        return Vector128.Create<byte>(block);
    }
}
