using System.Runtime.InteropServices;

namespace OCPlatform.Media.Recording;

/// <summary>A stretch of one recording on its way to the file.</summary>
internal sealed class RecordingBlock(RecordingSlab slab, int offset, int number)
{
    /// <summary>Where the block lies in the pool's table.</summary>
    public readonly int Number = number;

    /// <summary>While it is free: the number of the next free one plus one; 0 for none.</summary>
    public int NextFree;

    /// <summary>Instants from the recording's start to the block's first.</summary>
    public long Position;

    /// <summary>Bytes in use.</summary>
    public int Length;

    public Span<byte> Bytes => slab.Slice(offset, RecordingBlocks.BlockBytes);
}

/// <summary>
/// A megabyte outside the garbage-collected heap, so that room for more recordings brings no collection about. Its blocks
/// keep it; it goes when the last of them is gone.
/// </summary>
internal sealed unsafe class RecordingSlab(int bytes)
{
    private readonly byte* _memory = (byte*)NativeMemory.Alloc((nuint)bytes);

    ~RecordingSlab() => NativeMemory.Free(_memory);

    public Span<byte> Slice(int offset, int length) => new(_memory + offset, length);
}

/// <summary>
/// The blocks of all recordings of a node: a stack without a lock, from which clock threads take and to which the writer
/// gives back. Each recording adds the four blocks that it may hold at most, but the last one given back is the first one
/// taken, so that what no stalled disk ever needed is address space and no memory.
/// </summary>
internal sealed class RecordingBlocks
{
    /// <summary>One second of µ-law, half a second of PCM at 8 kHz: few writes, and little to lose with the process.</summary>
    public const int BlockBytes = 16 * 1024;

    /// <summary>Blocks that one recording may hold: 64 kB, 4 s of µ-law.</summary>
    public const int PerRecording = 4;

    private const int SlabBlocks = 64;
    private const long VersionStep = 1L << 32;

    private readonly Lock _growing = new();
    private volatile RecordingBlock[] _blocks = [];
    private int _recordings;

    // Low half: the number of the topmost free block plus one. High half: a version, so that a block which was taken and
    // given back between a thread's reading and its exchange is not mistaken for one that never moved.
    private long _top;

    /// <summary>Blocks there are.</summary>
    public int Count => _blocks.Length;

    /// <summary>Makes room for one more recording. Not on a clock thread: this allocates.</summary>
    public void Enter()
    {
        lock (_growing)
        {
            _recordings++;
            while (_blocks.Length < _recordings * PerRecording)
                Grow();
        }
    }

    /// <summary>A recording is over. Its share stays for the next one: there are never more than the busiest moment took.</summary>
    public void Leave()
    {
        lock (_growing)
            _recordings--;
    }

    /// <summary>A free block; null when there is none.</summary>
    public RecordingBlock? TryTake()
    {
        while (true)
        {
            var top = Volatile.Read(ref _top);
            var number = (int)(uint)top;
            if (number == 0)
                return null;
            var block = _blocks[number - 1];
            var next = (top & ~0xFFFF_FFFFL) + VersionStep | (uint)Volatile.Read(ref block.NextFree);
            if (Interlocked.CompareExchange(ref _top, next, top) == top)
                return block;
        }
    }

    public void Return(RecordingBlock block)
    {
        while (true)
        {
            var top = Volatile.Read(ref _top);
            Volatile.Write(ref block.NextFree, (int)(uint)top);
            var next = (top & ~0xFFFF_FFFFL) + VersionStep | (uint)(block.Number + 1);
            if (Interlocked.CompareExchange(ref _top, next, top) == top)
                return;
        }
    }

    private void Grow()
    {
        var slab = new RecordingSlab(SlabBlocks * BlockBytes);
        var old = _blocks;
        var grown = new RecordingBlock[old.Length + SlabBlocks];
        old.CopyTo(grown, 0);
        for (var i = 0; i < SlabBlocks; i++)
            grown[old.Length + i] = new RecordingBlock(slab, i * BlockBytes, old.Length + i);
        _blocks = grown;
        for (var i = old.Length; i < grown.Length; i++)
            Return(grown[i]);
    }
}
