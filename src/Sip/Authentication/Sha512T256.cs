using System.Buffers.Binary;
using System.Numerics;
using static System.Numerics.BitOperations;

namespace OCPlatform.Sip.Authentication;

/// <summary>
/// SHA-512/256 (FIPS 180-4 §5.3.6, §6.7), which .NET does not have: SHA-512 with another beginning, cut to 256 bits. For the short
/// texts of a digest, so it takes the whole message at once. The constants are worked out as the standard defines them.
/// </summary>
internal static class Sha512T256
{
    public const int HashSizeInBytes = 32;

    private const int BlockBytes = 128;
    private const int Rounds = 80;

    private static readonly int[] Primes = [.. Enumerable.Range(2, 408).Where(IsPrime).Take(Rounds)];

    /// <summary>K: the fractions of the cube roots of the first 80 primes (§4.2.3).</summary>
    private static readonly ulong[] RoundConstants = [.. Primes.Select(prime => FractionOfRoot(prime, 3))];

    private static readonly ulong[] Beginning = MakeBeginning();

    public static byte[] HashData(ReadOnlySpan<byte> message)
    {
        var state = (ulong[])Beginning.Clone();
        Absorb(state, message);
        var hash = new byte[HashSizeInBytes];
        for (var i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(hash.AsSpan(8 * i), state[i]);
        }
        return hash;
    }

    /// <summary>§5.3.6: SHA-512 of the algorithm's name, begun with SHA-512's own values (§5.3.5) turned by a mask.</summary>
    private static ulong[] MakeBeginning()
    {
        ulong[] state = [.. Primes.Take(8).Select(prime => FractionOfRoot(prime, 2) ^ 0xa5a5a5a5a5a5a5a5)];
        Absorb(state, "SHA-512/256"u8);
        return state;
    }

    /// <summary>The message in blocks, then a 1 bit, zeros, and its length in bits (§5.1.2).</summary>
    private static void Absorb(ulong[] state, ReadOnlySpan<byte> message)
    {
        var bits = (ulong)message.Length * 8;
        for (; message.Length >= BlockBytes; message = message[BlockBytes..])
        {
            Compress(state, message[..BlockBytes]);
        }
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        message.CopyTo(last);
        last[message.Length] = 0x80;
        var length = message.Length + 1 + 16 <= BlockBytes ? BlockBytes : 2 * BlockBytes;
        BinaryPrimitives.WriteUInt64BigEndian(last[(length - 8)..], bits);
        for (var block = 0; block < length; block += BlockBytes)
        {
            Compress(state, last.Slice(block, BlockBytes));
        }
    }

    /// <summary>§6.4.2</summary>
    private static void Compress(ulong[] state, ReadOnlySpan<byte> block)
    {
        Span<ulong> w = stackalloc ulong[Rounds];
        for (var t = 0; t < 16; t++)
        {
            w[t] = BinaryPrimitives.ReadUInt64BigEndian(block[(8 * t)..]);
        }
        for (var t = 16; t < Rounds; t++)
        {
            var s0 = RotateRight(w[t - 15], 1) ^ RotateRight(w[t - 15], 8) ^ (w[t - 15] >> 7);
            var s1 = RotateRight(w[t - 2], 19) ^ RotateRight(w[t - 2], 61) ^ (w[t - 2] >> 6);
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var t = 0; t < Rounds; t++)
        {
            var sum1 = RotateRight(e, 14) ^ RotateRight(e, 18) ^ RotateRight(e, 41);
            var t1 = h + sum1 + ((e & f) ^ (~e & g)) + RoundConstants[t] + w[t];
            var sum0 = RotateRight(a, 28) ^ RotateRight(a, 34) ^ RotateRight(a, 39);
            var t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
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

    private static bool IsPrime(int number) =>
        Enumerable.Range(2, number - 2).TakeWhile(d => d * d <= number).All(d => number % d != 0);

    /// <summary>The first 64 bits behind the point of a root: the low bits of the whole root of the number shifted up.</summary>
    private static ulong FractionOfRoot(int number, int degree)
    {
        var target = (BigInteger)number << (64 * degree);
        BigInteger root = 0;
        for (var bit = BigInteger.One << 69; bit > 0; bit >>= 1)
        {
            if (BigInteger.Pow(root + bit, degree) <= target)
            {
                root += bit;
            }
        }
        return (ulong)(root & ulong.MaxValue);
    }
}
