namespace OCPlatform.Media.Rtp;

/// <summary>What a packet's sequence number says.</summary>
public enum SequenceVerdict
{
    /// <summary>The next one, a later one within reason, or one out of order: use it.</summary>
    Valid,

    /// <summary>Received before.</summary>
    Duplicate,

    /// <summary>A jump too large to be loss: ignore it, unless the next packet follows it.</summary>
    Jump,

    /// <summary>The second packet after a jump: the source starts anew; forget timing and buffered packets.</summary>
    Restarted,
}

/// <summary>
/// One synchronisation source as its receiver sees it: sequence numbers (RFC 3550 A.1; who may become a source is decided
/// before, see SourceLatch), loss (A.3) and interarrival jitter (A.8). A mutable struct inside its session: nothing to
/// allocate.
/// </summary>
public struct RtpSource
{
    private const int MaxDropout = 3000;
    private const int MaxMisorder = 100;
    private const uint NoBadSequence = 1 << 16;

    private int _clockRateHz;
    private ushort _maxSequence;
    private long _cycles;
    private long _baseSequence;
    private uint _badSequence;
    private long _received;
    private long _duplicates;
    private long _expectedPrior;
    private long _receivedPrior;
    private long _transit;
    private bool _hasTransit;
    private double _jitter;

    // Bit i: the packet i before the highest one has come.
    private UInt128 _recent;

    // Loss before a restart of the sequence, so that the total never shrinks.
    private long _lostBefore;

    /// <param name="ssrc">The source's identifier.</param>
    /// <param name="sequence">Of its first packet, which must then be passed to <see cref="Update"/>.</param>
    /// <param name="clockRateHz">Of its timestamps.</param>
    public RtpSource(uint ssrc, ushort sequence, int clockRateHz)
    {
        Ssrc = ssrc;
        _clockRateHz = clockRateHz;
        Restart(sequence);
    }

    public uint Ssrc { get; }

    /// <summary>Highest sequence number extended by its cycles (A.1).</summary>
    public readonly long ExtendedHighest => _cycles + _maxSequence;

    /// <summary>Distinct packets since the last restart.</summary>
    public readonly long Received => _received;
    public readonly long Duplicates => _duplicates;
    public readonly long Expected => _received == 0 ? 0 : ExtendedHighest - _baseSequence + 1;

    /// <summary>Cumulative loss (A.3), over restarts; duplicates do not make up for losses.</summary>
    public readonly long Lost => _lostBefore + Math.Max(0, Expected - _received);

    /// <summary>Interarrival jitter in timestamp units (A.8).</summary>
    public readonly double Jitter => _jitter;
    public readonly double JitterMs => _clockRateHz == 0 ? 0 : _jitter * 1000 / _clockRateHz;

    /// <summary>Takes note of a packet (A.1).</summary>
    /// <param name="sequence">From its header.</param>
    /// <param name="extended">Its extended sequence number when the verdict is Valid or Restarted.</param>
    public SequenceVerdict Update(ushort sequence, out long extended)
    {
        extended = Extend(sequence);
        var ahead = (ushort)(sequence - _maxSequence);
        if (ahead is > 0 and < MaxDropout)
        {
            if (sequence < _maxSequence)
                _cycles += 1 << 16;
            _maxSequence = sequence;
            _recent = (ahead < 128 ? _recent << ahead : UInt128.Zero) | UInt128.One;
        }
        else if (ahead > 0 && ahead <= (1 << 16) - MaxMisorder)
        {
            if (sequence != _badSequence)
            {
                _badSequence = (ushort)(sequence + 1);
                return SequenceVerdict.Jump;
            }

            // Two in a row: the other side restarted without telling us.
            _lostBefore = Lost;
            Restart(sequence);
            _recent = UInt128.One;
            _received = 1;
            extended = sequence;
            return SequenceVerdict.Restarted;
        }
        else
        {
            var bit = UInt128.One << (ushort)(_maxSequence - sequence);
            if ((_recent & bit) != UInt128.Zero)
            {
                _duplicates++;
                return SequenceVerdict.Duplicate;
            }

            _recent |= bit;
            // Reordered at the very start: older than what the count began with.
            _baseSequence = Math.Min(_baseSequence, extended);
        }

        _badSequence = NoBadSequence;
        _received++;
        return SequenceVerdict.Valid;
    }

    /// <summary>Interarrival jitter (A.8): both times in timestamp units; only their differences count.</summary>
    public void UpdateJitter(long arrival, long timestamp)
    {
        var transit = arrival - timestamp;
        if (_hasTransit)
            _jitter += (Math.Abs(transit - _transit) - _jitter) / 16;
        _transit = transit;
        _hasTransit = true;
    }

    /// <summary>The payload to come has timestamps of another rate: jitter is converted, transit begins anew.</summary>
    public void ChangeClock(int clockRateHz)
    {
        if (_clockRateHz > 0)
            _jitter = _jitter * clockRateHz / _clockRateHz;
        _clockRateHz = clockRateHz;
        _hasTransit = false;
    }

    /// <summary>Whether this packet, one of the last 128 up to the highest, has come.</summary>
    /// <param name="extended">Its extended sequence number.</param>
    public readonly bool HasReceived(long extended)
    {
        var behind = ExtendedHighest - extended;
        return behind is >= 0 and < 128 && (_recent >> (int)behind & UInt128.One) != UInt128.Zero;
    }

    /// <summary>Whether all of these have come.</summary>
    /// <param name="first">Extended sequence number.</param>
    /// <param name="end">The one after the last.</param>
    public readonly bool HasReceivedAll(long first, long end)
    {
        for (var sequence = first; sequence < end; sequence++)
        {
            if (!HasReceived(sequence))
                return false;
        }

        return true;
    }

    /// <summary>The fraction lost since the last call, in 1/256 (A.3), for a report block.</summary>
    public byte TakeFractionLost()
    {
        var expected = Expected - _expectedPrior;
        var lost = expected - (_received - _receivedPrior);
        _expectedPrior = Expected;
        _receivedPrior = _received;
        return expected <= 0 || lost <= 0 ? (byte)0 : (byte)Math.Min(255, (lost << 8) / expected);
    }

    private readonly long Extend(ushort sequence) => ExtendedHighest + (short)(sequence - _maxSequence);

    private void Restart(ushort sequence)
    {
        _baseSequence = sequence;
        _maxSequence = sequence;
        _badSequence = NoBadSequence;
        _cycles = 0;
        _received = 0;
        _receivedPrior = 0;
        _expectedPrior = 0;
        _hasTransit = false;
        _recent = UInt128.Zero;
    }
}
