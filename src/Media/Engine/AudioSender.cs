using OCPlatform.Media.Codecs;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Makes the outgoing packets of one session: gathers encoded 20 ms frames until a packet's worth of them is there (any
/// ptime of 10–60 ms), numbers and stamps them. Time passes in the timestamps also while nothing is sent (RFC 3550 §5.1).
/// </summary>
internal sealed class AudioSender(uint ssrc, ushort sequence, uint timestamp)
{
    public const int FrameSamples = 160;
    private const int MaxPacketSamples = 480;

    private readonly byte[] _packet = new byte[RtpHeader.FixedBytes + MaxPacketSamples + FrameSamples];
    private int _gathered;
    private bool _markNext = true;

    public uint Ssrc { get; } = ssrc;
    public long PacketsSent { get; private set; }
    public long PayloadBytesSent { get; private set; }

    /// <summary>The RTP timestamp of the frame that is gathered next.</summary>
    public uint Timestamp { get; private set; } = timestamp;

    /// <summary>Samples gathered and not yet sent.</summary>
    public int Gathered => _gathered;

    /// <summary>Room for the next 160 encoded samples; follow with <see cref="Commit"/>.</summary>
    public Span<byte> Frame => _packet.AsSpan(RtpHeader.FixedBytes + _gathered, FrameSamples);

    public void Commit()
    {
        _gathered += FrameSamples;
        Timestamp += FrameSamples;
    }

    /// <summary>A tick without sending: what is gathered is dropped, and the next packet begins a new stretch.</summary>
    public void Pass(int ticks = 1)
    {
        _gathered = 0;
        Timestamp += (uint)(FrameSamples * ticks);
        _markNext = true;
    }

    /// <summary>The next complete packet, if there is one; valid until <see cref="Sent"/>.</summary>
    public bool TryPacket(int payloadType, int ptimeMs, out ReadOnlySpan<byte> packet)
    {
        var samples = ptimeMs * 8;
        packet = default;
        if (_gathered < samples)
            return false;
        RtpHeader.Write(_packet, payloadType, _markNext, sequence, Timestamp - (uint)_gathered, Ssrc);
        packet = _packet.AsSpan(0, RtpHeader.FixedBytes + samples);
        return true;
    }

    /// <summary>The packet has been handed to the network.</summary>
    public void Sent(int packetBytes)
    {
        var samples = packetBytes - RtpHeader.FixedBytes;
        _gathered -= samples;
        if (_gathered > 0)
            _packet.AsSpan(packetBytes, _gathered).CopyTo(_packet.AsSpan(RtpHeader.FixedBytes));
        Count(samples);
    }

    /// <summary>Writes a telephone-event packet, which shares sequence numbers and timestamps (RFC 4733 §2.1).</summary>
    public ReadOnlySpan<byte> EventPacket(
        int payloadType,
        in TelephoneEvent telephoneEvent,
        uint timestamp,
        bool marker
    )
    {
        RtpHeader.Write(_packet, payloadType, marker, sequence, timestamp, Ssrc);
        telephoneEvent.Write(_packet.AsSpan(RtpHeader.FixedBytes));
        return _packet.AsSpan(0, RtpHeader.FixedBytes + TelephoneEvent.Bytes);
    }

    public void EventSent() => Count(TelephoneEvent.Bytes);

    private void Count(int payloadBytes)
    {
        sequence++;
        _markNext = false;
        PacketsSent++;
        PayloadBytesSent += payloadBytes;
    }
}
