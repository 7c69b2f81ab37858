using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace OCPlatform.Sip.Authentication;

/// <summary>
/// SHA-512/256 (FIPS 180-4 §5.3.6, §6.7), which the framework does not have: SHA-512 from another initial value, cut to 256 bits. The constants are
/// made as the standard defines them.
/// </summary>
internal static class Sha512T256
{
    private const int BlockBytes = 128;
    private const int HashBytes = 32;

    private static readonly int[] Primes = FirstPrimes(80);

    /// <summary>The first 64 bits of the fractional parts of the cube roots of the first 80 primes (§4.2.3).</summary>
    private static readonly ulong[] K = [.. Primes.Select(p => Fraction(Root(p, 3, 192)))];

    private static readonly ulong[] InitialValue = MakeInitialValue();

    public static byte[] HashData(ReadOnlySpan<byte> data)
    {
        var state = InitialValue.ToArray();
        HashInto(state, data);
        var hash = new byte[64];
        for (var i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(hash.AsSpan(i * 8), state[i]);
        }
        return hash[..HashBytes];
    }

    /// <summary>SHA-512 of the name, from SHA-512's own initial value with every a5 bit turned (§5.3.6).</summary>
    private static ulong[] MakeInitialValue()
    {
        // The square roots of the first eight primes (§5.3.5).
        ulong[] state = [.. Primes.Take(8).Select(p => Fraction(Root(p, 2, 128)) ^ 0xa5a5a5a5a5a5a5a5)];
        HashInto(state, "SHA-512/256"u8);
        return state;
    }

    private static void HashInto(ulong[] state, ReadOnlySpan<byte> data)
    {
        var rest = data;
        for (; rest.Length >= BlockBytes; rest = rest[BlockBytes..])
        {
            Compress(state, rest[..BlockBytes]);
        }
        // Padding (§5.1.2): a one bit, zeros, and the length in bits as the last 128.
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        rest.CopyTo(last);
        last[rest.Length] = 0x80;
        var length = rest.Length < BlockBytes - 16 ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteInt64BigEndian(last[(length - 8)..], (long)data.Length * 8);
        Compress(state, last[..BlockBytes]);
        if (length > BlockBytes)
        {
            Compress(state, last[BlockBytes..]);
        }
        CryptographicOperations.ZeroMemory(last);
    }

    /// <summary>§6.4.2.</summary>
    private static void Compress(ulong[] state, ReadOnlySpan<byte> block)
    {
        Span<ulong> w = stackalloc ulong[80];
        for (var t = 0; t < 16; t++)
        {
            w[t] = BinaryPrimitives.ReadUInt64BigEndian(block[(t * 8)..]);
        }
        for (var t = 16; t < 80; t++)
        {
            var (x, y) = (w[t - 15], w[t - 2]);
            var s0 = BitOperations.RotateRight(x, 1) ^ BitOperations.RotateRight(x, 8) ^ (x >> 7);
            var s1 = BitOperations.RotateRight(y, 19) ^ BitOperations.RotateRight(y, 61) ^ (y >> 6);
            w[t] = s1 + w[t - 7] + s0 + w[t - 16];
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var t = 0; t < 80; t++)
        {
            var s1 =
                BitOperations.RotateRight(e, 14) ^ BitOperations.RotateRight(e, 18) ^ BitOperations.RotateRight(e, 41);
            var t1 = h + s1 + ((e & f) ^ (~e & g)) + K[t] + w[t];
            var s0 =
                BitOperations.RotateRight(a, 28) ^ BitOperations.RotateRight(a, 34) ^ BitOperations.RotateRight(a, 39);
            var t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d + t1);
            (d, c, b, a) = (c, b, a, t1 + t2);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    private static int[] FirstPrimes(int count)
    {
        var primes = new List<int>(count);
        for (var n = 2; primes.Count < count; n++)
        {
            if (primes.TrueForAll(p => n % p != 0))
            {
                primes.Add(n);
            }
        }
        return [.. primes];
    }

    private static ulong Fraction(BigInteger number) => (ulong)(number & ulong.MaxValue);

    /// <summary>The degree-th root of the number, with 64 bits after the point: the largest r with r^degree at most number shifted left.</summary>
    private static BigInteger Root(int number, int degree, int shift)
    {
        var square = (BigInteger)number << shift;
        var root = BigInteger.Zero;
        for (var bit = 70; bit >= 0; bit--)
        {
            var candidate = root | BigInteger.One << bit;
            if (BigInteger.Pow(candidate, degree) <= square)
            {
                root = candidate;
            }
        }
        return root;
    }
}
