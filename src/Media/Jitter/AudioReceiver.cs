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

    // A packet and the concealment's history, rounded up to a power of two.
    private const int PcmSamples = 1024;
    private const int PcmMask = PcmSamples - 1;

    // A frame is left out beyond a frame plus this of excess, and made up below minus this (5 ms): no swinging to and fro.
    private const int Hysteresis = 40;

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

    // Decoded audio: what is still to be played, and behind it what was played last.
    private readonly short[] _pcm = new short[PcmSamples];
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
    private long _pcmRead;
    private long _pcmWritten;
    private long _pcmArrivalNs;
    private int _pcmLateness;
    private int _packetSamples = FrameSamples;
    private int _lateInARow;
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

        if (excess < -Hysteresis && ((_buffer.Count == 0 && _pcmRead == _pcmWritten) || IsQuiet()))
            return MakeUpFrame(frame);
        var info = Fill(frame);
        // The frame that is to go must be quiet itself: speech may just be beginning.
        if (excess >= FrameSamples + Hysteresis && HasWholeFrame() && (excess >= TooMuchDelay || IsQuiet()))
            return LeaveOut(frame);
        return info;
    }

    /// <summary>A frame that is not a multiple of 20 ms needs the packet after it too: 10 ms more.</summary>
    private int Wanted => _delay.Target + (_packetSamples % FrameSamples == 0 ? 0 : FrameSamples / 2);

    private bool Begin(long now)
    {
        if (!_delay.HasBase || !_buffer.TryPeek(out var first))
            return false;
        // Whole packets behind, so that frames begin where packets begin.
        var position = now - _delay.Base - Wanted;
        var frames = (long)Math.Ceiling((first.Timestamp - position) / (double)FrameSamples);
        _cursor = first.Timestamp - frames * FrameSamples;
        // What came long before the session was started is past.
        while (_buffer.TryPeek(out var old) && old.Timestamp + old.Payload.Length <= _cursor)
            _buffer.Remove(old);
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
            if (_pcmRead == _pcmWritten && !Decode())
            {
                var gap = Gap(rest.Length, filled == 0);
                if (FillGap(rest[..gap]) && info.Kind == FrameKind.Silence)
                    info = info with { Kind = FrameKind.Concealed };
                filled += gap;
                _cursor += gap;
                continue;
            }

            var count = (int)Math.Min(rest.Length, _pcmWritten - _pcmRead);
            CopyPcm(_pcmRead, rest[..count]);
            if (info.Kind != FrameKind.Received)
            {
                info = new MediaFrameInfo
                {
                    Kind = FrameKind.Received,
                    RtpTimestamp = (uint)(_cursor - filled),
                    ArrivalTicks = _pcmArrivalNs,
                    LatenessMicros = _pcmLateness,
                };
            }

            _pcmRead += count;
            _cursor += count;
            filled += count;
        }

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

            var payload = packet.Payload[skip..];
            var at = (int)_pcmWritten & PcmMask;
            var first = Math.Min(payload.Length, PcmSamples - at);
            G711.Decode(_codec, payload[..first], _pcm.AsSpan(at));
            G711.Decode(_codec, payload[first..], _pcm);
            Join(payload.Length);
            _pcmWritten += payload.Length;
            _pcmArrivalNs = packet.ArrivalNs;
            _pcmLateness = packet.LatenessMicros;
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

        if (_concealment.Concealed == 0)
        {
            Span<short> history = stackalloc short[Concealment.HistorySamples];
            CopyPcm(_pcmRead - Concealment.HistorySamples, history);
            _concealment.Begin(history);
        }

        _concealment.Conceal(samples);
        ConcealedSamples += samples.Length;
        return true;
    }

    private MediaFrameInfo MakeUpFrame(Span<short> frame)
    {
        Adjustments++;
        var made = FillGap(frame);
        return new MediaFrameInfo { Kind = made ? FrameKind.Concealed : FrameKind.Silence };
    }

    /// <summary>Plays the next frame instead of <paramref name="frame"/>, faded from one to the other.</summary>
    private MediaFrameInfo LeaveOut(Span<short> frame)
    {
        Adjustments++;
        Span<short> next = stackalloc short[FrameSamples];
        var info = Fill(next);
        for (var i = 0; i < FrameSamples; i++)
            frame[i] = (short)((frame[i] * (FrameSamples - i) + next[i] * i) / FrameSamples);
        return info;
    }

    private bool HasWholeFrame() => _buffer.Count * _packetSamples + _pcmWritten - _pcmRead >= FrameSamples;

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
        _pcmRead = _pcmWritten;
        _lateInARow = 0;
        _playing = false;
    }

    private long Extend(uint timestamp)
    {
        _timestamp = _hasTimestamp ? _timestamp + (int)(timestamp - (uint)_timestamp) : timestamp;
        _hasTimestamp = true;
        return _timestamp;
    }

    /// <summary>Where speech resumes after a gap, its beginning is blended with what was made up.</summary>
    private void Join(int samples)
    {
        if (_concealment.Concealed == 0)
            return;
        Span<short> head = stackalloc short[Math.Min(samples, Concealment.Overlap)];
        CopyPcm(_pcmWritten, head);
        _concealment.Join(head);
        for (var i = 0; i < head.Length; i++)
            _pcm[(_pcmWritten + i) & PcmMask] = head[i];
    }

    private void CopyPcm(long from, Span<short> destination)
    {
        var at = (int)from & PcmMask;
        var first = Math.Min(destination.Length, PcmSamples - at);
        _pcm.AsSpan(at, first).CopyTo(destination);
        _pcm.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    /// <summary>Whether the last 20 ms played were a pause. Asked only when the delay is to change.</summary>
    private bool IsQuiet()
    {
        if (_concealment.Concealed >= Concealment.FadedSamples)
            return true;
        var sum = 0;
        for (var i = 1; i <= FrameSamples; i++)
            sum += Math.Abs((int)_pcm[(_pcmRead - i) & PcmMask]);
        return sum < QuietMagnitude * FrameSamples;
    }
}
