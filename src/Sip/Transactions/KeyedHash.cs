using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace OCPlatform.Sip.Transactions;

/// <summary>
/// SipHash-2-4 with 128 bits (Aumasson and Bernstein): a keyed hash, so that a peer who chooses the branch cannot choose where it lands. Two keys
/// of one process that differ collide by chance only, once in 2^64 pairs.
/// </summary>
internal struct KeyedHash
{
    private ulong _v0;
    private ulong _v1;
    private ulong _v2;
    private ulong _v3;
    private ulong _tail;
    private int _tailBits;
    private ulong _length;

    public KeyedHash(ulong key0, ulong key1)
    {
        _v0 = key0 ^ 0x736f6d6570736575;
        _v1 = key1 ^ 0x646f72616e646f6d ^ 0xee;
        _v2 = key0 ^ 0x6c7967656e657261;
        _v3 = key1 ^ 0x7465646279746573;
    }

    private static readonly (ulong First, ulong Second) ProcessKey = NewKey();

    /// <summary>Under a key that this process drew at its start.</summary>
    public static KeyedHash Create() => new(ProcessKey.First, ProcessKey.Second);

    public void Add(byte value)
    {
        _tail |= (ulong)value << _tailBits;
        _tailBits += 8;
        _length++;
        if (_tailBits == 64)
        {
            Compress(_tail);
            _tail = 0;
            _tailBits = 0;
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            AddWord(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        _length -= (ulong)bytes.Length;
        foreach (var b in bytes)
        {
            Add(b);
        }
    }

    /// <summary>A part and its length, so that what one part ends with cannot pass as the next one's beginning.</summary>
    public void AddPart(ReadOnlySpan<byte> part)
    {
        Add((byte)part.Length);
        Add((byte)(part.Length >> 8));
        Add(part);
    }

    public (ulong First, ulong Second) Finish()
    {
        Compress(_tail | _length << 56);
        _v2 ^= 0xee;
        Rounds(4);
        var first = _v0 ^ _v1 ^ _v2 ^ _v3;
        _v1 ^= 0xdd;
        Rounds(4);
        return (first, _v0 ^ _v1 ^ _v2 ^ _v3);
    }

    private void AddWord(ulong word)
    {
        Compress(_tail | word << _tailBits);
        _tail = _tailBits == 0 ? 0 : word >> (64 - _tailBits);
    }

    private void Compress(ulong word)
    {
        _v3 ^= word;
        Rounds(2);
        _v0 ^= word;
    }

    private void Rounds(int count)
    {
        var (v0, v1, v2, v3) = (_v0, _v1, _v2, _v3);
        for (var i = 0; i < count; i++)
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
        (_v0, _v1, _v2, _v3) = (v0, v1, v2, v3);
    }

    public static (ulong First, ulong Second) NewKey()
    {
        Span<byte> key = stackalloc byte[16];
        RandomNumberGenerator.Fill(key);
        return (BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));
    }
}
