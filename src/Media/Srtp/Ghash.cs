using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// GCM's hash (NIST SP 800-38D §6.4) by carry-less multiplication. It works on bytes in reverse order, where GHASH becomes
/// POLYVAL under a key multiplied by x (RFC 8452 Appendix A), whose reduction is two multiplications. Eight blocks are
/// multiplied by descending powers of the key before one reduction.
/// </summary>
internal sealed class Ghash
{
    private const int BlockBytes = 16;
    private const int BlocksAtOnce = 8;

    // x^127 + x^126 + x^121, the field's polynomial x^128 + x^127 + x^126 + x^121 + 1 without its ends.
    private const ulong Polynomial = 0xC200_0000_0000_0000;

    // Power i + 1 of the key.
    private Powers _powers;

    public Ghash(ReadOnlySpan<byte> hashKey)
    {
        var key = TimesX(Reverse(Vector128.Create(hashKey)));
        var power = key;
        _powers[0] = key;
        for (var i = 1; i < BlocksAtOnce; i++)
        {
            var product = default(Product);
            product.Add(power, key);
            _powers[i] = power = product.Reduce();
        }
    }

    /// <summary>Over both parts, each padded to whole blocks, and their lengths.</summary>
    public Vector128<byte> Compute(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> data)
    {
        var hash = Update(Vector128<ulong>.Zero, associated);
        hash = Update(hash, data);
        var product = default(Product);
        product.Add(hash ^ Vector128.Create(8 * (ulong)data.Length, 8 * (ulong)associated.Length), _powers[0]);
        return Reverse(product.Reduce().AsByte()).AsByte();
    }

    public void Clear() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<Vector128<ulong>>)_powers));

    private Vector128<ulong> Update(Vector128<ulong> hash, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var blocks = Math.Min((data.Length + BlockBytes - 1) / BlockBytes, BlocksAtOnce);
            ReadOnlySpan<Vector128<ulong>> powers = _powers[..blocks];
            var product = default(Product);
            for (var i = powers.Length - 1; i >= 0; i--)
            {
                product.Add(hash ^ TakeBlock(ref data), powers[i]);
                hash = Vector128<ulong>.Zero;
            }
            hash = product.Reduce();
        }
        return hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> TakeBlock(ref ReadOnlySpan<byte> data)
    {
        if (data.Length < BlockBytes)
            return TakeLast(ref data);
        var block = Reverse(Vector128.Create(data));
        data = data[BlockBytes..];
        return block;
    }

    private static Vector128<ulong> TakeLast(ref ReadOnlySpan<byte> data)
    {
        Span<byte> padded = stackalloc byte[BlockBytes];
        padded.Clear();
        data.CopyTo(padded);
        data = default;
        return Reverse(Vector128.Create<byte>(padded));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reverse(Vector128<byte> bytes) =>
        Vector128
            .Shuffle(bytes, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
            .AsUInt64();

    private static Vector128<ulong> TimesX(Vector128<ulong> value)
    {
        var (low, high) = (value.GetElement(0), value.GetElement(1));
        // All ones when the product has x^128, without a branch on the key.
        var carry = 0 - (high >> 63);
        return Vector128.Create(low << 1 ^ (carry & 1), (high << 1 | low >> 63) ^ (carry & Polynomial));
    }

    /// <summary>A sum of 256-bit products.</summary>
    private struct Product
    {
        private Vector128<ulong> _low;
        private Vector128<ulong> _middle;
        private Vector128<ulong> _high;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector128<ulong> a, Vector128<ulong> b)
        {
            _low ^= Pclmulqdq.CarrylessMultiply(a, b, 0x00);
            _middle ^= Pclmulqdq.CarrylessMultiply(a, b, 0x01) ^ Pclmulqdq.CarrylessMultiply(a, b, 0x10);
            _high ^= Pclmulqdq.CarrylessMultiply(a, b, 0x11);
        }

        /// <summary>Montgomery reduction: the product divided by x^128, as POLYVAL defines it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector128<ulong> Reduce()
        {
            var low = _low ^ Sse2.ShiftLeftLogical128BitLane(_middle, 8);
            var high = _high ^ Sse2.ShiftRightLogical128BitLane(_middle, 8);
            var polynomial = Vector128.CreateScalar(Polynomial);
            low = Swap(low) ^ Pclmulqdq.CarrylessMultiply(low, polynomial, 0x00);
            low = Swap(low) ^ Pclmulqdq.CarrylessMultiply(low, polynomial, 0x00);
            return high ^ low;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<ulong> Swap(Vector128<ulong> value) =>
            Vector128.Shuffle(value, Vector128.Create(1ul, 0));
    }

    [InlineArray(BlocksAtOnce)]
    private struct Powers
    {
        private Vector128<ulong> _first;
    }
}
