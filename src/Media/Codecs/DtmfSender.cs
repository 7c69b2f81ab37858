namespace OCPlatform.Media.Codecs;

/// <summary>
/// Sends digits as telephone-event (RFC 4733 §2.5.1): a packet every 20 ms with growing duration, the end three times,
/// then a pause. Sans-IO: one call of <see cref="Next"/> per 20 ms tick.
/// </summary>
public struct DtmfSender
{
    private const int TickSamples = 160;
    private const int EndPackets = 3;

    // 60 ms between digits: receivers ask for at least 40 (Q.24).
    private const int PauseTicks = 3;
    private const byte Volume = 10;

    private int _code;
    private int _samplesLeft;
    private int _duration;
    private int _endsLeft;
    private int _pauseLeft;
    private uint _timestamp;
    private bool _first;

    /// <summary>A digit, or the pause after one, is under way.</summary>
    public readonly bool Busy => _samplesLeft > 0 || _endsLeft > 0 || _pauseLeft > 0;

    /// <param name="code">The event, see <see cref="TelephoneEvent.CodeOf"/>.</param>
    /// <param name="durationMs">Rounded up to whole ticks.</param>
    public void Begin(int code, int durationMs)
    {
        _code = code;
        _samplesLeft = Math.Max(1, (durationMs * 8 + TickSamples - 1) / TickSamples) * TickSamples;
        _duration = 0;
        _endsLeft = EndPackets;
        _pauseLeft = PauseTicks;
        _first = true;
    }

    /// <summary>The packet of this tick; false in the pause.</summary>
    /// <param name="now">The stream's RTP timestamp at this tick.</param>
    /// <param name="timestamp">The event's: its beginning.</param>
    /// <param name="marker">Set on an event's first packet.</param>
    public bool Next(uint now, out TelephoneEvent packet, out uint timestamp, out bool marker)
    {
        if (_first)
            _timestamp = now;
        marker = _first;
        _first = false;
        timestamp = _timestamp;
        if (_samplesLeft > 0)
        {
            _samplesLeft -= TickSamples;
            // A long event goes on in a new segment (§2.5.1.3).
            if (_duration + TickSamples > ushort.MaxValue)
            {
                _timestamp += (uint)_duration;
                timestamp = _timestamp;
                _duration = 0;
            }

            _duration += TickSamples;
            packet = new TelephoneEvent((byte)_code, _samplesLeft == 0, Volume, (ushort)_duration);
            if (_samplesLeft == 0)
                _endsLeft--;
            return true;
        }

        packet = new TelephoneEvent((byte)_code, true, Volume, (ushort)_duration);
        if (_endsLeft > 0)
        {
            _endsLeft--;
            return true;
        }

        _pauseLeft--;
        return false;
    }
}
