using OCPlatform.Media.Dtls;
using OCPlatform.Media.Ice;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// RTCP on a port of its own, where that needs more than an address: the second component of ICE (RFC 8445 §4), whose checks
/// it answers, and a handshake of its own (RFC 5764 §4). For peers that have ICE or DTLS but no rtcp-mux. On the clock
/// thread.
/// </summary>
internal sealed class SeparateRtcp(MediaSockets sockets, MediaPath rtp, Func<DtlsHandshakes> dtls) : IDisposable
{
    private IceLite? _ice;
    private IceCredentials? _credentials;
    private MediaProtection? _kept;
    private PeerAddress _proven;
    private int _signalledPort;

    /// <summary>Null: the keys of RTP, or none.</summary>
    public MediaProtection? Protection { get; private set; }

    /// <summary>Where reports go; none before it is known.</summary>
    public PeerAddress Destination =>
        _ice is { } ice ? ice.Destination
        : _proven.IsNone ? rtp.RtcpDestination(_signalledPort)
        : _proven;

    /// <summary>Takes over what an agreement says.</summary>
    public void Use(in ClockTick tick, NegotiatedMedia media)
    {
        if (IceLite.IsRestart(_credentials, media.Ice))
            _ice = media.Ice is { } credentials ? new IceLite(credentials, tick.NowNs) : null;
        if (_signalledPort != media.RemoteRtcpPort)
            _proven = default;
        _credentials = media.Ice;
        _signalledPort = media.RemoteRtcpPort;
        Protection = null;
        if (media.Security is not { Agreement: KeyAgreement.Dtls } security)
            return;
        Protection = _kept ??= new MediaProtection(dtls);
        Protection.Use(security);
    }

    /// <summary>Reports are believed from the host the media comes from; the port may differ behind a NAT.</summary>
    public bool IsPeer(in PeerAddress source, long nowNs) =>
        _ice is { } ice ? ice.IsValid(source, nowNs) : source.Address == rtp.Destination.Address;

    /// <summary>Takes a check or a handshake's datagram (RFC 7983); false: it is neither.</summary>
    public bool OnDatagram(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source)
    {
        if (datagram.IsEmpty || datagram[0] >= 64)
            return false;
        if (datagram[0] <= 3)
            OnCheck(tick, datagram, source);
        else if (datagram[0] >= 20 && Protection?.Dtls is { } attempts)
            OnDtls(tick, attempts, datagram, source);
        return true;
    }

    /// <summary>Once a tick: the handshake's turn. That it failed is told by that of RTP.</summary>
    public void Attend(in ClockTick tick)
    {
        if (Protection is not { } protection)
            return;
        if (protection.TryTakeKeys(out var proven) && !proven.IsNone)
            _proven = proven;
        _ = protection.TakeFailure(tick.NowNs);
        var known = Destination;
        while (
            protection.Dtls is { } dtls && dtls.TryTakeDatagram(!known.IsNone, out var datagram, out var destination)
        )
            Send(tick, datagram, destination.IsNone ? known : destination);
    }

    /// <summary>A report; an empty one is not sent.</summary>
    public void Send(in ClockTick tick, ReadOnlySpan<byte> report)
    {
        if (Destination is { IsNone: false } destination && !report.IsEmpty && _ice?.IsConsentLost(tick.NowNs) != true)
            Send(tick, report, destination);
    }

    public void Dispose() => _kept?.Dispose();

    private void OnCheck(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress source)
    {
        if (_ice is not { } ice)
            return;
        Span<byte> response = stackalloc byte[IceLite.MaxResponseBytes];
        var outcome = ice.OnDatagram(datagram, source, tick.Io.ArrivalNs, response);
        if (outcome.ResponseBytes > 0)
            Send(tick, response[..outcome.ResponseBytes], source);
    }

    private void OnDtls(in ClockTick tick, DtlsAttempts attempts, ReadOnlySpan<byte> datagram, in PeerAddress source)
    {
        if (_ice is { } ice ? ice.IsValid(source, tick.NowNs) : source == Destination)
        {
            attempts.OnDatagram(datagram);
            return;
        }

        if (_ice is not null)
            return;
        byte[]? reply = null;
        attempts.OnStranger(datagram, source, tick.NowNs, r => reply = r);
        if (reply is not null)
            Send(tick, reply, source);
    }

    private void Send(in ClockTick tick, ReadOnlySpan<byte> datagram, in PeerAddress destination) =>
        tick.Io.Send(sockets.Rtcp, connected: false, datagram, destination);
}
