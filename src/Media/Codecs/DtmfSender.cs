namespace OCPlatform.Media.Codecs;

/// <summary>
/// Sends digits as telephone-event (RFC 4733 §2.5.1): a packet every 20 ms with growing duration, the end three times,
/// then a pause. Sans-IO: one call of <see cref="Next"/> per 20 ms tick.
/// </summary>
public struct DtmfSender
{
    private const int TickMs = 20;
    private const int EndPackets = 3;

    // 60 ms between digits: receivers ask for at least 40 (Q.24).
    private const int PauseTicks = 3;
    private const byte Volume = 10;

    private int _code;
    private int _tickUnits;
    private uint _segmentTicks;
    private int _unitsLeft;
    private int _duration;
    private int _endsLeft;
    private int _pauseLeft;
    private uint _timestamp;
    private bool _first;

    /// <summary>A digit, or the pause after one, is under way.</summary>
    public readonly bool Busy => _unitsLeft > 0 || _endsLeft > 0 || _pauseLeft > 0;

    /// <param name="code">The event, see <see cref="TelephoneEvent.CodeOf"/>.</param>
    /// <param name="durationMs">Rounded up to whole ticks.</param>
    /// <param name="clockRateHz">Unit of durations, as agreed for telephone-event.</param>
    /// <param name="streamRateHz">
    /// Unit of the stream's timestamps. Another one where the peer has telephone-event at 8 kHz only, beside Opus: one stream has
    /// one clock (RFC 7160 §3), so that a segment's length is converted.
    /// </param>
    public void Begin(int code, int durationMs, int clockRateHz, int streamRateHz)
    {
        _code = code;
        _tickUnits = clockRateHz / 1000 * TickMs;
        _segmentTicks = (uint)((long)ushort.MaxValue * streamRateHz / clockRateHz);
        _unitsLeft = Math.Max(1, (durationMs + TickMs - 1) / TickMs) * _tickUnits;
        _duration = 0;
        _endsLeft = EndPackets;
        _pauseLeft = PauseTicks;
        _first = true;
    }

    /// <summary>The packet of this tick; false in the pause.</summary>
    /// <param name="now">The stream's RTP timestamp at this tick.</param>
    /// <param name="timestamp">The event's: its beginning, or that of its present segment.</param>
    /// <param name="marker">Set on an event's first packet.</param>
    public bool Next(uint now, out TelephoneEvent packet, out uint timestamp, out bool marker)
    {
        if (_first)
            _timestamp = now;
        marker = _first;
        _first = false;
        if (_unitsLeft > 0)
        {
            _unitsLeft -= _tickUnits;
            _duration += _tickUnits;
        }
        else if (_endsLeft == 0)
        {
            _pauseLeft--;
            packet = default;
            timestamp = _timestamp;
            return false;
        }

        timestamp = _timestamp;
        if (_duration > ushort.MaxValue)
        {
            // A full segment, which is not the end whatever comes; the next packet reports the one after it (§2.5.1.3).
            packet = new TelephoneEvent((byte)_code, false, Volume, ushort.MaxValue);
            _duration -= ushort.MaxValue;
            _timestamp += _segmentTicks;
            return true;
        }

        var end = _unitsLeft == 0;
        packet = new TelephoneEvent((byte)_code, end, Volume, (ushort)_duration);
        if (end)
            _endsLeft--;
        return true;
    }
}
