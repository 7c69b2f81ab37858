using System.Collections.Concurrent;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The clock thread's half of a <see cref="MediaSession"/>: everything that happens in a tick. Only that thread touches
/// its fields, apart from the digits' queue; counters are read from elsewhere as they are.
/// </summary>
internal sealed class SessionStream
{
    private const int FrameSamples = 160;
    private const long LateNs = 5_000_000;

    // RTCP comes every few seconds: look for it twice a second.
    private const int RtcpSweepTicks = 25;

    private readonly MediaEngine _engine;
    private readonly MediaSockets _sockets;
    private readonly IMediaSink _sink;
    private readonly Playout _playout;
    private readonly AudioReceiver _receiver;
    private readonly AudioSender _sender;
    private readonly RtcpExchange _rtcp;
    private readonly ConcurrentQueue<(int Code, int DurationMs)> _digits = new();
    private readonly long _timeoutNs;
    private readonly uint _rtcpPhase;
    private SourceLatch _latch;
    private DtmfReceiver _dtmfIn;
    private DtmfSender _dtmfOut;
    private Agreement? _active;
    private long _mediaTime;
    private long _lastTick;
    private long _quietSinceNs;
    private bool _heard;
    private bool _timedOut;
    private bool _leftReported;

    // How much of the playout has left in packets.
    private long _playoutSent;

    private long _packetsReceived;
    private long _bytesReceived;
    private long _bytesSent;
    private long _rejected;
    private long _ticksLate;

    public SessionStream(MediaEngine engine, MediaSockets sockets, IMediaSink sink, Playout playout)
    {
        var options = engine.Options;
        _engine = engine;
        _sockets = sockets;
        _sink = sink;
        _playout = playout;
        _receiver = new AudioReceiver(options.JitterMinDelayMs, options.JitterMaxDelayMs);
        var ssrc = engine.NextRandom();
        _sender = new AudioSender(ssrc, (ushort)engine.NextRandom(), engine.NextRandom());
        _rtcp = new RtcpExchange(ssrc, options.RtcpIntervalSeconds, new Random((int)engine.NextRandom()));
        _rtcpPhase = ssrc % RtcpSweepTicks;
        _latch = new SourceLatch(options.LatchPackets);
        _timeoutNs = options.MediaTimeoutSeconds * 1_000_000_000L;
    }

    public bool TryQueueDigit(int code, int durationMs)
    {
        if (_digits.Count >= MediaSession.MaxDigits)
            return false;
        _digits.Enqueue((code, durationMs));
        return true;
    }

