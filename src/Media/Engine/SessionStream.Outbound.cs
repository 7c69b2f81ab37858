using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>What goes out: from playout, echo or digits to the socket.</summary>
internal sealed partial class SessionStream
{
    /// <summary>Sends what is due; returns the audio of this tick as it is sent, silence included.</summary>
    private ReadOnlySpan<short> Send(in ClockTick tick, NegotiatedMedia media, int elapsed, FrameKind heard)
    {
        if (elapsed > 1)
            _sender.Pass(elapsed - 1);
        var frame = tick.Buffers.Sent.AsSpan(0, _frameSamples);
        if (!media.Direction.CanSend() || _path.Destination.IsNone || _protection is { IsReady: false } || _consentLost)
        {
            // Nothing is taken from the playout on hold, or before there are keys; a Clear takes effect all the same.
            _sender.Pass();
            return NotPlayed(frame);
        }

        if (SendEvent(tick, media))
            return NotPlayed(frame);

        if (_repeated is { } repeated)
        {
            // Another, shorter one may have taken its place.
            var index = _repeatedFrame < repeated.Frames ? _repeatedFrame : 0;
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
            if (!packet.IsEmpty)
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
            _dtmfOut.Begin(digit.Code, digit.DurationMs, media.TelephoneEventRateHz, _sender.ClockRateHz);
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
        var protection = (isRtcp ? _separateRtcp?.Protection : null) ?? _protection!;
        return buffer.AsSpan(0, protection.Protect(buffer, packet.Length, isRtcp));
    }
}
