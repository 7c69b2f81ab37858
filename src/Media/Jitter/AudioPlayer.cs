using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Jitter;

/// <summary>
/// Turns stored packets into an unbroken 20 ms frame per tick: decodes what is due, makes up what is missing, and follows
/// the wanted delay by time-scale modification. Times and positions are samples at the session's rate.
/// </summary>
/// <remarks>
/// The line's end corresponds to a position in the stream, <see cref="_decoded"/>; the present delay follows from it. What
/// is made up while nothing has come does not move that position: whether speech was lost, late or never sent is known
/// only when the next packet is there. If packets were lost, what was made up stands for them. If they were late, they
/// are played late, since words are worth more than delay, which shrinks again soon. If the sender paused, speech begins
/// anew at the best delay.
/// </remarks>
internal sealed class AudioPlayer
{
    private const int FramesPerSecond = 50;

    // Timestamps that are a little off between packets that follow each other: neither gap nor overlap.
    private const int UnevenMs = 2;

    // So much audio is little.
    private const int StarvingFrames = 3;

    // The level of every eighth frame tells the background.
    private const int ObserveEvery = 8;

    private readonly PacketStore _store;
    private readonly DelayEstimator _delay;
    private readonly PcmLine _line;
    private readonly int _rate;
    private readonly int _frame;
    private readonly StreamDecoders _decoders = new();
    private PlayedPackets _recent;
    private BackgroundNoise _noise = new();
    private Concealment _concealment;
    private DelayFollower _follower;

    // The position that follows what was decoded, and the packet number expected there.
    private long _decoded;
    private long _next;

    // Samples made up since, which stand for something not known yet; and whether nothing is missing: a pause.
    private int _made;
    private bool _pause;

    // The decoder itself made them up, and goes on from there.
    private bool _madeByDecoder;

    private long _target;
    private bool _hasTarget;
    private long _now;

    // Where in the line received audio ends.
    private long _realEnd;
    private int _ticks;

    public AudioPlayer(PacketStore store, DelayEstimator delay, int sampleRateHz)
    {
        _store = store;
        _delay = delay;
        _rate = sampleRateHz;
        _frame = sampleRateHz / FramesPerSecond;
        PacketSamples = _frame;
        _concealment = new Concealment(sampleRateHz);
        _follower = new DelayFollower(sampleRateHz);
        // The past that concealment looks at, a frame being played, a packet being decoded, and some room to move.
        var history = Concealment.History(sampleRateHz);
        _line = new PcmLine(history, history + _frame * 4);
    }

    public bool Playing { get; private set; }

    /// <summary>The usual packet's samples.</summary>
    public int PacketSamples { get; set; }

    /// <summary>Where the audio received so far ends.</summary>
    public long Newest { get; set; }

    /// <summary>A telephone-event is under way: missing audio is silence, not loss.</summary>
    public bool InEvent { get; set; }

    /// <summary>The delay behind the fastest packet at which the last frame was played, in samples.</summary>
    public int Delay { get; private set; }

    /// <summary>The delay aimed at.</summary>
    public int TargetDelay => _hasTarget ? (int)(_target - _delay.Base) : 0;

    /// <summary>Position of the last frame's first sample.</summary>
    public long FramePosition { get; private set; }

    /// <summary>Made up in place of speech that was lost or late; told once it is known that it was.</summary>
    public long ConcealedSamples { get; private set; }

    /// <summary>Restored from redundancy in the packet after the lost one.</summary>
    public long RecoveredSamples { get; private set; }

    /// <summary>Packets dropped instead of played.</summary>
    public long Discarded { get; private set; }
    public long StretchedSamples => _follower.Stretched;
    public long ShrunkSamples => _follower.Shrunk;
    public int Bytes => _line.Bytes + _store.Bytes;

    public StreamDecoders Decoders => _decoders;

    /// <summary>At the beginning of the next frame, as the transit that a packet played there may have had.</summary>
    private long Transit => _now + _line.Pending - _decoded;

    /// <summary>Takes another decoder; packets that are stored are decoded by their own.</summary>
    public byte Add(IAudioDecoder decoder, AudioCodec? codec)
    {
        // After so many changes the oldest packets have no decoder any more.
        if (_decoders.Replaced is { } replaced)
        {
            while (_store.TryPeek(out var packet) && packet.Facts.Tag == replaced && packet.Samples > 0)
                _store.Remove(packet);
        }

        return _decoders.Add(decoder, codec);
    }

    /// <summary>Nothing known about timing holds any more; what was played last fades away.</summary>
    public void StartOver()
    {
        _store.Clear();
        _delay.Reset();
        Playing = false;
        _hasTarget = false;
        _made = 0;
        Newest = 0;
        _decoders.Reset();
    }

    public void Dispose()
    {
        _store.Clear();
        _decoders.Dispose();
    }

