namespace OCPlatform.Media.Srtp;

/// <summary>
/// Protects what we send under one master key (RFC 3711, RFC 6188, RFC 7714), in place, without allocating per packet.
/// No index is ever used twice, since that would give away what both packets hold; what would is refused. One thread.
/// </summary>
public sealed class SrtpSender : IDisposable
{
    private readonly SrtpKeys _keys;
    private readonly bool _intrinsics;
    private readonly SrtpCipher _rtp;
    private SrtpCipher? _rtcp;
    private bool _isDisposed;
    private SrtpStreams _streams;
    private uint _rtcpIndex;

    public SrtpSender(SrtpKeys keys)
        : this(keys, intrinsics: true) { }

    internal SrtpSender(SrtpKeys keys, bool intrinsics)
    {
        _keys = keys;
        _intrinsics = intrinsics;
        _rtp = SrtpCipher.ForRtp(keys, intrinsics);
    }

    /// <summary>The most that protection adds to a packet, in bytes.</summary>
    public const int MaxOverheadBytes = AesGcmAead.TagBytes + SrtpCipher.RtcpIndexBytes;

    /// <summary>
    /// Protects an RTP packet. Its sequence number must be ahead of the last one's of its SSRC, by less than 2^15, or the
    /// receiver would guess another roll-over count (RFC 3711 §3.3.1).
    /// </summary>
    /// <param name="buffer">The packet, and room for <see cref="MaxOverheadBytes"/> behind it.</param>
    /// <param name="length">Of the packet.</param>
    /// <returns>
    /// The new length; 0 when it must not be sent: not an RTP packet, a sequence number that is not ahead, more SSRCs than
    /// are kept (4), or a key used 2^48 times. The packet is unchanged then.
    /// </returns>
    /// <exception cref="ArgumentException">No room.</exception>
    public int ProtectRtp(Span<byte> buffer, int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var packet = Room(buffer, length, _rtp.RtpTrailerBytes);
        if (!SrtpPackets.TryMeasureRtp(packet, _rtp.RtpTrailerBytes, out var headerBytes))
            return 0;
        var ssrc = SrtpPackets.RtpSsrc(packet);
        var sequence = SrtpPackets.RtpSequence(packet);
        var at = _streams.Find(ssrc);
        ulong index = sequence;
        if (at >= 0)
        {
            var highest = _streams[at].Highest;
            var ahead = (short)(sequence - (ushort)highest);
            index = highest + (ulong)ahead;
            if (ahead <= 0 || index > SrtpPackets.MaxRtpIndex)
                return 0;
            _streams.Accept(at, index);
        }
        else if (_streams.Count == SrtpStreams.Capacity)
            return 0;
        else
            _streams.Add(ssrc, index);
        _rtp.SealRtp(packet, headerBytes, ssrc, index);
        return packet.Length;
    }

    /// <summary>Protects a compound RTCP packet (RFC 3711 §3.4), encrypted, with an index that counts them.</summary>
    /// <param name="buffer">The packet, and room for <see cref="MaxOverheadBytes"/> behind it.</param>
    /// <param name="length">Of the packet.</param>
    /// <returns>The new length; 0 when it must not be sent: not an RTCP packet, or a key used 2^31 times.</returns>
    /// <exception cref="ArgumentException">No room.</exception>
    public int ProtectRtcp(Span<byte> buffer, int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _rtcp ??= SrtpCipher.ForRtcp(_keys, _intrinsics);
        var packet = Room(buffer, length, _rtcp.RtcpTrailerBytes);
        if (!SrtpPackets.IsRtcp(packet, _rtcp.RtcpTrailerBytes) || _rtcpIndex > SrtpPackets.MaxRtcpIndex)
            return 0;
        _rtcp.SealRtcp(packet, SrtpPackets.RtcpSsrc(packet), _rtcpIndex++);
        return packet.Length;
    }

    /// <summary>This SSRC gives its place to another. It must never be used again: its indexes are forgotten.</summary>
    public void Retire(uint ssrc) => _streams.Remove(ssrc);

    /// <summary>Wipes the session keys; what comes after is an error.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _rtp.Dispose();
        _rtcp?.Dispose();
    }

    /// <summary>Tests begin where an index ends.</summary>
    internal void StartAt(uint ssrc, ulong rtpIndex, uint rtcpIndex)
    {
        _streams.Add(ssrc, rtpIndex);
        _rtcpIndex = rtcpIndex;
    }

    private static Span<byte> Room(Span<byte> buffer, int length, int trailerBytes)
    {
        if (length < 0 || buffer.Length - length < trailerBytes)
            throw new ArgumentException($"A packet needs {trailerBytes} bytes behind it.");
        return buffer[..(length + trailerBytes)];
    }
}
