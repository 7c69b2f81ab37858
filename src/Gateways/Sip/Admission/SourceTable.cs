using System.Runtime.InteropServices;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// What is remembered of sources, in memory that never grows: each source has its place in one row of eight, and a new one
/// takes the place there that was not looked at for longest. The rows are drawn by a hash that nobody outside can
/// foresee. Not thread-safe.
/// </summary>
internal sealed class SourceTable<T>
    where T : struct
{
    private const int RowLength = 8;

    private readonly Slot[] _slots;
    private readonly int _rows;

    /// <param name="capacity">Sources at most; rounded up to whole rows.</param>
    public SourceTable(int capacity)
    {
        _rows = Math.Max(1, (capacity + RowLength - 1) / RowLength);
        _slots = new Slot[_rows * RowLength];
    }

    private struct Slot
    {
        public bool Taken;
        public SourceKey Source;
        public long SeenMs;
        public T Value;
    }

    public int Capacity => _slots.Length;

    /// <summary>Places taken; counted, so not for hot paths.</summary>
    public int Count => _slots.Count(slot => slot.Taken);

    /// <summary>The source's value, made anew when there is none.</summary>
    public ref T Take(SourceKey source, long nowMs)
    {
        var row = RowOf(source);
        var place = 0;
        for (var i = 0; i < RowLength; i++)
        {
            ref var slot = ref row[i];
            if (slot.Taken && slot.Source == source)
            {
                slot.SeenMs = nowMs;
                return ref slot.Value;
            }
            if (row[place].Taken && (!slot.Taken || slot.SeenMs < row[place].SeenMs))
            {
                place = i;
            }
        }
        row[place] = new Slot
        {
            Taken = true,
            Source = source,
            SeenMs = nowMs,
        };
        return ref row[place].Value;
    }

    /// <summary>The source's value; default when there is none. Counts as a look at it.</summary>
    public T Look(SourceKey source, long nowMs)
    {
        foreach (ref var slot in RowOf(source))
        {
            if (slot.Taken && slot.Source == source)
            {
                slot.SeenMs = nowMs;
                return slot.Value;
            }
        }
        return default;
    }

    public void Remove(SourceKey source)
    {
        foreach (ref var slot in RowOf(source))
        {
            if (slot.Taken && slot.Source == source)
            {
                slot = default;
            }
        }
    }

    /// <summary>All sources with their values; not for hot paths.</summary>
    public IEnumerable<KeyValuePair<SourceKey, T>> All() =>
        _slots.Where(slot => slot.Taken).Select(slot => KeyValuePair.Create(slot.Source, slot.Value));

    private Span<Slot> RowOf(SourceKey source)
    {
        // HashCode is seeded at random per process.
        var row = (int)((uint)HashCode.Combine(source) % (uint)_rows);
        return MemoryMarshal.CreateSpan(ref _slots[row * RowLength], RowLength);
    }
}