    /// <summary>The next frame.</summary>
    public MediaFrameInfo Pull(long now, Span<short> frame, ref ReceptionMeter reception, in RtpSource source)
    {
        _now = now;
        if (Playing || Begin())
            Gather(frame.Length, ref reception, source);
        if (_line.Pending < frame.Length)
            MakeUp(frame.Length - _line.Pending);
        else if (Playing)
            Follow(ref reception);
        if (Playing)
            Delay = (int)(Transit - _delay.Base);
        return Take(frame);
    }

    private MediaFrameInfo Take(Span<short> frame)
    {
        FramePosition = _decoded - _line.Pending;
        var real = _realEnd > _line.Played;
        _line.Take(frame);
        if (!real)
            return new MediaFrameInfo { Kind = _pause || HasFaded ? FrameKind.Silence : FrameKind.Concealed };
        if (++_ticks % ObserveEvery == 0)
            _noise.Observe(frame);
        var packet = _recent.At(FramePosition);
        return new MediaFrameInfo
        {
            Kind = FrameKind.Received,
            ArrivalTicks = packet.ArrivalNs,
            LatenessMicros = packet.LatenessMicros,
        };
    }

    private bool HasFaded => !Playing || (_madeByDecoder ? _made >= 3 * _frame : _concealment.Faded);

    private bool Begin()
    {
        if (!_delay.HasBase || !_store.TryPeek(out var first))
            return false;
        var step = Step(out var slack);
        Aim(_delay.Choose(_now - first.Position, step, slack, null), slack);
        // What came long before the session was started is past.
        while (first.End <= _now - _target)
        {
            _store.Remove(first);
            if (!_store.TryPeek(out first))
                return false;
        }

        Playing = true;
        _line.Drop();
        _next = first.Sequence;
        _decoded = Math.Min(first.Position, _now - _target);
        _pause = true;
        _made = 0;
        return true;
    }

    /// <summary>Decodes until <paramref name="needed"/> samples are pending or the next packet is not there.</summary>
    private void Gather(int needed, ref ReceptionMeter reception, in RtpSource source)
    {
        if (_delay.IsFixed)
            PassMadeUp();
        while (_line.Pending < needed && _store.TryPeek(out var packet))
        {
            if (packet.Sequence == _next && Math.Abs(packet.Position - _decoded) < _rate * UnevenMs / 1000)
                _decoded = packet.Position;
            if (packet.Position > _decoded)
                Bridge(packet, needed, source);
            else if (packet.Facts.Kind == StoredKind.Comfort)
                Quieten(packet);
            else if (packet.End <= _decoded || IsTooLate())
                Discard(packet, ref reception);
            else
                Decode(packet, ref reception);
        }
    }

    /// <summary>Decodes what follows without a gap until <paramref name="wanted"/> samples are pending.</summary>
    private void GatherAhead(int wanted, ref ReceptionMeter reception)
    {
        while (
            _line.Pending < wanted
            && _store.TryPeek(out var packet)
            && packet.Position == _decoded
            && packet.Facts.Kind == StoredKind.Audio
        )
            Decode(packet, ref reception);
    }

    /// <summary>A fixed delay stays: what was made up stands for what did not come in time.</summary>
    private void PassMadeUp()
    {
        if (_made == 0 || _pause)
            return;
        _decoded += _made;
        ConcealedSamples += _made;
        _made = 0;
    }

    /// <summary>Beyond the greatest delay, and there is a newer packet to go on with.</summary>
    private bool IsTooLate() => _store.Count > 1 && Transit > Math.Max(_delay.Limit, _target) + _frame;

    private void Discard(in StoredPacket packet, ref ReceptionMeter reception)
    {
        if (packet.End > _decoded)
        {
            // What was made up stands for it; the rest is cut out.
            ConcealedSamples += Math.Min(_made, packet.End - _decoded);
            _made = (int)Math.Max(0, _made - (packet.End - _decoded));
            _decoded = packet.End;
        }

        _next = packet.Sequence + 1;
        Discarded++;
        reception.OnDiscarded(packet.Sequence);
        _store.Remove(packet);
    }

    /// <summary>Silence begins, and the peer tells how loud it is.</summary>
    private void Quieten(in StoredPacket packet)
    {
        _noise.Set(packet.Facts.Tag);
        _pause = true;
        _made = 0;
        _next = packet.Sequence + 1;
        _store.Remove(packet);
    }

    /// <summary>The next packet lies ahead of what was decoded: by loss, or because the sender paused.</summary>
    private void Bridge(in StoredPacket packet, int needed, in RtpSource source)
    {
        var gap = packet.Position - _decoded;
        if (
            _pause
            || gap > (packet.Sequence - _next) * Math.Max(PacketSamples, packet.Samples)
            || source.HasReceivedAll(_next, packet.Sequence)
        )
        {
            Resume(packet, needed);
            return;
        }

        // Lost. What was made up stands for it, and so does delay that is not wanted any more.
        var covered = (int)Math.Min(gap, _made);
        _made -= covered;
        _decoded += covered;
        ConcealedSamples += covered;
        gap -= covered;
        var spare = (int)Math.Clamp(Transit - _target, 0, gap);
        _follower.Shrunk += spare;
        _decoded += spare;
        gap -= spare;
        if (gap == 0)
            return;
        if (gap == PacketSamples && Recover(packet, (int)gap))
            return;
        MakeUp((int)Math.Min(gap, needed - _line.Pending));
        // Whole steps of the decoder's own concealment may exceed the gap; the rest stands for what comes next.
        var count = (int)Math.Min(gap, _made);
        _made -= count;
        _decoded += count;
        ConcealedSamples += count;
    }

