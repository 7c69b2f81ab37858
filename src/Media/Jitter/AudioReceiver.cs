using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// One received G.711 stream: admits packets of a source, holds them in the jitter buffer as long as the network demands,
/// and gives 20 ms of PCM whenever it is asked. Sans-IO; times are passed in, in ns of any monotonic clock. Allocates at
/// construction only.
/// </summary>
/// <remarks>
/// The reading position ("cursor") is an RTP timestamp. It lies <em>delay</em> behind the fastest packet, and the delay
/// follows <see cref="DelayEstimator.Target"/> in steps of whole frames: a frame is left out when there is too much, one
/// is made up when there is too little, in quiet passages where possible. Clock drift is the same thing happening slowly.
/// </remarks>
public sealed class AudioReceiver
{
    public const int FrameSamples = 160;
    private const int ClockRateHz = 8000;
    private const long NsPerSample = 1_000_000_000 / ClockRateHz;
    private const int MaxPacketSamples = 480;

    // Leaving out a frame is for excess beyond a frame plus this (10 ms), so that it does not swing to and fro.
    private const int Hysteresis = 80;

    // 60 ms too much: do not wait for a quiet passage any more.
    private const int TooMuchDelay = 480;

    // Half a second off: the timestamps have jumped, start over.
    private const int Jumped = 4000;

    // So many late packets in a row mean that the path or the sender's clock has changed for good.
    private const int LateInARow = 8;

    // Mean magnitude below which a passage is quiet (−40 dB full scale).
    private const int QuietMagnitude = 300;

    private readonly JitterBuffer _buffer = new(32, MaxPacketSamples);
    private readonly DelayEstimator _delay;
    private readonly Concealment _concealment = new();
    private readonly short[] _pending = new short[MaxPacketSamples];
    private readonly short[] _skipped = new short[FrameSamples];
    private AudioCodec _codec;
    private RtpSource _source;
    private bool _hasSource;
    private uint _candidateSsrc;
    private ushort _candidateNext;
    private bool _hasCandidate;
    private long _timestamp;
    private bool _hasTimestamp;
    private long _fastestTransitNs = long.MaxValue;

    private bool _playing;
    private long _cursor;
    private int _pendingStart;
    private int _pendingEnd;
    private long _pendingArrivalNs;
    private int _pendingLateness;
    private int _packetSamples = FrameSamples;
    private int _lateInARow;
    private bool _quiet = true;
    private long _duplicatesBefore;

    /// <param name="minDelayMs">Least delay, in ms.</param>
    /// <param name="maxDelayMs">Greatest delay, in ms.</param>
    public AudioReceiver(int minDelayMs, int maxDelayMs) => _delay = new DelayEstimator(minDelayMs * 8, maxDelayMs * 8);

    /// <summary>The law of the payloads to come.</summary>
    public AudioCodec Codec
    {
        get => _codec;
        set => _codec = value;
    }

    /// <summary>A telephone-event is under way: missing audio is silence, not loss.</summary>
    public bool InEvent { get; set; }

    public long Lost => _hasSource ? _source.Lost : 0;
    public long Late { get; private set; }
    public long Duplicates => _duplicatesBefore + (_hasSource ? _source.Duplicates : 0);
    public double JitterMs => _source.JitterMs;
    public long ConcealedSamples { get; private set; }
    public double ConcealedMs => ConcealedSamples * 1000.0 / ClockRateHz;

    /// <summary>Frames left out or made up to follow the network's delay.</summary>
    public long Adjustments { get; private set; }

    /// <summary>From the fastest packet's arrival to its playing, in ms.</summary>
    public double DelayMs { get; private set; }

    /// <summary>The delay aimed at, in ms.</summary>
    public double TargetDelayMs => _delay.Target * 1000.0 / ClockRateHz;

    internal bool HasSource => _hasSource;

    internal ref RtpSource Source => ref _source;

    /// <summary>
    /// Sequence and source handling (RFC 3550 A.1) for any packet of the stream, audio or event. A new SSRC takes over with
    /// its second packet in sequence, so that a stray packet changes nothing.
    /// </summary>
    /// <returns>False for duplicates, strays and jumps: do not use the packet.</returns>
    public bool Admit(in RtpHeader packet, out long sequence)
    {
        sequence = 0;
        if (!_hasSource)
        {
            _source = new RtpSource(packet.Ssrc, packet.SequenceNumber, ClockRateHz);
            _hasSource = true;
        }
        else if (packet.Ssrc != _source.Ssrc && !TakeOver(packet))
        {
            return false;
        }

        switch (_source.Update(packet.SequenceNumber, out sequence))
        {
            case SequenceVerdict.Restarted:
                StartOver();
                return true;
            case SequenceVerdict.Valid:
                return true;
            default:
                return false;
        }
    }

