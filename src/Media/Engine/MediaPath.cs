using OCPlatform.Media.Ice;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The way between a session and its peer: two sockets, whose packets are taken, and where to send: by the peer's ICE checks
/// where ICE is agreed (<see cref="IceLite"/>), else by <see cref="SourceLatch"/>. Once the source is settled the RTP socket is connected to it, so that the kernel drops a stranger's packets
/// before they take room; after a second of silence it is opened again, since the peer's NAT may have rebound.
/// </summary>
internal sealed class MediaPath(MediaSockets sockets, int latchPackets, bool openToAll)
{
    private const long DisconnectAfterNs = 1_000_000_000;

    // A network that refuses to send from a connected socket (an interface has gone) gets an open one.
    private const int MostSendFailures = 50;

    private SourceLatch _latch = new(latchPackets);
    private IceLite? _ice;
    private IceCredentials? _credentials;
    private bool _connected;

    // Packets that were queued before the socket was connected may be anybody's: their source is asked for.
    private bool _mayHoldOthers;
    private int _sendFailures;
    private long _bytesSent;

    public PeerAddress Destination => _ice is { } ice ? ice.Destination : _latch.Destination;
    public bool IsLatched => _ice is { } ice ? !ice.Destination.IsNone : _latch.IsLatched;

    /// <summary>RTP packets in bytes, without UDP and IP.</summary>
    public long BytesSent => _bytesSent;

    public MediaSockets Sockets => sockets;

    /// <summary>A new agreement names the peer's address, or the credentials of its checks.</summary>
    public void Signal(in ClockTick tick, in PeerAddress signalled, IceCredentials? credentials)
    {
        _latch.Signal(signalled, tick.NowNs);
        if (IceLite.IsRestart(_credentials, credentials))
            _ice = credentials is null ? null : new IceLite(credentials, tick.NowNs);
        _credentials = credentials;
        if (_connected && (_ice is not null || !_latch.IsLatched))
            Open(tick);
    }

    /// <summary>The peer has proven itself for 30 s no more: nothing may be sent (RFC 7675 §5.1).</summary>
    public bool IsConsentLost(long nowNs) => _ice is { } ice && ice.IsConsentLost(nowNs);

    /// <summary>Answers a check (first byte 0 to 3, RFC 7983); false: there is no ICE, or it changed nothing.</summary>
    public bool OnStun(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source, long arrivalNs)
    {
        if (_ice is not { } ice)
            return false;
        var refused = ice.Refused;
        Span<byte> response = stackalloc byte[IceLite.MaxResponseBytes];
        var outcome = ice.OnDatagram(datagram, source, arrivalNs, response);
        if (outcome.ResponseBytes > 0)
            tick.Io.Send(sockets.Rtp, connected: false, response[..outcome.ResponseBytes], source);
        return ice.Refused == refused;
    }

    /// <summary>Whether the peer is known to have this address: by its checks, its media, a handshake, or its description.</summary>
    public bool IsPeer(in PeerAddress source, long nowNs) =>
        _ice is { } ice ? ice.IsValid(source, nowNs) : source == _latch.Destination;

    /// <summary>Whether the peer may be somewhere else yet: no media of it was heard, and there are no checks.</summary>
    public bool MayBeElsewhere => _ice is null && !_latch.IsLatched;

    /// <summary>A handshake has proven that the peer is there, before any of its media.</summary>
    public void Prove(in PeerAddress source) => _latch.Prove(source);

    /// <summary>Once a tick: ties the socket to the peer, or opens it for whoever the peer may have become.</summary>
    public void Settle(in ClockTick tick)
    {
        if (_connected)
        {
            if (tick.NowNs - _latch.LastNs >= DisconnectAfterNs || _sendFailures >= MostSendFailures)
                Open(tick);
        }
        else if (
            !openToAll
            && _ice is null
            && _latch.IsSettled
            && _sendFailures == 0
            && tick.NowNs - _latch.LastNs < DisconnectAfterNs
        )
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

    /// <summary>Whether an RTP packet from this source is the session's; if so, it says that the peer is there.</summary>
    /// <param name="authenticated">By SRTP.</param>
    public bool Accept(in PeerAddress source, bool authenticated, uint ssrc, ushort sequence, long nowNs)
    {
        if (_ice is not { } ice)
            return _latch.Accept(source, ssrc, sequence, nowNs);
        if (!ice.IsValid(source, nowNs))
            return false;
        ice.OnMedia(source, authenticated, nowNs);
        return true;
    }

    /// <summary>An RTP packet; an empty one is not sent.</summary>
    public void Send(in ClockTick tick, ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty)
            return;
        if (tick.Io.Send(sockets.Rtp, _connected, packet, Destination))
            _sendFailures = 0;
        else
            _sendFailures++;
        _bytesSent += packet.Length;
    }

    /// <summary>RTCP goes to the RTP port with rtcp-mux, otherwise to a port of its own.</summary>
    public void SendRtcp(in ClockTick tick, ReadOnlySpan<byte> packet, bool mux, int signalledPort)
    {
        var destination = Destination;
        if (destination.IsNone || packet.IsEmpty)
            return;
        if (mux)
            tick.Io.Send(sockets.Rtp, _connected, packet, destination);
        else
            tick.Io.Send(sockets.Rtcp, connected: false, packet, RtcpDestination(signalledPort));
    }

    /// <summary>Where RTCP goes without rtcp-mux and ICE: to the signalled port, or above the one that a NAT has made of it.</summary>
    public PeerAddress RtcpDestination(int signalledPort) =>
        Destination.WithPort(_latch.IsElsewhere ? Destination.Port + 1 : signalledPort);

    /// <summary>A datagram of another protocol on the RTP port, wherever it is to go.</summary>
    public void SendOther(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress destination) =>
        tick.Io.Send(sockets.Rtp, _connected && destination == _latch.Destination, datagram, destination);

    private void Open(in ClockTick tick)
    {
        tick.Io.Disconnect(sockets.Rtp);
        _connected = false;
        _sendFailures = Math.Min(_sendFailures, 1);
    }
}
