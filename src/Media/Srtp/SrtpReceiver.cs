namespace OCPlatform.Media.Srtp;

/// <summary>
/// Checks and opens what a peer sends under one master key (RFC 3711, RFC 6188, RFC 7714), in place, without allocating per
/// packet. Of a packet that is not authentic nothing stays, and it costs less than one that is. One thread.
/// </summary>
public sealed class SrtpReceiver : IDisposable
{
    private readonly SrtpKeys _keys;
    private readonly bool _intrinsics;
    private readonly SrtpCipher _rtp;
    private SrtpCipher? _rtcp;
    private bool _isDisposed;
    private SrtpStreams _rtpStreams;
    private SrtpStreams _rtcpStreams;

    public SrtpReceiver(SrtpKeys keys)
        : this(keys, intrinsics: true) { }

    internal SrtpReceiver(SrtpKeys keys, bool intrinsics)
    {
        _keys = keys;
        _intrinsics = intrinsics;
        _rtp = SrtpCipher.ForRtp(keys, intrinsics);
    }

    /// <summary>
    /// Opens an RTP packet. A new SSRC begins at roll-over count 0; 4 SSRCs are remembered. Packets may be lost up to 2^15
    /// in a row, and come late by up to 127.
    /// </summary>
    /// <param name="packet">As received; plain when accepted, otherwise as it came.</param>
    /// <param name="length">Of the plain packet, at the beginning of the bytes; 0 when it is not accepted.</param>
    public SrtpVerdict UnprotectRtp(Span<byte> packet, out int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        length = 0;
        if (!SrtpPackets.TryMeasureRtp(packet, _rtp.RtpTrailerBytes, out var headerBytes))
            return SrtpVerdict.Malformed;
        var ssrc = SrtpPackets.RtpSsrc(packet);
        var sequence = SrtpPackets.RtpSequence(packet);
        var at = _rtpStreams.Find(ssrc);
        var index = at < 0 ? sequence : _rtpStreams[at].Estimate(sequence);
        if (index > SrtpPackets.MaxRtpIndex)
            return SrtpVerdict.Exhausted;
        if (at >= 0 && !_rtpStreams[at].IsNew(index))
            return SrtpVerdict.Replayed;
        if (!_rtp.OpenRtp(packet, headerBytes, ssrc, index))
            return SrtpVerdict.Forged;
        Accept(ref _rtpStreams, at, ssrc, index);
        length = packet.Length - _rtp.RtpTrailerBytes;
        return SrtpVerdict.Accepted;
    }

    /// <summary>Opens a compound RTCP packet, encrypted or not, as its E flag says (RFC 3711 §3.4).</summary>
    /// <param name="packet">As received; plain when accepted, otherwise as it came.</param>
    /// <param name="length">Of the plain packet, at the beginning of the bytes; 0 when it is not accepted.</param>
    public SrtpVerdict UnprotectRtcp(Span<byte> packet, out int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        length = 0;
        _rtcp ??= SrtpCipher.ForRtcp(_keys, _intrinsics);
        if (!SrtpPackets.IsRtcp(packet, _rtcp.RtcpTrailerBytes))
            return SrtpVerdict.Malformed;
        var ssrc = SrtpPackets.RtcpSsrc(packet);
        var index = _rtcp.RtcpIndex(packet);
        var at = _rtcpStreams.Find(ssrc);
        if (at >= 0 && !_rtcpStreams[at].IsNew(index))
            return SrtpVerdict.Replayed;
        if (!_rtcp.OpenRtcp(packet, ssrc))
            return SrtpVerdict.Forged;
        Accept(ref _rtcpStreams, at, ssrc, index);
        length = packet.Length - _rtcp.RtcpTrailerBytes;
        return SrtpVerdict.Accepted;
    }

    /// <summary>
    /// The key is in force again after another one was. The peer may have gone on counting meanwhile, so that the first
    /// packet of an SSRC may be up to 2^16 − 1 ahead instead of 2^15; none that came before is taken again.
    /// </summary>
    public void Resume() => _rtpStreams.Resume();

    /// <summary>Wipes the session keys; what comes after is an error.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _rtp.Dispose();
        _rtcp?.Dispose();
    }

    /// <summary>How many SSRCs are remembered, of RTP and of RTCP.</summary>
    internal (int Rtp, int Rtcp) Ssrcs => (_rtpStreams.Count, _rtcpStreams.Count);

    /// <summary>Tests begin where an index ends.</summary>
    internal void StartAt(uint ssrc, ulong rtpIndex) => _rtpStreams.Add(ssrc, rtpIndex);

    private static void Accept(ref SrtpStreams streams, int at, uint ssrc, ulong index)
    {
        if (at >= 0)
            streams.Accept(at, index);
        else
            streams.Add(ssrc, index);
    }
}
