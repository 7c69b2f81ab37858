using System.Numerics;

namespace OCPlatform.Media.Jitter;

/// <summary>What a stored packet is.</summary>
internal enum StoredKind : byte
{
    None,
    Audio,

    /// <summary>Comfort noise (RFC 3389): silence of a given level begins here.</summary>
    Comfort,
}

/// <summary>What is known of a packet when it is put into the store.</summary>
internal readonly record struct PacketFacts
{
    public StoredKind Kind { get; init; }

    /// <summary>Of its first sample, in samples of PCM.</summary>
    public long Position { get; init; }

    /// <summary>How many it decodes to; for <see cref="StoredKind.Comfort"/> 0.</summary>
    public int Samples { get; init; }
    public long ArrivalNs { get; init; }

    /// <summary>Against the call's fastest packet, in µs.</summary>
    public int LatenessMicros { get; init; }

    /// <summary>Which decoder it is for; with comfort noise its level in −dBov.</summary>
    public byte Tag { get; init; }
}

/// <summary>A stored packet; the payload is valid until it is removed.</summary>
internal readonly ref struct StoredPacket(long sequence, in PacketFacts facts, ReadOnlySpan<byte> payload)
{
    public long Sequence { get; } = sequence;
    public PacketFacts Facts { get; } = facts;
    public ReadOnlySpan<byte> Payload { get; } = payload;
    public long Position => Facts.Position;
    public int Samples => Facts.Samples;
    public long End => Facts.Position + Facts.Samples;
}

/// <summary>
/// Packets put in by extended sequence number as they come and taken out in order. It begins with a few slots and grows
/// with what the network makes it hold; payloads lie in rented blocks. When a packet is due, and what to play in place of
/// a missing one, is decided by <see cref="AudioPlayer"/>.
/// </summary>
internal sealed class PacketStore
{
    private const int FirstSlots = 4;

    /// <summary>Most packets held: 640 ms of 10 ms packets, and as many out of order.</summary>
    public const int MaxSlots = 128;

    private Slot[] _slots = new Slot[FirstSlots];

    // No packet before this one can be taken any more.
    private long _next = long.MinValue;

    /// <summary>Packets stored now.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes it takes at present, blocks included.</summary>
    public int Bytes => _slots.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<Slot>() + BlockBytes();

    /// <summary>Forgets everything; any sequence number may come next.</summary>
    public void Clear()
    {
        while (Count > 0 && TryPeek(out var packet))
            Remove(packet);
        _next = long.MinValue;
    }

    /// <summary>Whether a later packet has been taken already.</summary>
    public bool IsPast(long sequence) => sequence < _next;

    /// <summary>
    /// Whether it can be stored without the oldest packet giving way. Remove the oldest ones until it can.
    /// </summary>
    public bool HasRoomFor(long sequence) => Count == 0 || sequence - _next < MaxSlots;

    /// <summary>Stores a packet that is neither past nor stored yet, and for which there is room.</summary>
    public void Insert(long sequence, in PacketFacts facts, ReadOnlySpan<byte> payload)
    {
        // The first packet may not be the earliest: room for those it overtook.
        if (_next == long.MinValue || (Count == 0 && sequence - _next >= MaxSlots))
            _next = sequence - FirstSlots / 2;
        if (sequence - _next >= _slots.Length)
            Grow((int)(sequence - _next) + 1);
        ref var slot = ref _slots[sequence & (_slots.Length - 1)];
        slot.Facts = facts;
        slot.Length = payload.Length;
        if (!payload.IsEmpty)
        {
            slot.Block = PacketPool.Current.Rent(payload.Length);
            payload.CopyTo(slot.Block);
        }

        Count++;
    }

    /// <summary>The earliest packet stored, if any. Ones missing before it may still come until it is removed.</summary>
    public bool TryPeek(out StoredPacket packet)
    {
        packet = default;
        if (Count == 0)
            return false;
        var sequence = _next;
        while (_slots[sequence & (_slots.Length - 1)].Facts.Kind == StoredKind.None)
            sequence++;
        ref var slot = ref _slots[sequence & (_slots.Length - 1)];
        packet = new StoredPacket(sequence, slot.Facts, slot.Block.AsSpan(0, slot.Length));
        return true;
    }

    /// <summary>Takes out the packet that <see cref="TryPeek"/> showed; earlier ones are late from now on.</summary>
    public void Remove(in StoredPacket packet)
    {
        ref var slot = ref _slots[packet.Sequence & (_slots.Length - 1)];
        if (slot.Block is not null)
            PacketPool.Current.Return(slot.Block);
        slot = default;
        _next = packet.Sequence + 1;
        Count--;
    }

    private void Grow(int slots)
    {
        var grown = new Slot[Math.Min(MaxSlots, (int)BitOperations.RoundUpToPowerOf2((uint)slots))];
        for (var i = 0; i < _slots.Length; i++)
            grown[(_next + i) & (grown.Length - 1)] = _slots[(_next + i) & (_slots.Length - 1)];
        _slots = grown;
    }

    private int BlockBytes()
    {
        var bytes = 0;
        foreach (ref readonly var slot in _slots.AsSpan())
            bytes += slot.Block?.Length ?? 0;
        return bytes;
    }

    private struct Slot
    {
        public PacketFacts Facts;
        public byte[]? Block;
        public int Length;
    }
}
