using System.Buffers.Binary;

namespace OCPlatform.Media.Ice;

/// <summary>
/// The transaction ids of the checks that were taken, so that none is taken twice. Integrity covers neither the source address
/// nor the time (RFC 8445 §7.3): who records a check could send it again from elsewhere, hours later.
/// </summary>
/// <remarks>
/// Only checks with a valid integrity get here, so that the peer alone fills it: 512 bytes at first, 64 kB when it is full,
/// which takes 5 hours at a check every 2.5 s. Ids are folded to 64 bits.
/// </remarks>
internal struct SeenChecks
{
    /// <summary>Ids that are remembered; the table is never more than three quarters full.</summary>
    public const int Most = MostSlots / 4 * 3;

    private const int FirstSlots = 64;
    private const int MostSlots = 8192;

    private ulong[]? _slots;
    private int _count;

    /// <summary>There is no room for another: what comes from now on may have come before.</summary>
    public readonly bool IsFull => _count == Most;

    /// <summary>False: it was there already, or there is no room.</summary>
    /// <param name="transactionId">12 bytes, drawn at random by an honest peer.</param>
    public bool TryAdd(ReadOnlySpan<byte> transactionId)
    {
        var id = Fold(transactionId);
        _slots ??= new ulong[FirstSlots];
        var slot = Slot(_slots, id);
        if (_slots[slot] == id || IsFull)
            return false;
        _slots[slot] = id;
        if (++_count > _slots.Length / 4 * 3 - 1 && _slots.Length < MostSlots)
            Grow();
        return true;
    }

    /// <summary>Whether it was there already.</summary>
    public readonly bool Contains(ReadOnlySpan<byte> transactionId)
    {
        var id = Fold(transactionId);
        return _slots is { } slots && slots[Slot(slots, id)] == id;
    }

    private void Grow()
    {
        var grown = new ulong[_slots!.Length * 2];
        foreach (var id in _slots)
        {
            if (id != 0)
                grown[Slot(grown, id)] = id;
        }

        _slots = grown;
    }

    /// <summary>Where it is, or the free slot where it would be.</summary>
    private static int Slot(ulong[] slots, ulong id)
    {
        var slot = (int)((id * 0x9E3779B97F4A7C15) >> 40) & (slots.Length - 1);
        while (slots[slot] != 0 && slots[slot] != id)
            slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    private static ulong Fold(ReadOnlySpan<byte> transactionId)
    {
        var id =
            BinaryPrimitives.ReadUInt64LittleEndian(transactionId)
            ^ ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(transactionId[8..]) << 32);
        // 0 marks a free slot.
        return id == 0 ? 1 : id;
    }
}
