namespace OCPlatform.Media.Engine;

/// <summary>
/// The way between a session and its peer: two sockets, whose packets are taken (see <see cref="SourceLatch"/>), and where
/// to send. Once the source is settled the RTP socket is connected to it, so that the kernel drops a stranger's packets
/// before they take room; after a second of silence it is opened again, since the peer's NAT may have rebound.
/// </summary>
internal sealed class MediaPath(MediaSockets sockets, int latchPackets)
{
    private const long DisconnectAfterNs = 1_000_000_000;

    // A network that refuses to send from a connected socket (an interface has gone) gets an open one.
    private const int MostSendFailures = 50;

    private SourceLatch _latch = new(latchPackets);
    private bool _connected;

    // Packets that were queued before the socket was connected may be anybody's: their source is asked for.
    private bool _mayHoldOthers;
    private int _sendFailures;
    private long _bytesSent;

    public PeerAddress Destination => _latch.Destination;
    public bool IsLatched => _latch.IsLatched;
    public bool IsConnected => _connected;

    /// <summary>RTP packets in bytes, without UDP and IP.</summary>
    public long BytesSent => _bytesSent;

    public MediaSockets Sockets => sockets;

    /// <summary>A new agreement names the peer's address.</summary>
    public void Signal(in ClockTick tick, in PeerAddress signalled)
    {
        _latch.Signal(signalled);
        if (_connected && !_latch.IsLatched)
            Open(tick);
    }

    /// <summary>Once a tick: ties the socket to the peer, or opens it for whoever the peer may have become.</summary>
    public void Settle(in ClockTick tick)
    {
        if (_connected)
        {
            if (tick.NowNs - _latch.LastNs >= DisconnectAfterNs || _sendFailures >= MostSendFailures)
                Open(tick);
        }
        else if (_latch.IsSettled && _sendFailures == 0 && tick.NowNs - _latch.LastNs < DisconnectAfterNs)
        {
            _connected = tick.Io.Connect(sockets.Rtp, _latch.Destination);
            _mayHoldOthers = true;
        }
    }

    /// <summary>The next datagram of the RTP socket, in <see cref="ClockTick.Io"/>.</summary>
    public bool TryReceive(in ClockTick tick, out PeerAddress source)
    {
        var known = _connected && !_mayHoldOthers;
        if (!tick.Io.TryReceive(sockets.Rtp, known, tick.NowNs, tick.WallMinusMonotonicNs))
        {
            _mayHoldOthers = false;
            source = default;
            return false;
        }

        source = known ? _latch.Destination : tick.Io.Source;
        return true;
    }

    /// <summary>The next datagram of the RTCP socket.</summary>
    public bool TryReceiveRtcp(in ClockTick tick) =>
        tick.Io.TryReceive(sockets.Rtcp, connected: false, tick.NowNs, tick.WallMinusMonotonicNs);

    /// <summary>Whether an RTP packet from this source is the session's.</summary>
    public bool Accept(in PeerAddress source, uint ssrc, ushort sequence, long nowNs) =>
        _latch.Accept(source, ssrc, sequence, nowNs);

    public void Send(in ClockTick tick, ReadOnlySpan<byte> packet)
    {
        if (tick.Io.Send(sockets.Rtp, _connected, packet, _latch.Destination))
            _sendFailures = 0;
        else
            _sendFailures++;
        _bytesSent += packet.Length;
    }

    /// <summary>RTCP goes to the RTP port with rtcp-mux, otherwise to the port above the latched one, or the signalled one.</summary>
    public void SendRtcp(in ClockTick tick, ReadOnlySpan<byte> packet, bool mux, int signalledPort)
    {
        var destination = _latch.Destination;
        if (destination.IsNone)
            return;
        if (mux)
            tick.Io.Send(sockets.Rtp, _connected, packet, destination);
        else
            tick.Io.Send(
                sockets.Rtcp,
                connected: false,
                packet,
                destination.WithPort(_latch.IsLatched ? destination.Port + 1 : signalledPort)
            );
    }

    private void Open(in ClockTick tick)
    {
        tick.Io.Disconnect(sockets.Rtp);
        _connected = false;
        _sendFailures = Math.Min(_sendFailures, 1);
    }
}
