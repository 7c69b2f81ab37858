namespace OCPlatform.Media.Jitter;

/// <summary>What became of an inserted packet.</summary>
public enum JitterInsert
{
    Stored,

    /// <summary>A later packet has been taken already.</summary>
    Late,

    /// <summary>Stored, and older packets had to go for it.</summary>
    StoredDroppingOldest,

    /// <summary>Longer than the ring's slots.</summary>
    TooLong,
}

/// <summary>A stored packet; the payload is valid until the next insert.</summary>
public readonly ref struct JitterPacket
{
    public ReadOnlySpan<byte> Payload { get; init; }
    public long Sequence { get; init; }

    /// <summary>Extended RTP timestamp.</summary>
    public long Timestamp { get; init; }
    public long ArrivalNs { get; init; }

    /// <summary>Against the call's fastest packet, in µs.</summary>
    public int LatenessMicros { get; init; }
}

/// <summary>
/// A fixed ring of packets, put in by extended sequence number as they come and taken out in order. Sans-IO; allocates at
/// construction only. When a packet is due, and what to play in place of a missing one, is decided by
/// <see cref="AudioReceiver"/>.
/// </summary>
public sealed class JitterBuffer
{
    private readonly Slot[] _slots;
    private readonly byte[] _bytes;
    private readonly int _slotBytes;
    private readonly int _mask;

    // No packet before this one can be taken any more.
    private long _next = long.MinValue;

    /// <param name="packets">Slots, a power of two.</param>
    /// <param name="maxPayloadBytes">Longest payload stored; 60 ms of G.711 are 480.</param>
    public JitterBuffer(int packets = 32, int maxPayloadBytes = 480)
    {
        if (!System.Numerics.BitOperations.IsPow2(packets))
            throw new ArgumentOutOfRangeException(nameof(packets), packets, "A power of two.");
        _slots = new Slot[packets];
        _bytes = new byte[packets * maxPayloadBytes];
        _slotBytes = maxPayloadBytes;
        _mask = packets - 1;
    }

    /// <summary>Packets stored now.</summary>
    public int Count { get; private set; }

    public void Clear()
    {
        foreach (ref var slot in _slots.AsSpan())
            slot.Used = false;
        Count = 0;
        _next = long.MinValue;
    }

    /// <summary>Stores a packet under its extended sequence number; the caller has sorted out duplicates.</summary>
    public JitterInsert Insert(
        long sequence,
        long timestamp,
        ReadOnlySpan<byte> payload,
        long arrivalNs = 0,
        int latenessMicros = 0
    )
    {
        if (payload.Length > _slotBytes)
            return JitterInsert.TooLong;
        // The first packet may not be the earliest: half a ring of room for those it overtook.
        if (_next == long.MinValue)
            _next = sequence - _slots.Length / 2;
        if (sequence < _next)
            return JitterInsert.Late;

        var dropped = MakeRoom(sequence);
        ref var slot = ref _slots[sequence & _mask];
        slot.Used = true;
        slot.Length = (ushort)payload.Length;
        slot.Timestamp = timestamp;
        slot.ArrivalNs = arrivalNs;
        slot.LatenessMicros = latenessMicros;
        payload.CopyTo(_bytes.AsSpan((int)(sequence & _mask) * _slotBytes));
        Count++;
        return dropped ? JitterInsert.StoredDroppingOldest : JitterInsert.Stored;
    }

    /// <summary>The earliest packet stored, if any. Ones missing before it may still come until it is removed.</summary>
    public bool TryPeek(out JitterPacket packet)
    {
        packet = default;
        if (Count == 0)
            return false;
        var sequence = _next;
        while (!_slots[sequence & _mask].Used)
            sequence++;
        ref var slot = ref _slots[sequence & _mask];
        packet = new JitterPacket
        {
            Payload = _bytes.AsSpan((int)(sequence & _mask) * _slotBytes, slot.Length),
            Sequence = sequence,
            Timestamp = slot.Timestamp,
            ArrivalNs = slot.ArrivalNs,
            LatenessMicros = slot.LatenessMicros,
        };
        return true;
    }

    /// <summary>Takes out the packet that <see cref="TryPeek"/> showed; earlier ones are late from now on.</summary>
    public void Remove(in JitterPacket packet)
    {
        _slots[packet.Sequence & _mask].Used = false;
        _next = packet.Sequence + 1;
        Count--;
    }

    /// <summary>Live audio: the oldest packets give way when the ring is too small for what has come.</summary>
    private bool MakeRoom(long sequence)
    {
        var first = sequence - _slots.Length + 1;
        var dropped = false;
        if (first > _next + _slots.Length)
        {
            dropped = Count > 0;
            Clear();
            _next = first;
        }

        for (; _next < first; _next++)
        {
            ref var slot = ref _slots[_next & _mask];
            if (!slot.Used)
                continue;
            slot.Used = false;
            Count--;
            dropped = true;
        }

        return dropped;
    }

    private struct Slot
    {
        public long Timestamp;
        public long ArrivalNs;
        public int LatenessMicros;
        public ushort Length;
        public bool Used;
    }
}
