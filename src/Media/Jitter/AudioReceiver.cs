using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// One received audio stream of any codec: admits packets of a source, holds them as long as the network demands, and gives
/// 20 ms of PCM whenever it is asked. Sans-IO; times are passed in, in ns of any monotonic clock. Used by one thread at a
/// time; allocates at construction, and when a network demands more memory than any before.
/// </summary>
/// <remarks>
/// Times and positions are counted in samples at the session's rate, whatever the codec's RTP clock. How long to wait is
/// decided by <see cref="DelayEstimator"/>, what to play by <see cref="AudioPlayer"/>.
/// </remarks>
public sealed class AudioReceiver : IDisposable
{
    /// <summary>The greatest delay that it can have.</summary>
    public const int MaxDelayMs = DelayEstimator.MaxDelayMs;

    // No network delays speech by so much more from one packet to the next: the timestamps have jumped.
    private const int JumpMs = 700;

    private readonly PacketStore _store = new();
    private readonly DelayEstimator _delay;
    private readonly AudioPlayer _player;
    private readonly int _sampleRateHz;
    private readonly long _nsPerSample;
    private int _clockRateHz;
    private RtpSource _source;
    private ReceptionMeter _reception;
    private long _discarded;
    private bool _hasSource;
    private uint _candidateSsrc;
    private ushort _candidateNext;
    private bool _hasCandidate;
    private long _timestamp;
    private bool _hasTimestamp;
    private long _transit;
    private bool _hasTransit;
    private bool _jumped;
    private long _jumpTransit;

    // Of the sources before this one: a call's totals never shrink, but reports are about one source (RFC 3550 §6.4.1).
    private long _duplicatesBefore;
    private long _lostBefore;
    private long _newestAudio;

    /// <param name="minDelayMs">Least delay, in ms.</param>
    /// <param name="maxDelayMs">
    /// Greatest delay, in ms, at most <see cref="MaxDelayMs"/>; if it is the least one too, the delay is fixed and late packets are dropped.
    /// </param>
    /// <param name="sampleRateHz">Of the PCM it gives: 8000 or 16000.</param>
    public AudioReceiver(int minDelayMs, int maxDelayMs, int sampleRateHz = 8000)
    {
        _sampleRateHz = sampleRateHz;
        _nsPerSample = 1_000_000_000 / sampleRateHz;
        _clockRateHz = sampleRateHz;
        _delay = new DelayEstimator(minDelayMs, maxDelayMs, sampleRateHz);
        _player = new AudioPlayer(_store, _delay, sampleRateHz);
    }

    /// <summary>Of the PCM it gives, in Hz.</summary>
    public int SampleRateHz => _sampleRateHz;

    /// <summary>Samples of a frame (20 ms).</summary>
    public int FrameSamples => _sampleRateHz / 50;

    /// <summary>A telephone-event is under way: missing audio is silence, not loss.</summary>
    public bool InEvent
    {
        get => _player.InEvent;
        set => _player.InEvent = value;
    }

    /// <summary>Packets expected and not received, late ones excepted (RFC 3550 A.3).</summary>
    public long Lost => _lostBefore + (_hasSource ? _source.Lost : 0);

    /// <summary>Packets that came and were not played: too late, or malformed.</summary>
    public long Late => _discarded + _player.Discarded;
    public long Duplicates => _duplicatesBefore + (_hasSource ? _source.Duplicates : 0);

    /// <summary>Interarrival jitter (RFC 3550 A.8).</summary>
    public double JitterMs => _source.JitterMs;

    /// <summary>
    /// Samples played in place of speech that was lost or late. Told when the next packet shows that it was speech; a
    /// sender's pause is not counted.
    /// </summary>
    public long ConcealedSamples => _player.ConcealedSamples;
    public double ConcealedMs => ToMs(_player.ConcealedSamples);

    /// <summary>Samples put into the speech to lengthen the delay.</summary>
    public long StretchedSamples => _player.StretchedSamples;

    /// <summary>Samples taken out of the speech to shorten the delay.</summary>
    public long ShrunkSamples => _player.ShrunkSamples;

    /// <summary>Lost samples restored from redundancy in the packet after (Opus in-band FEC); not among the concealed.</summary>
    public long RecoveredSamples => _player.RecoveredSamples;

    /// <summary>From the fastest packet's arrival to its playing, in ms: the JB nominal delay of RFC 3611 §4.7.7.</summary>
    public double DelayMs => ToMs(_player.Delay);

    /// <summary>The delay aimed at, in ms.</summary>
    public double TargetDelayMs => ToMs(_player.TargetDelay);

