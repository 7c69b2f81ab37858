using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OCPlatform.Media.Srtp;

/// <summary>What is known of one SSRC under a key: its highest index and which of those before it came.</summary>
internal struct SrtpStream
{
    /// <summary>Indexes in the replay window (RFC 3711 §3.3.2 asks for 64 or more).</summary>
    public const int WindowPackets = 128;

    private const int HalfRound = 1 << 15;

    // Bit i: the packet i before the highest one has come.
    private UInt128 _seen;
    private bool _isResumed;

    public SrtpStream(uint ssrc, ulong index)
    {
        Ssrc = ssrc;
        Highest = index;
        _seen = UInt128.One;
    }

    public uint Ssrc { get; }

    public ulong Highest { get; private set; }

    /// <summary>
    /// The index of a packet, by its sequence number: in the round in which it is nearest to the highest so far
    /// (RFC 3711 §3.3.1, Appendix A). There is none before the first, so that a number far ahead is taken for what it says.
    /// </summary>
    public readonly ulong Estimate(ushort sequence)
    {
        if (_isResumed)
            return Highest + (ushort)(sequence - (ushort)Highest);
        var rollover = Highest >> 16;
        var ahead = sequence - (ushort)Highest;
        if (ahead < -HalfRound)
            rollover++;
        else if (ahead > HalfRound && rollover > 0)
            rollover--;
        return rollover << 16 | sequence;
    }

    public readonly bool IsNew(ulong index) =>
        index > Highest
        || (Highest - index < WindowPackets && (_seen & UInt128.One << (int)(Highest - index)) == UInt128.Zero);

    /// <summary>Until the next authentic packet, every number is taken to lie ahead.</summary>
    public void Resume() => _isResumed = true;

    /// <summary>Takes note of an authentic packet.</summary>
    public void Accept(ulong index)
    {
        _isResumed = false;
        if (index > Highest)
        {
            var ahead = index - Highest;
            _seen = ahead < WindowPackets ? _seen << (int)ahead : UInt128.Zero;
            Highest = index;
        }
        _seen |= UInt128.One << (int)(Highest - index);
    }
}

/// <summary>
/// The SSRCs of one direction, the last used first, none but authentic ones. Few, so that a peer that changes its SSRC
/// costs no memory; the price of forgetting one is that its packets could be replayed as a new stream's.
/// </summary>
internal struct SrtpStreams
{
    public const int Capacity = 4;

    private Slots _slots;

    public int Count { get; private set; }

    /// <summary>Where the SSRC is; −1 when it is new.</summary>
    public readonly int Find(uint ssrc)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_slots[i].Ssrc == ssrc)
                return i;
        }
        return -1;
    }

    [UnscopedRef]
    public readonly ref readonly SrtpStream this[int at] => ref _slots[at];

    /// <summary>An authentic packet of a known SSRC.</summary>
    public void Accept(int at, ulong index)
    {
        if (at > 0)
        {
            var stream = _slots[at];
            MakeWay(at);
            _slots[0] = stream;
        }
        _slots[0].Accept(index);
    }

    /// <summary>The first authentic packet of an SSRC: the one that was used longest ago goes when all places are taken.</summary>
    public void Add(uint ssrc, ulong index)
    {
        Count = Math.Min(Count + 1, Capacity);
        MakeWay(Count - 1);
        _slots[0] = new SrtpStream(ssrc, index);
    }

    public void Resume()
    {
        for (var i = 0; i < Count; i++)
            _slots[i].Resume();
    }

    public void Remove(uint ssrc)
    {
        var at = Find(ssrc);
        if (at < 0)
            return;
        for (var i = at; i < Count - 1; i++)
            _slots[i] = _slots[i + 1];
        Count--;
    }

    private void MakeWay(int upTo)
    {
        for (var i = upTo; i > 0; i--)
            _slots[i] = _slots[i - 1];
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private SrtpStream _first;
    }
}
