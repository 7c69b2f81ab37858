using System.Runtime.InteropServices;

namespace OCPlatform.AiAdapters.SpeechToText;

/// <summary>
/// The audio of one stream, kept until a final result covers it, so that another endpoint can hear it again. One writer and
/// one reader at a time, without locks: bytes below <see cref="Written"/> never change until <see cref="Release"/>.
/// </summary>
internal sealed class AudioSpool(int maxBytes)
{
    // One second at 8 kHz; a short utterance costs a few of these. They are left to the collector and not pooled: the
    // writer's thread may still be in a write when the stream is given up on another.
    private const int ChunkBytes = 16_000;

    private readonly byte[]?[] _chunks = new byte[]?[(maxBytes + ChunkBytes - 1) / ChunkBytes];
    private long _written;
    private long _floor;

    /// <summary>Bytes ever written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Position of the oldest byte kept.</summary>
    public long Floor => Volatile.Read(ref _floor);

    private long Capacity => (long)_chunks.Length * ChunkBytes;

    /// <summary>Appends little-endian samples, all or none.</summary>
    /// <returns>false when full.</returns>
    public bool TryWrite(ReadOnlySpan<short> samples)
    {
        var bytes = MemoryMarshal.AsBytes(samples);
        var position = _written;
        if (position + bytes.Length - Floor > Capacity)
            return false;
        while (!bytes.IsEmpty)
        {
            var slot = (int)(position / ChunkBytes % _chunks.Length);
            var offset = (int)(position % ChunkBytes);
            var chunk = _chunks[slot] ??= new byte[ChunkBytes];
            var count = Math.Min(bytes.Length, ChunkBytes - offset);
            bytes[..count].CopyTo(chunk.AsSpan(offset));
            bytes = bytes[count..];
            position += count;
        }

        Volatile.Write(ref _written, position);
        return true;
    }

    /// <summary>The bytes from <paramref name="position"/> on that lie in one piece; empty when all is read.</summary>
    public ReadOnlyMemory<byte> Peek(long position)
    {
        var available = Written - position;
        if (available <= 0)
            return default;
        var offset = (int)(position % ChunkBytes);
        var chunk = _chunks[position / ChunkBytes % _chunks.Length]!;
        return chunk.AsMemory(offset, (int)Math.Min(available, ChunkBytes - offset));
    }

    /// <summary>Bytes below <paramref name="position"/> are not needed any more.</summary>
    public void Release(long position)
    {
        if (position > _floor)
            Volatile.Write(ref _floor, Math.Min(position, Written));
    }
}