    /// <summary>Bursts and gaps of lost and discarded packets so far (RFC 3611 §4.7.2).</summary>
    public BurstMetrics Bursts => _reception.Metrics;

    /// <summary>Buffers held at present, in bytes: grows with what the network demands.</summary>
    public int BufferBytes => _player.Bytes;

    internal bool HasSource => _hasSource;

    /// <summary>Of the audio that came last; null before any codec is known.</summary>
    internal AudioCodec? Codec => _player.Decoders.Codec;

    /// <summary>See <see cref="CacheLines"/>: the parts that a packet and a frame go through.</summary>
    internal void AskForParts()
    {
        CacheLines.Ask(_player, 5);
        CacheLines.Ask(_store, 1);
        CacheLines.Ask(_delay, 2);
    }

    internal ref RtpSource Source => ref _source;

    internal ref readonly ReceptionMeter Reception => ref _reception;

    /// <summary>
    /// The decoder of the audio payloads to come; it is disposed by the receiver. Packets received before are decoded by
    /// the one before, so that a codec may change without a gap. A change of the RTP clock starts the timing anew.
    /// </summary>
    /// <param name="decoder">Giving PCM at the receiver's rate.</param>
    /// <param name="clockRateHz">Of the payload's RTP timestamps.</param>
    /// <exception cref="ArgumentException">The decoder's rate is another one.</exception>
    public void Use(IAudioDecoder decoder, int clockRateHz)
    {
        Check(decoder);
        Select(_player.Add(decoder, null), clockRateHz);
    }

    /// <summary>
    /// Takes a decoder that was made ahead for payloads of a codec. Which codec is in use is decided by what comes: the peer
    /// may go from one to another and back (RFC 3264 §6.1).
    /// </summary>
    public void Prepare(AudioCodec codec, IAudioDecoder decoder)
    {
        Check(decoder);
        var isFirst = Codec is null;
        if (_player.Decoders.TryFind(codec, out var tag))
            decoder.Dispose();
        else
            tag = _player.Add(decoder, codec);
        if (isFirst)
            Select(tag, codec.ClockRateHz());
    }

    private void Use(AudioCodec codec)
    {
        if (!_player.Decoders.TryFind(codec, out var tag))
            tag = _player.Add(AudioCodecFactory.CreateDecoder(codec, _sampleRateHz), codec);
        Select(tag, codec.ClockRateHz());
    }

    private void Check(IAudioDecoder decoder)
    {
        if (decoder.SampleRateHz != _sampleRateHz)
            throw new ArgumentException($"The receiver gives PCM at {_sampleRateHz} Hz.", nameof(decoder));
    }

