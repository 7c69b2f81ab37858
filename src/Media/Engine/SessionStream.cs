using System.Collections.Concurrent;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The clock thread's half of a <see cref="MediaSession"/>: everything that happens in a tick. Only that thread touches
/// its fields, apart from the digits' queue and the volatile ones; counters are read from elsewhere as they are.
/// </summary>
/// <remarks>
/// This file: what it is made of, the tick, agreements, figures. SessionStream.Inbound.cs: from the sockets to the sink.
/// SessionStream.Outbound.cs: from playout, echo or digits to the socket. SessionStream.Reports.cs: RTCP and captures.
/// </remarks>
internal sealed partial class SessionStream
{
    private const long LateNs = 5_000_000;

    // Datagrams taken from a socket in one tick; more wait for the next one.
    private const int MostPerTick = 32;

    // A tick takes as many packets as the one before, without asking whether there are more; every so often it asks.
    private const int ProbeTicks = 8;

    // RFC 3551 §6, table 4; under a clock of 8 kHz.
    private const int ComfortNoisePayload = 13;

    private const long FormerNs = 2_000_000_000;

    // From one SSRC of ours to the next, which are random because the first is. Odd, so that none comes twice within 2^32:
    // under one key it would repeat what must never be (RFC 3711 §9.1).
    private const uint SsrcStep = 0x9E3779B1;

    // RTCP comes every few seconds: look for it twice a second.
    private const int RtcpSweepTicks = 25;

    private readonly MediaEngine _engine;
    private readonly MediaPath _path;
    private readonly IMediaSink _sink;
    private readonly Playout _playout;
    private AudioReceiver _receiver;
    private readonly AudioSender _sender;
    private readonly RtcpExchange _rtcp;
    private readonly long _timeoutNs;
    private readonly uint _phase;
    private ConcurrentQueue<(int Code, int DurationMs)>? _digits;
    private DtmfReceiver _dtmfIn;
    private DtmfSender _dtmfOut;
    private ToneListener? _tones;
    private Agreement? _active;

    // What the peer may still send until it has heard of the present agreement, and its packets on the way have come.
    private NegotiatedMedia? _former;
    private long _formerUntilNs;

    // Null for plain RTP. Kept when an agreement goes back to it: a key that returns must find its counters.
    private MediaProtection? _protection;
    private MediaProtection? _kept;
    private bool _consentLost;

    // Under which keys, and towards whom, the stream is sent; −1: in the clear.
    private int _keyChanges;
    private PeerAddress _party;

    // Null where RTCP shares RTP's port, or needs nothing but an address. Kept like the protection.
    private SeparateRtcp? _separateRtcp;
    private SeparateRtcp? _keptRtcp;
    private int _frameSamples = 160;
    private int _expected = 1;
    private bool _probe = true;
    private long _mediaTime;
    private long _lastTick;
    private long _quietSinceNs;
    private bool _heard;
    private bool _timedOut;
    private bool _leftReported;

    // What is sent instead of the playout: one of the two, or neither.
    private volatile SharedAudio? _repeated;
    private volatile bool _echo;
    private int _repeatedFrame;

    private volatile IAudioTap? _audioTap;
    private volatile IPacketTap? _packetTap;

    // How much of the playout has left in packets.
    private long _playoutSent;

    private long _packetsReceived;
    private long _bytesReceived;
    private long _rejected;
    private long _ticksLate;

    public SessionStream(MediaEngine engine, MediaSockets sockets, IMediaSink sink, Playout playout)
    {
        var options = engine.Options;
        _engine = engine;
        _path = new MediaPath(sockets, options.LatchPackets, sink.WatchesStrangers);
        _sink = sink;
        _playout = playout;
        _receiver = new AudioReceiver(options.JitterMinDelayMs, options.JitterMaxDelayMs);
        var ssrc = engine.NextRandom();
        _sender = new AudioSender(ssrc, FirstSequence(), engine.NextRandom());
        _rtcp = new RtcpExchange(
            ssrc,
            options.RtcpIntervalSeconds,
            new Random((int)engine.NextRandom()),
            options.RtcpExtendedReports
        );
        _phase = ssrc % (RtcpSweepTicks * ProbeTicks);
        _timeoutNs = options.MediaTimeoutSeconds * 1_000_000_000L;
    }

