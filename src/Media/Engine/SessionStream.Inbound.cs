using OCPlatform.Media.Codecs;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>What comes in: from the sockets to the sink.</summary>
internal sealed partial class SessionStream
{
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

        if (media.RtcpMux || (_separateRtcp is null && !IsRtcpTick(tick)))
            return;
        while (count++ < MostPerTick && _path.TryReceiveRtcp(tick))
        {
            if (_separateRtcp?.OnDatagram(tick, tick.Io.Packet, tick.Io.Source) != true)
                OnRtcp(tick, tick.Io.Source);
        }
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
        if (!TryFindFormat(packet.PayloadType, media, tick.NowNs, out var format))
        {
            OnForeignPayload(packet, source, arrivalNs);
            return;
        }

        if (!_path.Accept(source, _protection is not null, packet.Ssrc, packet.SequenceNumber, arrivalNs))
        {
            _rejected++;
            _sink.OnStranger(ArrivalOf(packet, arrivalNs), packet.Payload);
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

        _sink.OnPacket(ArrivalOf(packet, arrivalNs));

        if (_rtcp.IsCollision(packet.Ssrc))
            OnCollision(tick, media);
        if (!_receiver.Admit(packet, out var sequence) || !media.Direction.CanReceive())
            return;
        if (format.Codec is { } codec)
            _receiver.OnAudio(packet, sequence, arrivalNs, codec);
        else if (TelephoneEvent.TryParse(packet.Payload, out var telephoneEvent))
            OnEvent(telephoneEvent, packet, format.TelephoneEventRateHz, arrivalNs);
    }

    /// <summary>The present agreement's meaning of a payload type, or for a while that of the one before (RFC 3264 §8.3.2).</summary>
    private bool TryFindFormat(int payloadType, NegotiatedMedia media, long nowNs, out ReceivedFormat format)
    {
        if (media.TryFind(payloadType, out format))
            return true;
        if (_former is not { } former)
            return false;
        if (nowNs < _formerUntilNs)
            return former.TryFind(payloadType, out format);
        _former = null;
        return false;
    }

    private static RtpArrival ArrivalOf(in RtpHeader packet, long arrivalNs) =>
        new(
            packet.Ssrc,
            packet.SequenceNumber,
            packet.Timestamp,
            (byte)packet.PayloadType,
            MonotonicClock.ToStopwatchTicks(arrivalNs)
        );

    /// <summary>What shares the port with RTP is told by its first byte (RFC 7983 §7): 0–3 STUN, 20–63 DTLS.</summary>
    private void OnOtherProtocol(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source)
    {
        var first = datagram.IsEmpty ? 255 : datagram[0];
        var isTaken = first switch
        {
            <= 3 => _path.OnStun(tick, datagram, source, tick.Io.ArrivalNs),
            >= 20 and <= 63 when _protection?.Dtls is { } dtls => OnDtls(tick, dtls, datagram, source),
            _ => false,
        };
        if (!isTaken)
            _rejected++;
    }

    private bool OnDtls(in ClockTick tick, DtlsAttempts dtls, ReadOnlySpan<byte> datagram, PeerAddress source)
    {
        if (_path.IsPeer(source, tick.NowNs))
        {
            dtls.OnDatagram(datagram);
            return true;
        }

        if (!_path.MayBeElsewhere)
            return false;
        byte[]? reply = null;
        var isTaken = dtls.OnStranger(datagram, source, tick.NowNs, r => reply = r);
        if (reply is not null)
            _path.SendOther(tick, reply, source);
        return isTaken;
    }

    /// <summary>Tells once that nothing may be sent any more (RFC 7675 §5.1), until the peer comes back.</summary>
    private void WatchConsent(in ClockTick tick)
    {
        var lost = _path.IsConsentLost(tick.NowNs);
        if (lost && !_consentLost)
            _sink.OnMediaTimeout();
        _consentLost = lost;
    }

    /// <summary>The handshake's turn: what it wants to send, and how it ended.</summary>
    private void Attend(in ClockTick tick, MediaProtection protection)
    {
        if (protection.TryTakeKeys(out var proven) && !proven.IsNone)
            _path.Prove(proven);
        if (protection.TakeFailure(tick.NowNs) is { } failure)
            _sink.OnNotSecured(failure);
        // Before there is an address, what is to go there waits.
        var known = _path.Destination;
        while (
            protection.Dtls is { } dtls && dtls.TryTakeDatagram(!known.IsNone, out var datagram, out var destination)
        )
            _path.SendOther(tick, datagram, destination.IsNone ? known : destination);
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
        _tones?.OnFrame(frame, media.ReceiveTelephoneEventType is null, _sink);
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
}
