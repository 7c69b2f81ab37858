using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>RTCP, and what a capture is given.</summary>
internal sealed partial class SessionStream
{
    private void OnRtcp(in ClockTick tick, in PeerAddress source)
    {
        // Reports are believed from the host the media comes from; the port may differ behind a NAT.
        if (
            _separateRtcp is { } separate
                ? !separate.IsPeer(source, tick.NowNs)
                : source.Address != _path.Destination.Address
        )
        {
            _rejected++;
            return;
        }

        var arrivalNs = tick.Io.ArrivalNs;
        var datagram = tick.Io.Packet;
        if ((_separateRtcp?.Protection ?? _protection) is { } protection)
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
        if (
            _rtcp.Read(
                datagram,
                arrivalNs,
                arrivalNs + tick.WallMinusMonotonicNs,
                _sender.StreamPackets,
                _receiver.HasSource ? _receiver.Source.Ssrc : null
            )
        )
            _sender.OnPeerLoss((float)_rtcp.RemoteLossFraction.GetValueOrDefault());
        if (_rtcp.PeerLeft && !_leftReported)
        {
            _leftReported = true;
            _sink.OnBye();
        }
    }

    private void SendReport(in ClockTick tick, bool bye)
    {
        // Without consent nothing is sent, reports included (RFC 7675 §5.1).
        if (_path.Destination.IsNone || _consentLost)
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
            _sender.StreamPackets,
            _sender.StreamPayloadBytes,
            bye,
            metrics
        );
        SendRtcp(tick, media, writer.Written);
    }

    /// <summary>The peer uses our SSRC (RFC 3550 §8.2).</summary>
    private void OnCollision(in ClockTick tick, NegotiatedMedia media)
    {
        var ssrc = _sender.Ssrc + SsrcStep;
        Span<byte> buffer = stackalloc byte[RtcpWriter.MaxBytes];
        var writer = new RtcpWriter(buffer);
        _rtcp.OnCollision(ref writer, ssrc);
        SendRtcp(tick, media, writer.Written);
        Restart(ssrc);
    }

    /// <summary>
    /// Our stream begins anew, as a stream that the peer has never heard: with an SSRC and a sequence of its own.
    /// <list type="bullet">
    /// <item>Under other keys, or towards somebody else under the same: he counts roll-overs from 0, we from the call's
    /// beginning, and a key that comes back was last used tens of thousands of packets ago (RFC 3711 §3.3.1). A new SSRC
    /// begins at 0 for everybody.</item>
    /// <item>With another clock rate: jitter and the times in reports make no sense across the change (RFC 7160 §4.1).</item>
    /// </list>
    /// </summary>
    private void Restart()
    {
        if (_sender.PacketsSent == 0)
            return;
        var ssrc = _sender.Ssrc + SsrcStep;
        _rtcp.ChangeSsrc(ssrc);
        Restart(ssrc);
    }

    private void Restart(uint ssrc)
    {
        _kept?.Retire(_sender.Ssrc);
        _sender.Restart(ssrc, FirstSequence());
    }

    private void SendRtcp(in ClockTick tick, NegotiatedMedia media, ReadOnlySpan<byte> report)
    {
        if (_packetTap is not null)
            Tap(tick, report, outgoing: true, tick.NowNs);
        if (_protection is not null)
            report = Protect(tick, report, isRtcp: true);
        if (_separateRtcp is { } separate)
            separate.Send(tick, report);
        else
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
