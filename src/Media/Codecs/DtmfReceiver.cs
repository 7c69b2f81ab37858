using System.Buffers.Binary;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// The telephone-event payload (RFC 4733 §2.3).
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |     event     |E|R| volume    |          duration             |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// </code>
/// Duration in timestamp units; volume in −dBm0.
/// </summary>
public readonly record struct TelephoneEvent(byte Event, bool End, byte Volume, ushort Duration)
{
    public const int Bytes = 4;
    private const string Digits = "0123456789*#ABCD";

    /// <summary>The DTMF digit, or null for other events (flash, tones).</summary>
    public char? Digit => Event < Digits.Length ? Digits[Event] : null;

    /// <summary>The event code of a digit, −1 when it is none.</summary>
    public static int CodeOf(char digit) => Digits.IndexOf(char.ToUpperInvariant(digit));

    public static bool TryParse(ReadOnlySpan<byte> payload, out TelephoneEvent telephoneEvent)
    {
        telephoneEvent = default;
        if (payload.Length < Bytes)
            return false;
        telephoneEvent = new TelephoneEvent(
            payload[0],
            (payload[1] & 0x80) != 0,
            (byte)(payload[1] & 0x3F),
            BinaryPrimitives.ReadUInt16BigEndian(payload[2..])
        );
        return true;
    }

    public void Write(Span<byte> payload)
    {
        payload[0] = Event;
        payload[1] = (byte)((End ? 0x80 : 0) | (Volume & 0x3F));
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], Duration);
    }
}

/// <summary>
/// Puts telephone-event packets together to digits (RFC 4733 §2.5.2): one per event, however many of its packets were
/// lost or repeated. An event is the packets with one RTP timestamp; a long one (over 0xFFFF units) goes on in a new
/// segment whose timestamp is where the last one ended (§2.5.1.3). Sans-IO: time is RTP-clock samples passed in.
/// </summary>
public struct DtmfReceiver
{
    /// <summary>With every end packet lost the digit counts as ended after this long without a packet: 120 ms.</summary>
    private const long SilenceEndsEvent = 960;
    private const int SamplesPerMs = 8;

    private bool _active;
    private bool _finished;
    private bool _seen;
    private byte _event;
    private uint _timestamp;
    private uint _durationBefore;
    private ushort _duration;
    private long _lastPacket;

    /// <summary>An event is under way: the gap in the audio is no loss.</summary>
    public readonly bool Active => _active;

    /// <summary>A packet arrived at <paramref name="now"/> (8 kHz samples of any epoch).</summary>
    /// <param name="completed">True when it ended a digit.</param>
    public void OnPacket(
        in TelephoneEvent packet,
        uint timestamp,
        long now,
        out bool completed,
        out char digit,
        out int durationMs
    )
    {
        completed = false;
        digit = default;
        durationMs = 0;
        if (_seen && timestamp == _timestamp && packet.Event == _event)
        {
            if (_finished)
                return; // The retransmissions of the end packet.
            _duration = Math.Max(_duration, packet.Duration);
        }
        else if (_seen && (int)(timestamp - _timestamp) < 0)
        {
            return; // A straggler of an earlier event.
        }
        else if (
            _active
            && packet.Event == _event
            && _duration >= 0xFF00
            && timestamp - _timestamp - _duration < SilenceEndsEvent
        )
        {
            _durationBefore += _duration;
            _duration = packet.Duration;
            _timestamp = timestamp;
        }
        else
        {
            // A new event began although the end of the one before was lost.
            if (_active)
                Complete(out completed, out digit, out durationMs);
            _seen = true;
            _active = packet.Digit is not null;
            _finished = false;
            _event = packet.Event;
            _timestamp = timestamp;
            _duration = packet.Duration;
            _durationBefore = 0;
        }

        _lastPacket = now;
        if (packet.End && _active && !completed)
            Complete(out completed, out digit, out durationMs);
        else if (packet.End && !_active)
            _finished = true;
    }

    /// <summary>Ends an event whose end packets were all lost.</summary>
    public bool OnTime(long now, out char digit, out int durationMs)
    {
        digit = default;
        durationMs = 0;
        if (!_active || now - _lastPacket < SilenceEndsEvent)
            return false;
        Complete(out var completed, out digit, out durationMs);
        return completed;
    }

    private void Complete(out bool completed, out char digit, out int durationMs)
    {
        digit = new TelephoneEvent(_event, true, 0, 0).Digit!.Value;
        durationMs = (int)((_durationBefore + _duration) / SamplesPerMs);
        _active = false;
        _finished = true;
        completed = true;
    }
}
