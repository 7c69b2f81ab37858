using OCPlatform.Media.Codecs;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Makes the outgoing packets of one session: gathers 20 ms frames until a packet's worth of them is there (any ptime of
/// 10–60 ms), numbers and stamps them. Time passes in the timestamps also while nothing is sent (RFC 3550 §5.1).
/// </summary>
/// <remarks>
/// G.711 at the session's own rate is gathered encoded ("direct"): a byte is a sample and a timestamp unit, so that it can
/// be cut anywhere. Every other codec gathers PCM and encodes a whole packet.
/// </remarks>
internal sealed class AudioSender(uint ssrc, ushort sequence, uint timestamp)
{
    private const int DirectFrame = 160;
    private const int MaxPtimeMs = 60;
    private const int TickMs = 20;

    // A payload stays whole on any path: 1500 less IP, UDP, RTP and what encryption adds.
    private const int MaxPayloadBytes = 1400;

    private const int DirectBytes = RtpHeader.FixedBytes + 8 * MaxPtimeMs + DirectFrame;

    private byte[] _packet = new byte[DirectBytes];
    private IAudioEncoder? _encoder;
    private short[] _pcm = [];
    private int _samplesPerMs = 8;
    private int _clockPerMs = 8;
    private int _gathered;
    private int _encoded;
    private bool _markNext = true;
    private long _packetsBefore;
    private float _peerLoss;

    public uint Ssrc => ssrc;

    /// <summary>Under every SSRC.</summary>
    public long PacketsSent => _packetsBefore + StreamPackets;

    /// <summary>Under the present SSRC, as reports count them (RFC 3550 §6.4.1).</summary>
    public long StreamPackets { get; private set; }
    public long StreamPayloadBytes { get; private set; }

    /// <summary>The RTP timestamp of the frame that is gathered next.</summary>
    public uint Timestamp { get; private set; } = timestamp;

    /// <summary>Samples gathered and not yet sent, at the session's rate.</summary>
    public int Gathered => _gathered;

    /// <summary>Encoded frames are taken (<see cref="Frame"/>), not PCM (<see cref="Gather"/>).</summary>
    public bool IsDirect => _encoder is null;

    public int ClockRateHz => _clockPerMs * 1000;

    /// <summary>Sends in another format from now on; what is gathered in the old one is dropped.</summary>
    /// <param name="encoder">Of the session's rate; null for G.711 in a session of 8 kHz. Owned from here on.</param>
    public void Use(AudioCodec codec, IAudioEncoder? encoder)
    {
        _encoder?.Dispose();
        _encoder = encoder;
        _clockPerMs = codec.ClockRateHz() / 1000;
        _samplesPerMs = encoder is null ? 8 : encoder.SampleRateHz / 1000;
        _gathered = 0;
        _markNext = true;
        if (encoder is null)
            return;
        encoder.OnPeerLoss(_peerLoss);
        _pcm = new short[(MaxPtimeMs + TickMs) * _samplesPerMs];
        var payload = Math.Min(encoder.MaxBytes(MaxPtimeMs), MaxPayloadBytes);
        _packet = new byte[Math.Max(DirectBytes, RtpHeader.FixedBytes + payload)];
    }

    /// <summary>
    /// Goes on as another stream, as if it began now; timestamps run on. See <see cref="SessionStream"/> for when.
    /// </summary>
    /// <param name="newSsrc">That was not used before.</param>
    /// <param name="firstSequence">Of the next packet.</param>
    public void Restart(uint newSsrc, ushort firstSequence)
    {
        (ssrc, sequence) = (newSsrc, firstSequence);
        _packetsBefore += StreamPackets;
        (StreamPackets, StreamPayloadBytes) = (0, 0);
        _markNext = true;
    }

    /// <summary>The loss that the peer reports, 0–1, for codecs that can do something about it.</summary>
    public void OnPeerLoss(float fraction)
    {
        _peerLoss = fraction;
        _encoder?.OnPeerLoss(fraction);
    }

