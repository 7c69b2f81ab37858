namespace OCPlatform.Media.Quality;

/// <summary>
/// Puts the packets of a received stream back in sequence for a <see cref="BurstMeter"/>, whatever the jitter buffer did
/// with them, and learns how much time a packet carries. A packet has 64 later ones' time to come before it is lost. 128
/// bytes; allocates nothing.
/// </summary>
public struct ReceptionMeter
{
    private const int Window = 64;

    // A greater step of sequence numbers is another stream, not loss (RtpSource allows 3000 too).
    private const int GreatestStep = 3000;

    // Packets hold at most this much; a greater step of timestamps is a pause.
    private const int LongestPacketMs = 120;

    private BurstMeter _bursts;
    private ulong _received;
    private ulong _discarded;
    private long _highest;
    private uint _ssrc;
    private uint _timestamp;
    private int _pending;

    /// <summary>Time that a packet carries, in timestamp units; 0 before two packets in a row have come.</summary>
    public int PacketTicks { get; private set; }

    /// <summary>A packet came that is neither a duplicate nor a stray.</summary>
    /// <param name="sequence">Extended, as RtpSource gives it.</param>
    /// <param name="clockRateHz">Of the timestamps.</param>
    public void OnReceived(uint ssrc, long sequence, uint timestamp, int clockRateHz)
    {
        var ahead = sequence - _highest;
        if (_pending == 0 || ssrc != _ssrc || Math.Abs(ahead) >= GreatestStep)
        {
            Begin(ssrc, sequence);
        }
        else if (ahead > 0)
        {
            if (
                ahead == 1
                && timestamp - _timestamp is > 0 and var ticks
                && ticks <= clockRateHz / 1000 * LongestPacketMs
            )
                PacketTicks = (int)ticks;
            for (var i = 0L; i < ahead; i++)
                Advance();
            _highest = sequence;
            _received |= 1;
        }
        else if (-ahead < _pending)
        {
            _received |= 1UL << (int)-ahead;
            return;
        }

        if (ahead >= 0)
            _timestamp = timestamp;
    }

    /// <summary>A packet that came (and was told to <see cref="OnReceived"/>) could not be played.</summary>
    public void OnDiscarded(long sequence)
    {
        var behind = _highest - sequence;
        if (behind >= 0 && behind < _pending)
            _discarded |= 1UL << (int)behind;
    }

    /// <summary>What has been seen up to now. What is missing among the last packets counts as lost.</summary>
    public readonly BurstMetrics Metrics
    {
        get
        {
            var ended = this;
            ended.Flush();
            return ended._bursts.Metrics;
        }
    }

    private void Begin(uint ssrc, long sequence)
    {
        Flush();
        _ssrc = ssrc;
        _highest = sequence;
        _received = 1;
        _pending = 1;
    }

    private void Advance()
    {
        if (_pending == Window)
            Settle(Window - 1);
        else
            _pending++;
        _received <<= 1;
        _discarded <<= 1;
    }

    private void Flush()
    {
        while (_pending > 0)
            Settle(--_pending);
        (_received, _discarded) = (0, 0);
    }

    private void Settle(int behind)
    {
        var bit = 1UL << behind;
        if ((_received & bit) == 0)
            _bursts.OnLost();
        else if ((_discarded & bit) != 0)
            _bursts.OnDiscarded();
        else
            _bursts.OnReceived();
    }
}