    private void Select(byte tag, int clockRateHz)
    {
        if (clockRateHz != _clockRateHz)
        {
            _clockRateHz = clockRateHz;
            _source.ChangeClock(clockRateHz);
            StartOver();
        }

        _player.Decoders.Select(tag);
    }

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
            _source = new RtpSource(packet.Ssrc, packet.SequenceNumber, _clockRateHz);
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
                break;
            case SequenceVerdict.Valid:
                break;
            default:
                return false;
        }

        _reception.OnReceived(packet.Ssrc, sequence, packet.Timestamp, _clockRateHz);
        return true;
    }

    /// <summary>Stores an admitted audio packet of any codec; one that follows all others decides what the codec is now.</summary>
    public void OnAudio(in RtpHeader packet, long sequence, long arrivalNs, AudioCodec codec)
    {
        var tag = _player.Decoders.Tag;
        if (_player.Decoders.Codec != codec)
        {
            if (sequence >= _newestAudio)
            {
                Use(codec);
                tag = _player.Decoders.Tag;
            }
            else if (codec.ClockRateHz() != _clockRateHz || !_player.Decoders.TryFind(codec, out tag))
            {
                // A straggler must not turn the clock back.
                Discard(sequence);
                return;
            }
        }

        OnAudio(packet, sequence, arrivalNs, tag);
    }

    /// <summary>Stores an admitted audio packet of the codec in use.</summary>
    public void OnAudio(in RtpHeader packet, long sequence, long arrivalNs) =>
        OnAudio(packet, sequence, arrivalNs, _player.Decoders.Tag);

    private void OnAudio(in RtpHeader packet, long sequence, long arrivalNs, byte tag)
    {
        var payload = packet.Payload;
        _newestAudio = Math.Max(_newestAudio, sequence);
        var samples = payload.Length > PacketPool.MaxBytes ? 0 : _player.Decoders.SamplesOf(tag, payload);
        if (samples == 0 || samples > _sampleRateHz)
        {
            Discard(sequence);
            return;
        }

        if (!Place(packet, arrivalNs, out var facts))
        {
            Discard(sequence);
            return;
        }

        _player.PacketSamples = samples;
        _player.Newest = Math.Max(_player.Newest, facts.Position + samples);
        Store(sequence, facts with { Kind = StoredKind.Audio, Samples = samples, Tag = tag }, payload);
    }

    /// <summary>
    /// Takes an admitted comfort noise packet (RFC 3389): the sender falls silent at its timestamp, and no audio is missing
    /// until it speaks again.
    /// </summary>
    public void OnComfortNoise(in RtpHeader packet, long sequence, long arrivalNs)
    {
        if (packet.Payload.IsEmpty || !Place(packet, arrivalNs, out var facts))
            return;
        Store(sequence, facts with { Kind = StoredKind.Comfort, Tag = (byte)(packet.Payload[0] & 0x7F) }, default);
    }

    /// <summary>
    /// The next <see cref="FrameSamples"/> samples. <paramref name="nowNs"/> is the tick's nominal time, so that a late tick
    /// does not look like a change in the network.
    /// </summary>
    public MediaFrameInfo Pull(long nowNs, Span<short> frame)
    {
        var info = _player.Pull(nowNs / _nsPerSample, frame[..FrameSamples], ref _reception, _source);
        return info.Kind == FrameKind.Received ? info with { RtpTimestamp = ToTimestamp(_player.FramePosition) } : info;
    }

    /// <summary>Gives the buffers back and disposes the decoders.</summary>
    public void Dispose() => _player.Dispose();

    /// <summary>When a packet came and where it belongs; false while it is uncertain whether the timestamps have jumped.</summary>
    private bool Place(in RtpHeader packet, long arrivalNs, out PacketFacts facts)
    {
        facts = default;
        var timestamp = Extend(packet.Timestamp);
        var arrival = arrivalNs / _nsPerSample;
        var transit = arrival - ToPosition(timestamp);
        if (_hasTransit && IsJump(transit - _transit))
        {
            // One packet may be wrong; a second one that follows from it is a new beginning.
            var follows = _jumped && !IsJump(transit - _jumpTransit);
            _jumped = true;
            _jumpTransit = transit;
            if (!follows)
                return false;
            StartOver();
            timestamp = Extend(packet.Timestamp);
            transit = arrival - ToPosition(timestamp);
        }

        _timestamp = timestamp;
        _hasTimestamp = true;
        _transit = transit;
        _hasTransit = true;
        _jumped = false;
        _source.UpdateJitter(ToTicks(arrival), timestamp);
        _delay.Update(transit, arrival);
        facts = new PacketFacts
        {
            Position = arrival - transit,
            ArrivalNs = arrivalNs,
            LatenessMicros = (int)Math.Min((transit - _delay.Base) * _nsPerSample / 1000, int.MaxValue),
        };
        return true;
    }

    private void Store(long sequence, in PacketFacts facts, ReadOnlySpan<byte> payload)
    {
        if (_store.IsPast(sequence))
        {
            Discard(sequence);
            return;
        }

        while (!_store.HasRoomFor(sequence) && _store.TryPeek(out var oldest))
        {
            Discard(oldest.Sequence);
            _store.Remove(oldest);
        }

        _store.Insert(sequence, facts, payload);
    }

    private void Discard(long sequence)
    {
        _discarded++;
        _reception.OnDiscarded(sequence);
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
        _lostBefore += _source.Lost;
        _source = new RtpSource(packet.Ssrc, packet.SequenceNumber, _clockRateHz);
        _hasCandidate = false;
        StartOver();
        return true;
    }

    /// <summary>Another source, or the same one from the beginning: nothing known about timing holds any more.</summary>
    private void StartOver()
    {
        _player.StartOver();
        _newestAudio = 0;
        _hasTimestamp = false;
        _hasTransit = false;
        _jumped = false;
    }

    private bool IsJump(long change) => Math.Abs(change) > (long)JumpMs * _sampleRateHz / 1000;

    // The first one is taken to be far from 0, so that what precedes it is not negative.
    private long Extend(uint timestamp) =>
        _hasTimestamp ? _timestamp + (int)(timestamp - (uint)_timestamp) : timestamp + (1L << 40);

    private long ToPosition(long timestamp) =>
        _clockRateHz == _sampleRateHz ? timestamp : timestamp * _sampleRateHz / _clockRateHz;

    private uint ToTimestamp(long position) => (uint)ToTicks(position);

    private long ToTicks(long samples) =>
        _clockRateHz == _sampleRateHz ? samples : samples * _clockRateHz / _sampleRateHz;

    private double ToMs(long samples) => samples * 1000.0 / _sampleRateHz;
}