    /// <summary>
    /// Below 2^15, so that the peer's SRTP counts roll-overs right when the first packets are lost (RFC 3711 §3.3.1).
    /// </summary>
    private ushort FirstSequence() => (ushort)(_engine.NextRandom() & 0x7FFF);

    public IAudioTap? AudioTap
    {
        get => _audioTap;
        set => _audioTap = value;
    }

    public IPacketTap? PacketTap
    {
        get => _packetTap;
        set => _packetTap = value;
    }

    /// <summary>What is heard is sent back.</summary>
    public bool Echo
    {
        get => _echo;
        set => _echo = value;
    }

    /// <summary>Sent over and over; null: the playout is.</summary>
    public SharedAudio? Repeated
    {
        get => _repeated;
        set => _repeated = value;
    }

    /// <summary>Settles the rate of the session's audio, before the first tick.</summary>
    public void UseRate(int sampleRateHz)
    {
        _frameSamples = sampleRateHz / 50;
        if (sampleRateHz == _receiver.SampleRateHz)
            return;
        var options = _engine.Options;
        _receiver = new AudioReceiver(options.JitterMinDelayMs, options.JitterMaxDelayMs, sampleRateHz);
    }

    public bool TryQueueDigit(int code, int durationMs)
    {
        var digits = LazyInitializer.EnsureInitialized(ref _digits, static () => new());
        if (digits.Count >= MediaSession.MaxDigits)
            return false;
        digits.Enqueue((code, durationMs));
        return true;
    }

    public MediaStats Snapshot() =>
        new()
        {
            PacketsReceived = _packetsReceived,
            BytesReceived = _bytesReceived,
            PacketsSent = _sender.PacketsSent,
            BytesSent = _path.BytesSent,
            PacketsLost = _receiver.Lost,
            PacketsLate = _receiver.Late,
            PacketsDuplicate = _receiver.Duplicates,
            PacketsRejected = _rejected,
            JitterMs = _receiver.JitterMs,
            ConcealedMs = _receiver.ConcealedMs,
            DelayMs = _receiver.DelayMs,
            RoundTripMs = _rtcp.RoundTripMs,
            RemoteLossFraction = _rtcp.RemoteLossFraction,
            RemoteJitterMs = _rtcp.RemoteJitter * 1000.0 / _sender.ClockRateHz,
            TicksLate = _ticksLate,
        };

    /// <summary>How both directions sound; may be asked for by any thread, which may see a packet more or less.</summary>
    public SessionQuality Quality()
    {
        var media = _active?.Media;
        var roundTripMs = _rtcp.RoundTripMs;
        DirectionQuality? outbound =
            media is not null && _rtcp.Peer is { } peer
                ? QualityRating.Outbound(media.Codec, peer, _rtcp.PeerMetrics, media.SendPtimeMs, roundTripMs)
                : null;
        return new SessionQuality(_receiver.HasSource ? Inbound(roundTripMs) : null, outbound, roundTripMs);
    }

    private DirectionQuality Inbound(double? roundTripMs)
    {
        var codec = _receiver.Codec ?? _active!.Media.Codec;
        return QualityRating.Inbound(
            codec,
            _receiver.Reception.Metrics,
            _receiver.Reception.PacketTicks * 1000.0 / codec.ClockRateHz(),
            _receiver.JitterMs,
            _receiver.DelayMs,
            roundTripMs,
            _receiver.ConcealedMs
        );
    }