    /// <summary>Stores an admitted audio packet.</summary>
    public void OnAudio(in RtpHeader packet, long sequence, long arrivalNs)
    {
        var payload = packet.Payload;
        if (payload.IsEmpty)
            return;
        var timestamp = Extend(packet.Timestamp);
        var arrival = arrivalNs / NsPerSample;
        _source.UpdateJitter(arrival, timestamp);
        _delay.Update(arrival - timestamp, arrival);
        _packetSamples = Math.Min(payload.Length, MaxPacketSamples);

        if (_playing && timestamp + payload.Length <= _cursor)
        {
            OnLate();
            if (_playing)
                return;
            _delay.Update(arrival - timestamp, arrival);
        }
        else
        {
            _lateInARow = 0;
        }

        var transitNs = arrivalNs - timestamp * NsPerSample;
        _fastestTransitNs = Math.Min(_fastestTransitNs, transitNs);
        var lateness = (int)Math.Min((transitNs - _fastestTransitNs) / 1000, int.MaxValue);
        switch (_buffer.Insert(sequence, timestamp, payload, arrivalNs, lateness))
        {
            case JitterInsert.Stored:
                break;
            default:
                Late++;
                break;
        }
    }

    /// <summary>
    /// The next 160 samples. <paramref name="nowNs"/> is the tick's nominal time, so that a late tick does not look like a
    /// change in the network.
    /// </summary>
    public MediaFrameInfo Pull(long nowNs, Span<short> frame)
    {
        var now = nowNs / NsPerSample;
        if (!_playing && !Begin(now))
        {
            frame.Clear();
            _quiet = true;
            return new MediaFrameInfo { Kind = FrameKind.Silence };
        }

        // Positive: more delay than wanted.
        var excess = now - _delay.Base - Wanted - _cursor;
        DelayMs = (excess + Wanted) * 1000.0 / ClockRateHz;
        if (Math.Abs(excess) > Jumped)
        {
            Resynchronise();
            frame.Clear();
            return new MediaFrameInfo { Kind = FrameKind.Silence };
        }

        if (excess < -Hysteresis / 2 && (_quiet || (_buffer.Count == 0 && _pendingStart == _pendingEnd)))
            return MakeUpFrame(frame);
        if (excess >= FrameSamples + Hysteresis && (_quiet || excess >= TooMuchDelay) && HasWholeFrame())
            return LeaveOutFrame(frame);
        return Fill(frame);
    }

    /// <summary>A frame that is not a multiple of 20 ms needs the packet after it too: 10 ms more.</summary>
    private int Wanted => _delay.Target + (_packetSamples % FrameSamples == 0 ? 0 : FrameSamples / 2);

    private bool Begin(long now)
    {
        if (!_delay.HasBase || !_buffer.TryPeek(out var first))
            return false;
        // Whole packets behind, so that frames begin where packets begin.
        var position = now - _delay.Base - Wanted;
        var behind = first.Timestamp - position;
        _cursor = first.Timestamp - (behind > 0 ? (behind + FrameSamples - 1) / FrameSamples * FrameSamples : 0);
        _playing = true;
        return true;
    }

    private MediaFrameInfo Fill(Span<short> frame)
    {
        var info = new MediaFrameInfo { Kind = FrameKind.Silence };
        var filled = 0;
        while (filled < FrameSamples)
        {
            var rest = frame[filled..];
            if (_pendingStart == _pendingEnd && !Decode())
            {
                var gap = Gap(rest.Length, filled == 0);
                if (FillGap(rest[..gap]) && info.Kind == FrameKind.Silence)
                    info = info with { Kind = FrameKind.Concealed };
                filled += gap;
                _cursor += gap;
                continue;
            }

            var count = Math.Min(rest.Length, _pendingEnd - _pendingStart);
            _pending.AsSpan(_pendingStart, count).CopyTo(rest);
            if (info.Kind != FrameKind.Received)
            {
                info = new MediaFrameInfo
                {
                    Kind = FrameKind.Received,
                    RtpTimestamp = (uint)(_cursor - filled),
                    ArrivalTicks = _pendingArrivalNs,
                    LatenessMicros = _pendingLateness,
                };
            }

            _pendingStart += count;
            _cursor += count;
            filled += count;
        }

        _quiet = IsQuiet(frame);
        return info;
    }

