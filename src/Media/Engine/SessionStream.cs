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
internal sealed class SessionStream
{
    private const long LateNs = 5_000_000;

    // Datagrams taken from a socket in one tick; more wait for the next one.
    private const int MostPerTick = 32;

    // A tick takes as many packets as the one before, without asking whether there are more; every so often it asks.
    private const int ProbeTicks = 8;

    // RFC 3551 §6, table 4; under a clock of 8 kHz.
    private const int ComfortNoisePayload = 13;

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
    private Agreement? _active;

    // Null for plain RTP. Kept when an agreement goes back to it: a key that returns must find its counters.
    private MediaProtection? _protection;
    private MediaProtection? _kept;
    private bool _consentLost;
    private PeerAddress _dtlsSource;
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
        _path = new MediaPath(sockets, options.LatchPackets);
        _sink = sink;
        _playout = playout;
        _receiver = new AudioReceiver(options.JitterMinDelayMs, options.JitterMaxDelayMs);
        var ssrc = engine.NextRandom();
        _sender = new AudioSender(ssrc, (ushort)engine.NextRandom(), engine.NextRandom());
        _rtcp = new RtcpExchange(
            ssrc,
            options.RtcpIntervalSeconds,
            new Random((int)engine.NextRandom()),
            options.RtcpExtendedReports
        );
        _phase = ssrc % (RtcpSweepTicks * ProbeTicks);
        _timeoutNs = options.MediaTimeoutSeconds * 1_000_000_000L;
    }

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
        var codec = _active!.Media.Codec;
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
        if (_protection is { } protection)
            Attend(tick, protection);
        var info = Deliver(tick, media, elapsed);
        var sent = Send(tick, media, elapsed, info.Kind);
        _audioTap?.OnFrames(tick.Buffers.Received.AsSpan(0, _frameSamples), sent, info);
        if (IsRtcpTick(tick) && _rtcp.IsDue(tick.NowNs))
            SendReport(tick, bye: false);
    }

    /// <summary>The stream's end: say BYE; the caller closes the sockets.</summary>
    public void End(in ClockTick tick)
    {
        if (_active is not null && _engine.Options.RtcpIntervalSeconds > 0)
            SendReport(tick, bye: true);
        _sender.Close();
        _receiver.Dispose();
        _kept?.Dispose();
    }

    private void Adopt(Agreement agreement, in ClockTick tick)
    {
        if (_active is null)
        {
            _lastTick = tick.Number - 1;
            _quietSinceNs = tick.NowNs;
        }
        else if (!_active.Media.Direction.CanReceive())
        {
            // The time on hold is no silence of the peer's.
            _quietSinceNs = tick.NowNs;
        }

        if (agreement.TakeDecoder() is { } decoder)
        {
            _sender.Use(agreement.Media.Codec, agreement.TakeEncoder());
            _receiver.Use(decoder, agreement.Media.Codec.ClockRateHz());
        }

        _active = agreement;
        _path.Signal(tick, agreement.RemoteRtp, agreement.Media.Ice);
        _protection = null;
        if (agreement.Media.Security is { } security)
        {
            _protection = _kept ??= new MediaProtection(() => _engine.Dtls);
            _protection.Use(security);
        }
    }

    // ---- in ----

    private void Receive(in ClockTick tick, NegotiatedMedia media)
    {
        _path.Settle(tick);
        var probe = _probe || (tick.Number + _phase) % ProbeTicks == 0;
        var most = probe ? MostPerTick : _expected;
        var count = 0;
        while (count < most && _path.TryReceive(tick, out var source))
        {
            count++;
            OnDatagram(tick, media, source);
        }

        // Steady as long as every tick finds as many as the one before.
        _probe = count < _expected || (probe && count != _expected);
        if (probe)
            _expected = Math.Max(1, count);

        if (media.RtcpMux || !IsRtcpTick(tick))
            return;
        while (count++ < MostPerTick && _path.TryReceiveRtcp(tick))
            OnRtcp(tick, tick.Io.Source);
    }

    private void OnDatagram(in ClockTick tick, NegotiatedMedia media, in PeerAddress source)
    {
        var datagram = tick.Io.Packet;
        if (datagram.IsEmpty || datagram[0] < 128)
        {
            OnOtherProtocol(tick, datagram, source);
            return;
        }

        if (media.RtcpMux && RtpHeader.IsRtcp(datagram))
        {
            OnRtcp(tick, source);
            return;
        }

        if (_protection is { } protection)
        {
            if (!protection.TryUnprotect(datagram, isRtcp: false, out var length))
            {
                _rejected++;
                return;
            }

            datagram = datagram[..length];
        }

        if (!RtpHeader.TryParse(datagram, out var packet))
        {
            _rejected++;
            return;
        }

        var arrivalNs = tick.Io.ArrivalNs;
        if (packet.PayloadType != media.ReceivePayloadType && packet.PayloadType != media.ReceiveTelephoneEventType)
        {
            OnForeignPayload(packet, source, arrivalNs);
            return;
        }

        if (!_path.Accept(source, packet.Ssrc, packet.SequenceNumber, arrivalNs))
        {
            _rejected++;
            return;
        }

        if (_packetTap is not null)
            Tap(tick, datagram, outgoing: false, arrivalNs);
        _packetsReceived++;
        _bytesReceived += datagram.Length;
        _quietSinceNs = arrivalNs;
        _timedOut = false;
        if (!_heard)
        {
            _heard = true;
            _sink.OnFirstPacket(source.ToEndPoint());
        }

        _sink.OnPacket(
            new RtpArrival(
                packet.Ssrc,
                packet.SequenceNumber,
                packet.Timestamp,
                (byte)packet.PayloadType,
                MonotonicClock.ToStopwatchTicks(arrivalNs)
            )
        );

        if (_rtcp.IsCollision(packet.Ssrc))
            ChangeSsrc(tick, media);
        if (!_receiver.Admit(packet, out var sequence) || !media.Direction.CanReceive())
            return;
        if (packet.PayloadType == media.ReceivePayloadType)
            _receiver.OnAudio(packet, sequence, arrivalNs);
        else if (TelephoneEvent.TryParse(packet.Payload, out var telephoneEvent))
            OnEvent(telephoneEvent, packet, media.TelephoneEventRateHz, arrivalNs);
    }

    /// <summary>What shares the port with RTP is told by its first byte (RFC 7983 §7): 0–3 STUN, 20–63 DTLS.</summary>
    private void OnOtherProtocol(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source)
    {
        var first = datagram.IsEmpty ? 255 : datagram[0];
        if (first is >= 20 and <= 63 && _protection is { } protection && _path.MayBePeer(source, tick.NowNs))
        {
            _dtlsSource = source;
            protection.OnDtls(datagram);
        }
        else if (first > 3 || !_path.OnStun(tick, datagram, source, tick.Io.ArrivalNs))
        {
            _rejected++;
        }
    }

    /// <summary>The handshake's turn: what it wants to send, and how it ended.</summary>
    private void Attend(in ClockTick tick, MediaProtection protection)
    {
        if (protection.TryTakeFailure(out var failure))
            _sink.OnNotSecured(failure);
        if (_path.IsConsentLost(tick.NowNs) && !_consentLost)
        {
            _consentLost = true;
            _sink.OnMediaTimeout();
        }

        var destination = _path.Destination;
        // A client behind a NAT is known by its ClientHello before any of its media.
        if (!_path.IsLatched && !_dtlsSource.IsNone)
            destination = _dtlsSource;
        if (destination.IsNone)
            return;
        while (protection.TryTakeDtls(out var datagram))
            _path.SendOther(tick, datagram, destination);
    }

    /// <summary>
    /// A payload type that was not agreed: not heard, but its sequence number is no loss and the peer is alive. It never
    /// latches. Comfort noise is taken for what it is, since many phones send it unasked.
    /// </summary>
    private void OnForeignPayload(in RtpHeader packet, in PeerAddress source, long arrivalNs)
    {
        _rejected++;
        if (!_path.IsLatched || source != _path.Destination)
            return;
        if (_receiver.Admit(packet, out var sequence) && packet.PayloadType == ComfortNoisePayload)
            _receiver.OnComfortNoise(packet, sequence, arrivalNs);
        _quietSinceNs = arrivalNs;
        _timedOut = false;
    }

    private void OnEvent(in TelephoneEvent telephoneEvent, in RtpHeader packet, int rateHz, long arrivalNs)
    {
        if (
            _dtmfIn.OnPacket(
                telephoneEvent,
                packet.Timestamp,
                packet.Marker,
                rateHz,
                arrivalNs,
                out var digit,
                out var durationMs
            )
        )
            _sink.OnDtmf(digit, durationMs);
    }

    /// <summary>The frame of this tick, in <see cref="ClockBuffers.Received"/>, to the sink.</summary>
    private MediaFrameInfo Deliver(in ClockTick tick, NegotiatedMedia media, int elapsed)
    {
        if (_dtmfIn.OnTime(tick.NowNs, out var digit, out var durationMs))
            _sink.OnDtmf(digit, durationMs);
        _receiver.InEvent = _dtmfIn.Active;
        _mediaTime += (elapsed - 1) * _frameSamples;
        var frame = tick.Buffers.Received.AsSpan(0, _frameSamples);
        var info = _receiver.Pull(tick.DeadlineNs, frame);
        info = info with
        {
            MediaTime = _mediaTime,
            ArrivalTicks = info.ArrivalTicks == 0 ? 0 : MonotonicClock.ToStopwatchTicks(info.ArrivalTicks),
        };
        _sink.OnAudio(frame, info);
        _mediaTime += _frameSamples;

        if (_timeoutNs == 0 || _timedOut || !media.Direction.CanReceive())
            return info;
        if (tick.NowNs - _quietSinceNs >= _timeoutNs)
        {
            _timedOut = true;
            _sink.OnMediaTimeout();
        }

        return info;
    }

    // ---- out ----

    /// <summary>Sends what is due; returns the audio of this tick as it is sent, silence included.</summary>
    private ReadOnlySpan<short> Send(in ClockTick tick, NegotiatedMedia media, int elapsed, FrameKind heard)
    {
        if (elapsed > 1)
            _sender.Pass(elapsed - 1);
        var frame = tick.Buffers.Sent.AsSpan(0, _frameSamples);
        if (
            !media.Direction.CanSend()
            || _path.Destination.IsNone
            || _protection is { IsReady: false }
            || _path.IsConsentLost(tick.NowNs)
        )
        {
            // Nothing is taken from the playout on hold, or before there are keys; a Clear takes effect all the same.
            _sender.Pass();
            return NotPlayed(frame);
        }

        if (SendEvent(tick, media))
            return NotPlayed(frame);

        if (_repeated is { } repeated)
        {
            var index = _repeatedFrame;
            _repeatedFrame = index + 1 < repeated.Frames ? index + 1 : 0;
            var pcm = repeated.Pcm(_frameSamples * 50, index);
            if (_sender.IsDirect)
                GatherEncoded(repeated.Encoded(media.Codec, index));
            else
                _sender.Gather(pcm);
            TransmitPackets(tick, media);
            _playout.Report(_sink, 0, _playoutSent);
            return pcm;
        }

        if (_echo)
        {
            frame = tick.Buffers.Received.AsSpan(0, _frameSamples);
            Gather(tick, media, frame, heard == FrameKind.Silence ? 0 : _frameSamples);
            TransmitPackets(tick, media);
            _playout.Report(_sink, 0, _playoutSent);
            return frame;
        }

        var played = _playout.Read(frame);
        Gather(tick, media, frame, played);
        if (TransmitPackets(tick, media))
        {
            // What waits for the rest of its packet is the tail of this frame, after whose audio there may be silence.
            var waiting = Math.Max(0, _sender.Gathered - (_frameSamples - played));
            _playoutSent = _playout.Position - Math.Min(waiting, played);
        }

        _playout.Report(_sink, played, _playoutSent);
        return frame;
    }

    private ReadOnlySpan<short> NotPlayed(Span<short> frame)
    {
        _playoutSent = _playout.Position;
        _playout.Report(_sink, 0, _playoutSent);
        if (_audioTap is not null)
            frame.Clear();
        return frame;
    }

    private void GatherEncoded(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(_sender.Frame);
        _sender.Commit();
    }

    /// <summary>Gives the frame to the sender; where nothing is played there is background noise.</summary>
    private void Gather(in ClockTick tick, NegotiatedMedia media, Span<short> frame, int played)
    {
        if (!_sender.IsDirect)
        {
            _engine.Noise.Pcm(_frameSamples, tick.Number)[played..].CopyTo(frame[played..]);
            _sender.Gather(frame);
            return;
        }

        var encoded = _sender.Frame;
        G711.Encode(media.Codec, frame[..played], encoded);
        if (played < encoded.Length)
            _engine.Noise.Encoded(media.Codec, tick.Number)[played..].CopyTo(encoded[played..]);
        _sender.Commit();
    }

    private bool TransmitPackets(in ClockTick tick, NegotiatedMedia media)
    {
        var any = false;
        while (_sender.TryPacket(media.SendPayloadType, media.SendPtimeMs, out var packet))
        {
            Transmit(tick, packet);
            _sender.Sent(packet.Length);
            any = true;
        }

        return any;
    }

    private bool SendEvent(in ClockTick tick, NegotiatedMedia media)
    {
        if (!_dtmfOut.Busy)
        {
            if (_digits is null || !_digits.TryDequeue(out var digit))
                return false;
            _dtmfOut.Begin(digit.Code, digit.DurationMs, media.TelephoneEventRateHz);
        }

        if (
            _dtmfOut.Next(_sender.Timestamp, out var telephoneEvent, out var timestamp, out var marker)
            && media.SendTelephoneEventType is { } payloadType
        )
        {
            Transmit(tick, _sender.EventPacket(payloadType, telephoneEvent, timestamp, marker));
            _sender.EventSent();
        }

        _sender.Pass();
        return true;
    }

    private void Transmit(in ClockTick tick, ReadOnlySpan<byte> packet)
    {
        if (_packetTap is not null)
            Tap(tick, packet, outgoing: true, tick.NowNs);
        if (_protection is null)
            _path.Send(tick, packet);
        else
            _path.Send(tick, Protect(tick, packet, isRtcp: false));
    }

    /// <summary>Protected, in the clock's buffer; empty: not to be sent.</summary>
    private ReadOnlySpan<byte> Protect(scoped in ClockTick tick, scoped ReadOnlySpan<byte> packet, bool isRtcp)
    {
        // A copy, because behind the packet there may be audio that waits for the next one.
        var buffer = tick.Buffers.Datagram;
        packet.CopyTo(buffer);
        return buffer.AsSpan(0, _protection!.Protect(buffer, packet.Length, isRtcp));
    }

    // ---- RTCP ----

    private void OnRtcp(in ClockTick tick, in PeerAddress source)
    {
        // Reports are believed from the host the media comes from; the port may differ behind a NAT.
        if (source.Address != _path.Destination.Address)
        {
            _rejected++;
            return;
        }

        var arrivalNs = tick.Io.ArrivalNs;
        var datagram = tick.Io.Packet;
        if (_protection is { } protection)
        {
            if (!protection.TryUnprotect(datagram, isRtcp: true, out var length))
            {
                _rejected++;
                return;
            }

            datagram = datagram[..length];
        }

        if (_packetTap is not null)
            Tap(tick, datagram, outgoing: false, arrivalNs);
        _rtcp.Read(
            datagram,
            arrivalNs,
            arrivalNs + tick.WallMinusMonotonicNs,
            _sender.PacketsSent,
            _receiver.HasSource ? _receiver.Source.Ssrc : null
        );
        if (_rtcp.PeerLeft && !_leftReported)
        {
            _leftReported = true;
            _sink.OnBye();
        }
    }

    private void SendReport(in ClockTick tick, bool bye)
    {
        if (_path.Destination.IsNone)
            return;
        var media = _active!.Media;
        VoipMetrics? metrics = null;
        if (_rtcp.WritesExtended && _receiver.HasSource)
        {
            metrics = QualityRating.Metrics(
                _receiver.Source.Ssrc,
                Inbound(_rtcp.RoundTripMs),
                _rtcp.RoundTripMs,
                _receiver.DelayMs,
                _engine.Options.JitterMaxDelayMs
            );
        }

        Span<byte> buffer = stackalloc byte[RtcpWriter.MaxBytes];
        var writer = new RtcpWriter(buffer);
        _rtcp.Write(
            ref writer,
            ref _receiver.Source,
            _receiver.HasSource,
            tick.NowNs + tick.WallMinusMonotonicNs,
            tick.NowNs,
            _sender.Timestamp,
            _sender.PacketsSent,
            _sender.PayloadBytesSent,
            bye,
            metrics
        );
        SendRtcp(tick, media, writer.Written);
    }

    /// <summary>The peer uses our SSRC (RFC 3550 §8.2).</summary>
    private void ChangeSsrc(in ClockTick tick, NegotiatedMedia media)
    {
        var ssrc = _engine.NextRandom();
        Span<byte> buffer = stackalloc byte[RtcpWriter.MaxBytes];
        var writer = new RtcpWriter(buffer);
        _rtcp.ChangeSsrc(ref writer, ssrc);
        _sender.Ssrc = ssrc;
        SendRtcp(tick, media, writer.Written);
    }

    private void SendRtcp(in ClockTick tick, NegotiatedMedia media, ReadOnlySpan<byte> report)
    {
        if (_packetTap is not null)
            Tap(tick, report, outgoing: true, tick.NowNs);
        if (_protection is not null)
            report = Protect(tick, report, isRtcp: true);
        _path.SendRtcp(tick, report, media.RtcpMux, media.RemoteRtcpPort);
    }

    private void Tap(in ClockTick tick, ReadOnlySpan<byte> datagram, bool outgoing, long atNs) =>
        _packetTap?.OnPacket(
            new TappedPacket
            {
                Datagram = datagram,
                Outgoing = outgoing,
                WallNs = atNs + tick.WallMinusMonotonicNs,
                Local = _path.Sockets.Local,
                Remote = _path.Destination.ToEndPoint(),
            }
        );

    private bool IsRtcpTick(in ClockTick tick) => (tick.Number + _phase) % RtcpSweepTicks == 0;
}
