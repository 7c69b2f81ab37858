namespace OCPlatform.Media.Codecs;

/// <summary>
/// Puts telephone-event packets together to digits (RFC 4733 §2.5.2): one per event, however many of its packets were lost,
/// repeated or late. An event is the packets with one RTP timestamp; a long one (over 0xFFFF units) goes on in a new
/// segment whose timestamp is where the last one ended, without marker (§2.5.1.3). Events that are no digits (flash, tones)
/// only end the digit before them. Sans-IO: times in ns of any monotonic clock are passed in. 32 bytes.
/// </summary>
public struct DtmfReceiver
{
    /// <summary>With every end packet lost the digit counts as ended after this long without a packet.</summary>
    private const long SilenceEndsEventNs = 120_000_000;

    // Less than the pause that receivers ask for between digits (Q.24): what follows sooner is the same digit.
    private const int SegmentGapMs = 39;

    // A timestamp that goes back by more than this, or after this long, is of a stream that has started anew.
    private const int StragglerMs = 5000;
    private const long StragglerNs = StragglerMs * 1_000_000L;

    private bool _seen;
    private bool _ended;
    private bool _reported;
    private byte _event;
    private ushort _duration;
    private uint _timestamp;
    private int _unitsPerMs;
    private long _durationBefore;
    private long _lastPacketNs;

    /// <summary>A digit is under way: the gap in the audio is no loss.</summary>
    public readonly bool Active => _seen && !_reported;

    /// <summary>A packet arrived.</summary>
    /// <param name="packet">Its payload.</param>
    /// <param name="timestamp">Of its RTP header: when the event, or this segment of it, began.</param>
    /// <param name="marker">Of its RTP header: set on an event's first packet, never on a further segment's.</param>
    /// <param name="clockRateHz">Unit of durations, as agreed for telephone-event.</param>
    /// <param name="nowNs">When it arrived.</param>
    /// <param name="digit">The digit that it ended.</param>
    /// <param name="durationMs">Of that digit.</param>
    /// <returns>Whether it ended a digit: its own, or the one before whose end was lost.</returns>
    public bool OnPacket(
        in TelephoneEvent packet,
        uint timestamp,
        bool marker,
        int clockRateHz,
        long nowNs,
        out char digit,
        out int durationMs
    )
    {
        digit = default;
        durationMs = 0;
        if (_seen && timestamp == _timestamp && packet.Event == _event)
        {
            _duration = Math.Max(_duration, packet.Duration);
        }
        else if (_seen && IsStraggler(timestamp, nowNs))
        {
            return false;
        }
        else if (_seen && !marker && IsNextSegment(packet, timestamp))
        {
            _durationBefore += Math.Min(timestamp - _timestamp, ushort.MaxValue);
            _timestamp = timestamp;
            _duration = packet.Duration;
        }
        else
        {
            // A new event began although the end of the one before was lost.
            var completed = Active && Complete(out digit, out durationMs);
            Begin(packet, timestamp, clockRateHz, nowNs);
            // A packet reports one digit. Were this one's single packet its end too, its repetition would report it.
            if (completed)
                return true;
        }

        _lastPacketNs = nowNs;
        if (!packet.End)
            return false;
        _ended = true;
        return Active && Complete(out digit, out durationMs);
    }

    /// <summary>Ends a digit whose end packets were all lost.</summary>
    public bool OnTime(long nowNs, out char digit, out int durationMs)
    {
        digit = default;
        durationMs = 0;
        return Active && nowNs - _lastPacketNs >= SilenceEndsEventNs && Complete(out digit, out durationMs);
    }

    private void Begin(in TelephoneEvent packet, uint timestamp, int clockRateHz, long nowNs)
    {
        _seen = true;
        _ended = false;
        _reported = packet.Digit is null;
        _event = packet.Event;
        _timestamp = timestamp;
        _duration = packet.Duration;
        _durationBefore = 0;
        _unitsPerMs = Math.Max(1, clockRateHz / 1000);
        _lastPacketNs = nowNs;
    }

    /// <summary>A late or repeated packet of an event that a newer one has followed.</summary>
    private readonly bool IsStraggler(uint timestamp, long nowNs)
    {
        var older = (int)(_timestamp - timestamp);
        return older > 0 && older < StragglerMs * _unitsPerMs && nowNs - _lastPacketNs < StragglerNs;
    }

    private readonly bool IsNextSegment(in TelephoneEvent packet, uint timestamp)
    {
        if (packet.Event != _event || _ended)
            return false;
        var offset = (long)(timestamp - _timestamp);
        var gap = offset - _duration;
        var gapUnits = SegmentGapMs * _unitsPerMs;
        // Where the end of a full segment was lost the gap is longer. Where audio has another clock rate than events,
        // timestamps are in that one (RFC 7160) and only the duration tells that the segment was full.
        var full = ushort.MaxValue - gapUnits;
        return (gap >= 0 && (gap <= gapUnits || (offset >= full && offset <= ushort.MaxValue))) || _duration >= full;
    }

    private bool Complete(out char digit, out int durationMs)
    {
        digit = new TelephoneEvent(_event, true, 0, 0).Digit!.Value;
        durationMs = (int)((_durationBefore + _duration) / _unitsPerMs);
        _reported = true;
        return true;
    }
}