    public MediaStats Snapshot() =>
        new()
        {
            PacketsReceived = _packetsReceived,
            BytesReceived = _bytesReceived,
            PacketsSent = _sender.PacketsSent,
            BytesSent = _bytesSent,
            PacketsLost = _receiver.Lost,
            PacketsLate = _receiver.Late,
            PacketsDuplicate = _receiver.Duplicates,
            PacketsRejected = _rejected,
            JitterMs = _receiver.JitterMs,
            ConcealedMs = _receiver.ConcealedMs,
            DelayMs = _receiver.DelayMs,
            RoundTripMs = _rtcp.RoundTripMs,
            RemoteLossFraction = _rtcp.RemoteLossFraction,
            RemoteJitterMs = _rtcp.RemoteJitter / 8.0,
            TicksLate = _ticksLate,
        };

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
        Deliver(tick, media, elapsed);
        Send(tick, media, elapsed);
        if (IsRtcpTick(tick) && _rtcp.IsDue(tick.NowNs))
            SendReport(tick, bye: false);
    }

    /// <summary>The stream's end: say BYE; the caller closes the sockets.</summary>
    public void End(in ClockTick tick)
    {
        if (_active is not null && _engine.Options.RtcpIntervalSeconds > 0)
            SendReport(tick, bye: true);
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

        if (_active?.Media.Codec != agreement.Media.Codec)
        {
            var codec = agreement.Media.Codec;
            _receiver.Use(AudioCodecFactory.CreateDecoder(codec, _receiver.SampleRateHz), codec.ClockRateHz());
        }

        _active = agreement;
        _latch.Signal(agreement.RemoteRtp);
    }

    private void Receive(in ClockTick tick, NegotiatedMedia media)
    {
        var count = tick.Io.Receive(_sockets.Rtp, _sockets.RtpHandle, tick.NowNs, tick.WallMinusMonotonicNs);
        for (var i = 0; i < count; i++)
            OnDatagram(tick, media, tick.Io.Packet(i), tick.Io.Source(i), tick.Io.ArrivalNs(i));

        if (media.RtcpMux || !IsRtcpTick(tick))
            return;
        count = tick.Io.Receive(_sockets.Rtcp, _sockets.RtcpHandle, tick.NowNs, tick.WallMinusMonotonicNs);
        for (var i = 0; i < count; i++)
            OnRtcp(tick, tick.Io.Packet(i), tick.Io.Source(i), tick.Io.ArrivalNs(i));
    }

    private void OnDatagram(
        in ClockTick tick,
        NegotiatedMedia media,
        ReadOnlySpan<byte> datagram,
        in PeerAddress source,
        long arrivalNs
    )
    {
        if (media.RtcpMux && RtpHeader.IsRtcp(datagram))
        {
            OnRtcp(tick, datagram, source, arrivalNs);
            return;
        }

        if (!RtpHeader.TryParse(datagram, out var packet))
        {
            _rejected++;
            return;
        }

        if (packet.PayloadType != media.ReceivePayloadType && packet.PayloadType != media.ReceiveTelephoneEventType)
        {
            OnForeignPayload(packet, source, arrivalNs);
            return;
        }

        if (!_latch.Accept(source, packet.Ssrc, packet.SequenceNumber, arrivalNs))
        {
            _rejected++;
            return;
        }

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

        if (!_receiver.Admit(packet, out var sequence) || !media.Direction.CanReceive())
            return;
        if (packet.PayloadType == media.ReceivePayloadType)
            _receiver.OnAudio(packet, sequence, arrivalNs);
        else if (TelephoneEvent.TryParse(packet.Payload, out var telephoneEvent))
            OnEvent(telephoneEvent, packet.Timestamp, arrivalNs);
    }

    /// <summary>
    /// A payload type that was not agreed (comfort noise, as many phones send it unasked): not heard, but its sequence
    /// number is no loss and the peer is alive. It never latches.
    /// </summary>
    private void OnForeignPayload(in RtpHeader packet, in PeerAddress source, long arrivalNs)
    {
        _rejected++;
        if (!_latch.IsLatched || source != _latch.Destination)
            return;
        _receiver.Admit(packet, out _);
        _quietSinceNs = arrivalNs;
        _timedOut = false;
    }

    private void OnEvent(in TelephoneEvent telephoneEvent, uint timestamp, long arrivalNs)
    {
        _dtmfIn.OnPacket(telephoneEvent, timestamp, ToSamples(arrivalNs), out var completed, out var digit, out var ms);
        if (completed)
            _sink.OnDtmf(digit, ms);
    }

    private void Deliver(in ClockTick tick, NegotiatedMedia media, int elapsed)
    {
        if (_dtmfIn.OnTime(ToSamples(tick.NowNs), out var digit, out var durationMs))
            _sink.OnDtmf(digit, durationMs);
        _receiver.InEvent = _dtmfIn.Active;
        _mediaTime += (elapsed - 1) * FrameSamples;
        var info = _receiver.Pull(tick.DeadlineNs, tick.Frame);
        _sink.OnAudio(
            tick.Frame,
            info with
            {
                MediaTime = _mediaTime,
                ArrivalTicks = info.ArrivalTicks == 0 ? 0 : MonotonicClock.ToStopwatchTicks(info.ArrivalTicks),
            }
        );
        _mediaTime += FrameSamples;

        if (_timeoutNs == 0 || _timedOut || !media.Direction.CanReceive())
            return;
        if (tick.NowNs - _quietSinceNs >= _timeoutNs)
        {
            _timedOut = true;
            _sink.OnMediaTimeout();
        }
    }

    private void Send(in ClockTick tick, NegotiatedMedia media, int elapsed)
    {
        if (elapsed > 1)
            _sender.Pass(elapsed - 1);
        if (!media.Direction.CanSend() || _latch.Destination.IsNone)
        {
            // Nothing is taken from the playout on hold; a Clear takes effect all the same.
            _sender.Pass();
            _playoutSent = _playout.Position;
            _playout.Report(_sink, 0, _playoutSent);
            return;
        }

        if (SendEvent(tick, media))
        {
            _playoutSent = _playout.Position;
            _playout.Report(_sink, 0, _playoutSent);
            return;
        }

        var played = _playout.Read(tick.Frame);
        var encoded = _sender.Frame;
        _engine.Noise.Frame(media.Codec, tick.Number).CopyTo(encoded);
        G711.Encode(media.Codec, tick.Frame.AsSpan(0, played), encoded);
        _sender.Commit();
        while (_sender.TryPacket(media.SendPayloadType, media.SendPtimeMs, out var packet))
        {
            Transmit(tick, packet);
            _sender.Sent(packet.Length);
            // What waits for the rest of its packet is the tail of this frame, after whose audio there may be silence.
            var waiting = Math.Max(0, _sender.Gathered - (FrameSamples - played));
            _playoutSent = _playout.Position - Math.Min(waiting, played);
        }

        _playout.Report(_sink, played, _playoutSent);
    }

    private bool SendEvent(in ClockTick tick, NegotiatedMedia media)
    {
        if (!_dtmfOut.Busy)
        {
            if (_digits.IsEmpty || !_digits.TryDequeue(out var digit))
                return false;
            _dtmfOut.Begin(digit.Code, digit.DurationMs);
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
        tick.Io.Send(_sockets.Rtp, _sockets.RtpHandle, packet, _latch.Destination);
        _bytesSent += packet.Length;
    }

    private void OnRtcp(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source, long arrivalNs)
    {
        // Reports are believed from the host the media comes from; the port may differ behind a NAT.
        if (source.Address != _latch.Destination.Address)
        {
            _rejected++;
            return;
        }

        _rtcp.Read(datagram, arrivalNs, arrivalNs + tick.WallMinusMonotonicNs);
        if (_rtcp.PeerLeft && !_leftReported)
        {
            _leftReported = true;
            _sink.OnBye();
        }
    }

    private void SendReport(in ClockTick tick, bool bye)
    {
        var destination = _latch.Destination;
        if (destination.IsNone)
            return;
        var media = _active!.Media;
        var mux = media.RtcpMux;
        if (!mux)
            destination = destination.WithPort(_latch.IsLatched ? destination.Port + 1 : media.RemoteRtcpPort);
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
            bye
        );
        tick.Io.Send(
            mux ? _sockets.Rtp : _sockets.Rtcp,
            mux ? _sockets.RtpHandle : _sockets.RtcpHandle,
            writer.Written,
            destination
        );
    }

    private bool IsRtcpTick(in ClockTick tick) => (tick.Number + _rtcpPhase) % RtcpSweepTicks == 0;

    private static long ToSamples(long ns) => ns / 125_000;
}
