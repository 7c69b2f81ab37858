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
/// <para>
/// This file: the frame of a tick, and the delay. AudioPlayer.Packets.cs: from packets to the line, and what is missing.
/// </para>
/// </remarks>
internal sealed partial class AudioPlayer
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
