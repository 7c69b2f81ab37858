using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using AesNi = System.Runtime.Intrinsics.X86.Aes;

namespace OCPlatform.Media.Srtp;

/// <summary>Counter mode by AES-NI, eight blocks in flight: no call into a library, nothing but the round keys to keep.</summary>
internal sealed class AesCounterX86 : AesCounter
{
    private const int BlocksInFlight = 8;
    private const int ChunkBytes = BlocksInFlight * BlockBytes;

    private readonly int _rounds;
    private RoundKeys _roundKeys;

    public AesCounterX86(ReadOnlySpan<byte> key)
    {
        _rounds = key.Length / 4 + 6;
        Expand(key, MemoryMarshal.Cast<Vector128<byte>, uint>(_roundKeys[..(_rounds + 1)]));
    }

    public static bool IsSupported => AesNi.IsSupported;

    public override void Apply(Vector128<byte> firstBlock, Span<byte> data)
    {
        Span<byte> keyStream = stackalloc byte[ChunkBytes];
        var counter = BinaryPrimitives.ReverseEndianness(firstBlock.AsUInt32().GetElement(3));
        while (!data.IsEmpty)
        {
            var take = Math.Min(data.Length, ChunkBytes);
            MakeKeyStream(firstBlock.AsUInt32(), counter, keyStream);
            TensorPrimitives.Xor(data[..take], keyStream[..take], data[..take]);
            data = data[take..];
            counter += BlocksInFlight;
        }
    }

    public override void Dispose() =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<Vector128<byte>>)_roundKeys));

    private void MakeKeyStream(Vector128<uint> block, uint counter, Span<byte> keyStream)
    {
        ReadOnlySpan<Vector128<byte>> keys = _roundKeys[..(_rounds + 1)];
        var key = keys[0];
        var b0 = Count(block, counter) ^ key;
        var b1 = Count(block, counter + 1) ^ key;
        var b2 = Count(block, counter + 2) ^ key;
        var b3 = Count(block, counter + 3) ^ key;
        var b4 = Count(block, counter + 4) ^ key;
        var b5 = Count(block, counter + 5) ^ key;
        var b6 = Count(block, counter + 6) ^ key;
        var b7 = Count(block, counter + 7) ^ key;
        for (var round = 1; round < keys.Length - 1; round++)
        {
            key = keys[round];
            b0 = AesNi.Encrypt(b0, key);
            b1 = AesNi.Encrypt(b1, key);
            b2 = AesNi.Encrypt(b2, key);
            b3 = AesNi.Encrypt(b3, key);
            b4 = AesNi.Encrypt(b4, key);
            b5 = AesNi.Encrypt(b5, key);
            b6 = AesNi.Encrypt(b6, key);
            b7 = AesNi.Encrypt(b7, key);
        }
        key = keys[^1];
        AesNi.EncryptLast(b0, key).CopyTo(keyStream);
        AesNi.EncryptLast(b1, key).CopyTo(keyStream[(1 * BlockBytes)..]);
        AesNi.EncryptLast(b2, key).CopyTo(keyStream[(2 * BlockBytes)..]);
        AesNi.EncryptLast(b3, key).CopyTo(keyStream[(3 * BlockBytes)..]);
        AesNi.EncryptLast(b4, key).CopyTo(keyStream[(4 * BlockBytes)..]);
        AesNi.EncryptLast(b5, key).CopyTo(keyStream[(5 * BlockBytes)..]);
        AesNi.EncryptLast(b6, key).CopyTo(keyStream[(6 * BlockBytes)..]);
        AesNi.EncryptLast(b7, key).CopyTo(keyStream[(7 * BlockBytes)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Count(Vector128<uint> block, uint counter) =>
        block.WithElement(3, BinaryPrimitives.ReverseEndianness(counter)).AsByte();

    /// <summary>FIPS 197 §5.2, on words as they lie in memory.</summary>
    private static void Expand(ReadOnlySpan<byte> key, Span<uint> words)
    {
        var keyWords = key.Length / 4;
        MemoryMarshal.Cast<byte, uint>(key).CopyTo(words);
        var roundConstant = 1u;
        for (var i = keyWords; i < words.Length; i++)
        {
            var word = words[i - 1];
            if (i % keyWords == 0)
            {
                word = SubWord(BitOperations.RotateRight(word, 8)) ^ roundConstant;
                roundConstant = roundConstant << 1 ^ (roundConstant >> 7) * 0x11B;
            }
            else if (keyWords > 6 && i % keyWords == 4)
                word = SubWord(word);
            words[i] = words[i - keyWords] ^ word;
        }
    }

    // The last round is SubBytes and ShiftRows; with all columns alike, rows shift onto themselves.
    private static uint SubWord(uint word) =>
        AesNi.EncryptLast(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();

    [InlineArray(15)]
    private struct RoundKeys
    {
        private Vector128<byte> _first;
    }
}