    /// <summary>Decodes the packet at the cursor, if it is there; late ones on the way are dropped.</summary>
    private bool Decode()
    {
        while (_buffer.TryPeek(out var packet))
        {
            if (packet.Timestamp > _cursor)
                return false;
            _buffer.Remove(packet);
            var skip = (int)Math.Min(_cursor - packet.Timestamp, packet.Payload.Length);
            if (skip == packet.Payload.Length)
            {
                Late++;
                continue;
            }

            _pendingStart = 0;
            _pendingEnd = packet.Payload.Length - skip;
            var samples = _pending.AsSpan(0, _pendingEnd);
            G711.Decode(_codec, packet.Payload[skip..], samples);
            _concealment.OnGood(samples);
            _pendingArrivalNs = packet.ArrivalNs;
            _pendingLateness = packet.LatenessMicros;
            return true;
        }

        return false;
    }

    /// <summary>How many samples are missing up to the next packet, at most to the frame's end.</summary>
    private int Gap(int rest, bool atFrameStart)
    {
        if (!_buffer.TryPeek(out var next))
            return rest;
        var gap = next.Timestamp - _cursor;
        if (gap >= rest)
            return rest;
        // Speech after silence begins with a frame of its own: move the cursor, the delay grows by less than a frame.
        if (atFrameStart && _concealment.Concealed >= Concealment.FadedSamples)
        {
            _cursor = next.Timestamp - rest;
            return rest;
        }

        return (int)gap;
    }

    /// <summary>False when it is plain silence: long faded, or a DTMF digit.</summary>
    private bool FillGap(Span<short> samples)
    {
        if (InEvent || _concealment.Concealed >= Concealment.FadedSamples)
        {
            samples.Clear();
            return false;
        }

        _concealment.Conceal(samples);
        ConcealedSamples += samples.Length;
        return true;
    }

    private MediaFrameInfo MakeUpFrame(Span<short> frame)
    {
        Adjustments++;
        var made = FillGap(frame);
        _quiet = IsQuiet(frame);
        return new MediaFrameInfo { Kind = made ? FrameKind.Concealed : FrameKind.Silence };
    }

    private MediaFrameInfo LeaveOutFrame(Span<short> frame)
    {
        Adjustments++;
        Fill(_skipped);
        var info = Fill(frame);
        for (var i = 0; i < FrameSamples; i++)
            frame[i] = (short)((_skipped[i] * (FrameSamples - i) + frame[i] * i) / FrameSamples);
        return info;
    }

    private bool HasWholeFrame() => _buffer.Count * _packetSamples + _pendingEnd - _pendingStart >= 2 * FrameSamples;

    private void OnLate()
    {
        Late++;
        if (++_lateInARow >= LateInARow)
            Resynchronise();
    }

    private bool TakeOver(in RtpHeader packet)
    {
        if (!_hasCandidate || packet.Ssrc != _candidateSsrc || packet.SequenceNumber != _candidateNext)
        {
            _hasCandidate = true;
            _candidateSsrc = packet.Ssrc;
            _candidateNext = (ushort)(packet.SequenceNumber + 1);
            return false;
        }

        _duplicatesBefore += _source.Duplicates;
        _source = new RtpSource(packet.Ssrc, packet.SequenceNumber, ClockRateHz, _source.Lost);
        _hasCandidate = false;
        StartOver();
        return true;
    }

    /// <summary>Another source, or the same one from the beginning: nothing known about timing holds any more.</summary>
    private void StartOver()
    {
        Resynchronise();
        _hasTimestamp = false;
        _fastestTransitNs = long.MaxValue;
    }

    private void Resynchronise()
    {
        _buffer.Clear();
        _delay.Reset();
        _pendingStart = _pendingEnd = 0;
        _lateInARow = 0;
        _playing = false;
    }

    private long Extend(uint timestamp)
    {
        _timestamp = _hasTimestamp ? _timestamp + (int)(timestamp - (uint)_timestamp) : timestamp;
        _hasTimestamp = true;
        return _timestamp;
    }

    private static bool IsQuiet(ReadOnlySpan<short> frame)
    {
        var sum = 0;
        foreach (var sample in frame)
            sum += Math.Abs((int)sample);
        return sum < QuietMagnitude * FrameSamples;
    }
}