    public void Tick(in ClockTick tick, Agreement agreement)
    {
        if (!ReferenceEquals(agreement, _active))
            Adopt(agreement, tick);
        var elapsed = (int)Math.Max(1, tick.Number - _lastTick);
        _lastTick = tick.Number;
        if (tick.NowNs - tick.DeadlineNs > LateNs)
            _ticksLate++;

        var media = agreement.Media;
        Receive(tick, media);
        WatchConsent(tick);
        if (_protection is { } protection)
        {
            Attend(tick, protection);
            if (_keyChanges != protection.KeyChanges)
            {
                _keyChanges = protection.KeyChanges;
                Restart();
            }
        }
        _separateRtcp?.Attend(tick);
        var info = Deliver(tick, media, elapsed);
        var sent = Send(tick, media, elapsed, info.Kind);
        _audioTap?.OnFrames(tick.Buffers.Received.AsSpan(0, _frameSamples), sent, info);
        if (IsRtcpTick(tick) && _rtcp.IsDue(tick.NowNs))
            SendReport(tick, bye: false);
    }

    /// <summary>The stream's end: say BYE, unless the call goes on elsewhere; the caller closes the sockets.</summary>
    public void End(in ClockTick tick, bool sayBye)
    {
        try
        {
            if (sayBye && _active is not null && _engine.Options.RtcpIntervalSeconds > 0)
                SendReport(tick, bye: true);
        }
        finally
        {
            Abandon();
        }
    }

    /// <summary>The end without a word, when something is broken: what is held beyond managed memory goes.</summary>
    public void Abandon()
    {
        _sender.Close();
        _receiver.Dispose();
        _kept?.Dispose();
        _keptRtcp?.Dispose();
    }

    private void Adopt(Agreement agreement, in ClockTick tick)
    {
        if (_active is null)
        {
            _lastTick = tick.Number - 1;
            _quietSinceNs = tick.NowNs;
            if (_sink.ListensForTones)
                _tones = new ToneListener(_frameSamples * 50);
        }
        else if (!_active.Media.Direction.CanReceive())
        {
            // The time on hold is no silence of the peer's.
            _quietSinceNs = tick.NowNs;
        }

        if (agreement.TakeDecoder() is { } decoder)
        {
            if (_active is not null && agreement.Media.Codec.ClockRateHz() != _sender.ClockRateHz)
                Restart();
            _sender.Use(agreement.Media.Codec, agreement.TakeEncoder());
            _receiver.Prepare(agreement.Media.Codec, decoder);
        }

        _former = _active?.Media;
        _formerUntilNs = tick.NowNs + FormerNs;
        _active = agreement;
        _rtcp.PeerTakesExtended = agreement.Media.ExtendedReports;
        _path.Signal(tick, agreement.RemoteRtp, agreement.Media.Ice);
        _protection = null;
        if (agreement.Media.Security is { } security)
        {
            _protection = _kept ??= new MediaProtection(() => _engine.Dtls);
            _protection.Use(security);
        }

        var isSomebodyElse = agreement.RemoteRtp != _party && !_party.IsNone && !agreement.RemoteRtp.IsNone;
        if (_protection is null || (isSomebodyElse && agreement.Media.Ice is null))
            _keyChanges = -1;
        if (!agreement.RemoteRtp.IsNone)
            _party = agreement.RemoteRtp;

        _separateRtcp = null;
        if (
            !agreement.Media.RtcpMux
            && (agreement.Media.Ice is not null || agreement.Media.Security is { Agreement: KeyAgreement.Dtls })
        )
        {
            _separateRtcp = _keptRtcp ??= new SeparateRtcp(_path.Sockets, _path, () => _engine.Dtls);
            _separateRtcp.Use(tick, agreement.Media);
        }
    }

    // ---- ahead of the tick, see CacheLines ----

    internal const int CacheLines = 10;

    internal void AskForParts()
    {
        Engine.CacheLines.Ask(_path, 4);
        Engine.CacheLines.Ask(_receiver, 4);
        Engine.CacheLines.Ask(_sender, 1);
        Engine.CacheLines.Ask(_playout, 3);
        Engine.CacheLines.Ask(_rtcp, 1);
        Engine.CacheLines.Ask(_sink, 1);
        if (_active is { } active)
            Engine.CacheLines.Ask(active.Media, 3);
    }

    internal void AskForAudio()
    {
        _receiver.AskForParts();
        _sender.AskForPacket();
        Engine.CacheLines.Ask(_path.Sockets, 1);
    }
}
