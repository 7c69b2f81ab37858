namespace OCPlatform.Media.Jitter;

/// <summary>
/// Memory for packets that wait: small blocks lent by the thread that serves the stream and given back to it. A stream
/// thus owns what its network makes it hold, and nothing is allocated once a thread's calls have reached their peak.
/// </summary>
internal sealed class PacketPool
{
    /// <summary>The longest payload, in bytes: what fits into an Ethernet frame.</summary>
    public const int MaxBytes = 1504;

    // 20 ms of G.711, G.722 and usual Opus; 60 ms of G.711; anything.
    private const int SmallBytes = 160;
    private const int MediumBytes = 480;

    [ThreadStatic]
    private static PacketPool? _current;

    private readonly FreeList _small = new(SmallBytes, 4096);
    private readonly FreeList _medium = new(MediumBytes, 512);
    private readonly FreeList _large = new(MaxBytes, 128);

    /// <summary>The pool of the calling thread.</summary>
    public static PacketPool Current => _current ??= new PacketPool();

    /// <summary>A block of at least <paramref name="bytes"/>, at most <see cref="MaxBytes"/>.</summary>
    public byte[] Rent(int bytes) =>
        (
            bytes <= SmallBytes ? _small
            : bytes <= MediumBytes ? _medium
            : _large
        ).Take();

    public void Return(byte[] block)
    {
        switch (block.Length)
        {
            case SmallBytes:
                _small.Give(block);
                break;
            case MediumBytes:
                _medium.Give(block);
                break;
            default:
                _large.Give(block);
                break;
        }
    }

    /// <summary>Blocks of one size that are free; beyond <paramref name="limit"/> they are left to the collector.</summary>
    private sealed class FreeList(int bytes, int limit)
    {
        private byte[][] _blocks = new byte[16][];
        private int _count;

        public byte[] Take() => _count > 0 ? _blocks[--_count] : new byte[bytes];

        public void Give(byte[] block)
        {
            if (_count == _blocks.Length)
            {
                if (_count >= limit)
                    return;
                Array.Resize(ref _blocks, _count * 2);
            }

            _blocks[_count++] = block;
        }
    }
}