    /// <summary>Speech after a pause may begin at any time: at the best delay.</summary>
    private void Resume(in StoredPacket packet, int needed)
    {
        var step = Step(out var slack);
        // Played at once, or rather where the frame allows it.
        var offset = (step - _line.Pending % step) % step;
        var soonest = _now + _line.Pending + offset - packet.Position;
        Aim(_delay.Choose(soonest, step, slack, null), slack);
        var wait = offset + (int)Math.Clamp(_target - soonest, 0, _rate);
        if (wait > 0)
        {
            _pause = true;
            MakeUp(Math.Min(wait, needed - _line.Pending));
            if (_line.Pending >= needed)
                return;
        }

        _decoded = packet.Position;
        _next = packet.Sequence;
        _made = 0;
        _pause = false;
    }

    private bool Recover(in StoredPacket next, int samples)
    {
        if (!_decoders.Recover(next, _line.Reserve(samples)))
            return false;
        RecoveredSamples += samples;
        Add(samples);
        return true;
    }

    private void Decode(in StoredPacket packet, ref ReceptionMeter reception)
    {
        var facts = packet.Facts;
        Span<short> blend = stackalloc short[Concealment.MaxBlend(_rate)];
        var blended = _concealment.Made > 0 ? _concealment.Continue(_line, blend, ref _noise) : 0;
        var room = _line.Reserve(facts.Samples);
        var count = _decoders.Decode(packet, room);
        if (count == 0)
        {
            Discard(packet, ref reception);
            return;
        }

        // Late by a part of itself.
        if (_decoded > facts.Position)
        {
            var skip = (int)Math.Min(_decoded - facts.Position, count);
            count -= skip;
            room.Slice(skip, count).CopyTo(room);
        }

        Concealment.Blend(blend[..blended], room[..count]);
        // What was made up while it was late has become delay.
        ConcealedSamples += _pause ? 0 : _made;
        _recent.Add(_decoded, facts.ArrivalNs, facts.LatenessMicros);
        Add(count);
        _made = 0;
        _pause = false;
        _next = packet.Sequence + 1;
        _store.Remove(packet);
    }

    private void Add(int count)
    {
        _line.Append(count);
        _decoded += count;
        _realEnd = _line.Played + _line.Pending;
        _concealment.End();
    }

    private void MakeUp(int count)
    {
        if (!Playing)
        {
            _concealment.Append(_line, count, ref _noise);
            return;
        }

        _pause |= InEvent;
        _madeByDecoder = !_pause && _concealment.Made == 0 && ConcealByDecoder(ref count);
        if (!_madeByDecoder)
            _concealment.Append(_line, count, ref _noise);
        _made += count;
    }

    /// <summary>The codec's own concealment goes by 2.5 ms (Opus).</summary>
    private bool ConcealByDecoder(ref int count)
    {
        var step = _rate / 400;
        var rounded = (count + step - 1) / step * step;
        if (!_decoders.Conceal(_line.Reserve(rounded)))
            return false;
        _line.Append(rounded);
        count = rounded;
        return true;
    }

    /// <summary>Takes the delay where it is wanted, as far as the next frame allows.</summary>
    private void Follow(ref ReceptionMeter reception)
    {
        if (_delay.Revised)
        {
            var step = Step(out var slack);
            Aim(_delay.Choose(Transit - _line.Pending % step, step, slack, _target), slack);
        }

        var excess = (int)(Transit - _target);
        if (IsStarving())
            excess = Math.Min(excess, -_frame / 2);
        if (Math.Abs(excess) < TimeStretch.MinPeriod(_rate))
            return;
        if (excess > 0)
            GatherAhead(_follower.Wanted(excess), ref reception);
        _realEnd += _follower.Follow(_line, excess, _noise);
    }

    /// <summary>
    /// More than one packet is overdue, as when the network stalls, and what is left will soon have been played: it had
    /// better be played slowly.
    /// </summary>
    private bool IsStarving() =>
        !_delay.IsFixed
        && _now - Newest - _delay.Usual > PacketSamples / 2
        && Newest - _decoded + _line.Pending <= StarvingFrames * _frame
        && !InEvent;

    private void Aim(long target, int slack)
    {
        _target = target;
        _hasTarget = true;
        _delay.Covered = target - slack;
    }

    private int Step(out int slack) => FrameAlignment.Step(_frame, PacketSamples, out slack);
}