    /// <summary>Direct only: room for the next 160 encoded samples; follow with <see cref="Commit"/>.</summary>
    public Span<byte> Frame => _packet.AsSpan(RtpHeader.FixedBytes + _gathered, DirectFrame);

    public void Commit()
    {
        _gathered += DirectFrame;
        Timestamp += DirectFrame;
    }

    /// <summary>Takes 20 ms of PCM.</summary>
    public void Gather(ReadOnlySpan<short> frame)
    {
        frame.CopyTo(_pcm.AsSpan(_gathered));
        _gathered += frame.Length;
        Timestamp += (uint)(TickMs * _clockPerMs);
    }

    /// <summary>A tick without sending: what is gathered is dropped, and the next packet begins a new stretch.</summary>
    public void Pass(int ticks = 1)
    {
        _gathered = 0;
        Timestamp += (uint)(TickMs * _clockPerMs * ticks);
        _markNext = true;
    }

    /// <summary>
    /// The next complete packet, if there is one; valid until <see cref="Sent"/>. Empty when the encoder has nothing to say
    /// for its time: nothing is to be sent then.
    /// </summary>
    public bool TryPacket(int payloadType, int ptimeMs, out ReadOnlySpan<byte> packet)
    {
        packet = default;
        if (_encoder is not null)
            ptimeMs = Fitting(_encoder, ptimeMs);
        _encoded = ptimeMs * _samplesPerMs;
        if (_gathered < _encoded)
            return false;
        var start = Timestamp - (uint)(_gathered / _samplesPerMs * _clockPerMs);
        RtpHeader.Write(_packet, payloadType, _markNext, sequence, start, ssrc);
        var payload = _encoder?.Encode(_pcm.AsSpan(0, _encoded), _packet.AsSpan(RtpHeader.FixedBytes)) ?? _encoded;
        packet = payload == 0 ? default : _packet.AsSpan(0, RtpHeader.FixedBytes + payload);
        return true;
    }

    /// <summary>The packet has been handed to the network; 0: it was empty, and time has passed without one.</summary>
    public void Sent(int packetBytes)
    {
        _gathered -= _encoded;
        if (_gathered > 0 && _encoder is null)
            _packet.AsSpan(RtpHeader.FixedBytes + _encoded, _gathered).CopyTo(_packet.AsSpan(RtpHeader.FixedBytes));
        else if (_gathered > 0)
            _pcm.AsSpan(_encoded, _gathered).CopyTo(_pcm);
        if (packetBytes == 0)
            _markNext = true;
        else
            Count(packetBytes - RtpHeader.FixedBytes);
    }

    /// <summary>Writes a telephone-event packet, which shares sequence numbers and timestamps (RFC 4733 §2.1).</summary>
    public ReadOnlySpan<byte> EventPacket(
        int payloadType,
        in TelephoneEvent telephoneEvent,
        uint timestamp,
        bool marker
    )
    {
        RtpHeader.Write(_packet, payloadType, marker, sequence, timestamp, ssrc);
        telephoneEvent.Write(_packet.AsSpan(RtpHeader.FixedBytes));
        return _packet.AsSpan(0, RtpHeader.FixedBytes + TelephoneEvent.Bytes);
    }

    public void EventSent() => Count(TelephoneEvent.Bytes);

    /// <summary>See <see cref="CacheLines"/>.</summary>
    public void AskForPacket() => CacheLines.Ask(_packet, 0, 3);

    /// <summary>The codec's native state, if it has any, goes.</summary>
    public void Close()
    {
        _encoder?.Dispose();
        _encoder = null;
    }

    /// <summary>The agreed packet time, or the next shorter one that the codec can do and a datagram holds.</summary>
    private static int Fitting(IAudioEncoder encoder, int ptimeMs)
    {
        while (ptimeMs > 10 && (!encoder.Supports(ptimeMs) || encoder.MaxBytes(ptimeMs) > MaxPayloadBytes))
            ptimeMs -= 10;
        return ptimeMs;
    }

    private void Count(int payloadBytes)
    {
        sequence++;
        _markNext = false;
        StreamPackets++;
        StreamPayloadBytes += payloadBytes;
    }
}
