namespace OCPlatform.Contracts.Sharding;

/// <summary>A set of shards, as one bit for each; its bytes are what crosses between nodes. Not thread-safe.</summary>
public sealed class ShardSet
{
    private readonly byte[] _bits = new byte[ShardedId.ShardCount / 8];

    public ShardSet() { }

    /// <summary>Reads what <see cref="ToBytes"/> wrote; missing bytes name no shards, and more than there are count for nothing.</summary>
    public ShardSet(ReadOnlySpan<byte> bytes)
    {
        bytes[..Math.Min(bytes.Length, _bits.Length)].CopyTo(_bits);
        foreach (var bits in _bits)
        {
            Count += int.PopCount(bits);
        }
    }

    public int Count { get; private set; }

    public bool Contains(int shard) => (_bits[shard >> 3] & (1 << (shard & 7))) != 0;

    /// <summary>False when it was there already.</summary>
    public bool Add(int shard)
    {
        if (Contains(shard))
        {
            return false;
        }
        _bits[shard >> 3] |= (byte)(1 << (shard & 7));
        Count++;
        return true;
    }

    /// <summary>False when it was not there.</summary>
    public bool Remove(int shard)
    {
        if (!Contains(shard))
        {
            return false;
        }
        _bits[shard >> 3] &= (byte)~(1 << (shard & 7));
        Count--;
        return true;
    }

    public IReadOnlyList<int> ToList() => [.. Enumerable.Range(0, ShardedId.ShardCount).Where(Contains)];

    /// <summary>A copy, <see cref="ShardedId.ShardCount"/> / 8 bytes; shard 0 is the lowest bit of the first one.</summary>
    public byte[] ToBytes() => [.. _bits];
}
