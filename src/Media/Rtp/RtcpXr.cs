using System.Buffers.Binary;

namespace OCPlatform.Media.Rtp;

/// <summary>Block types of RTCP XR (RFC 3611 §4) that are read and written here.</summary>
public static class XrBlockType
{
    /// <summary>Receiver reference time (§4.4): lets a party that sends no media measure the round trip.</summary>
    public const byte ReferenceTime = 4;

    /// <summary>DLRR (§4.5): the answer to it.</summary>
    public const byte DelaySinceLastReference = 5;
    public const byte VoipMetrics = 7;
}

/// <summary>One block of an XR packet: a view of its bytes (RFC 3611 §3).</summary>
/// <param name="Content">Behind the block's 4-byte header.</param>
public readonly ref struct XrBlock(byte type, ReadOnlySpan<byte> content)
{
    public byte Type { get; } = type;
    public ReadOnlySpan<byte> Content { get; } = content;

    /// <summary>Reference time: the NTP time, 32.32 bits of seconds since 1900; 0 for any other block.</summary>
    public ulong NtpTime =>
        Type == XrBlockType.ReferenceTime && Content.Length >= 8 ? BinaryPrimitives.ReadUInt64BigEndian(Content) : 0;

    /// <summary>
    /// DLRR: what it says of one receiver: middle 32 bits of the last reference time (0: none came), and the time since
    /// then in 1/65536 s.
    /// </summary>
    public bool TryFindReceiver(uint ssrc, out uint lastReference, out uint delay)
    {
        (lastReference, delay) = (0, 0);
        if (Type != XrBlockType.DelaySinceLastReference)
            return false;
        for (var rest = Content; rest.Length >= 12; rest = rest[12..])
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(rest) != ssrc)
                continue;
            lastReference = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
            delay = BinaryPrimitives.ReadUInt32BigEndian(rest[8..]);
            return true;
        }

        return false;
    }

    public bool TryReadVoipMetrics(out VoipMetrics metrics)
    {
        var found = Type == XrBlockType.VoipMetrics && Content.Length >= VoipMetrics.Bytes;
        metrics = found ? VoipMetrics.Read(Content) : default;
        return found;
    }
}

/// <summary>The blocks of an XR packet, in order; ends at the first one that does not fit (RFC 3611 §3).</summary>
public ref struct XrBlocks(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public bool TryRead(out XrBlock block)
    {
        block = default;
        if (_rest.Length < 4)
            return false;
        var length = 4 * (BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]) + 1);
        if (length > _rest.Length)
            return false;
        block = new XrBlock(_rest[0], _rest[4..length]);
        _rest = _rest[length..];
        return true;
    }
}

/// <summary>
/// VoIP metrics of one received stream (RFC 3611 §4.7), 32 bytes behind the block's header.
/// <code>
/// |                        SSRC of source                         |
/// |   loss rate   | discard rate  | burst density |  gap density  |  in 1/256
/// |       burst duration          |         gap duration          |  in ms
/// |     round trip delay          |       end system delay        |  in ms
/// | signal level  |  noise level  |     RERL      |     Gmin      |  dBm0, dBm0, dB
/// |   R factor    | ext. R factor |    MOS-LQ     |    MOS-CQ     |  MOS times 10
/// |   RX config   |   reserved    |          JB nominal           |  in ms
/// |          JB maximum           |          JB abs max           |  in ms
/// </code>
/// </summary>
public readonly record struct VoipMetrics
{
    public const int Bytes = 32;

    /// <summary>What a level, an R factor or a MOS says that was not measured.</summary>
    public const byte Unavailable = 127;

    /// <summary>Packet loss concealment by waveform substitution, adaptive jitter buffer (§4.7.6).</summary>
    public const byte StandardConcealmentAdaptiveBuffer = 0b11_11_0000;

    public uint Ssrc { get; init; }
    public byte LossRate { get; init; }
    public byte DiscardRate { get; init; }
    public byte BurstDensity { get; init; }
    public byte GapDensity { get; init; }
    public ushort BurstMs { get; init; }
    public ushort GapMs { get; init; }

    /// <summary>0: not known.</summary>
    public ushort RoundTripMs { get; init; }

    /// <summary>From the network to the ear and from the mouth to the network; 0: not known.</summary>
    public ushort EndSystemMs { get; init; }
    public byte SignalLevel { get; init; }
    public byte NoiseLevel { get; init; }
    public byte EchoReturnLoss { get; init; }
    public byte Gmin { get; init; }
    public byte RFactor { get; init; }
    public byte ExternalRFactor { get; init; }
    public byte MosLq { get; init; }
    public byte MosCq { get; init; }
    public byte ReceiverConfiguration { get; init; }
    public ushort BufferNominalMs { get; init; }
    public ushort BufferMaximumMs { get; init; }
    public ushort BufferAbsoluteMaximumMs { get; init; }

    public static VoipMetrics Read(ReadOnlySpan<byte> b) =>
        new()
        {
            Ssrc = BinaryPrimitives.ReadUInt32BigEndian(b),
            LossRate = b[4],
            DiscardRate = b[5],
            BurstDensity = b[6],
            GapDensity = b[7],
            BurstMs = BinaryPrimitives.ReadUInt16BigEndian(b[8..]),
            GapMs = BinaryPrimitives.ReadUInt16BigEndian(b[10..]),
            RoundTripMs = BinaryPrimitives.ReadUInt16BigEndian(b[12..]),
            EndSystemMs = BinaryPrimitives.ReadUInt16BigEndian(b[14..]),
            SignalLevel = b[16],
            NoiseLevel = b[17],
            EchoReturnLoss = b[18],
            Gmin = b[19],
            RFactor = b[20],
            ExternalRFactor = b[21],
            MosLq = b[22],
            MosCq = b[23],
            ReceiverConfiguration = b[24],
            BufferNominalMs = BinaryPrimitives.ReadUInt16BigEndian(b[26..]),
            BufferMaximumMs = BinaryPrimitives.ReadUInt16BigEndian(b[28..]),
            BufferAbsoluteMaximumMs = BinaryPrimitives.ReadUInt16BigEndian(b[30..]),
        };

    public void Write(Span<byte> b)
    {
        BinaryPrimitives.WriteUInt32BigEndian(b, Ssrc);
        b[4] = LossRate;
        b[5] = DiscardRate;
        b[6] = BurstDensity;
        b[7] = GapDensity;
        BinaryPrimitives.WriteUInt16BigEndian(b[8..], BurstMs);
        BinaryPrimitives.WriteUInt16BigEndian(b[10..], GapMs);
        BinaryPrimitives.WriteUInt16BigEndian(b[12..], RoundTripMs);
        BinaryPrimitives.WriteUInt16BigEndian(b[14..], EndSystemMs);
        b[16] = SignalLevel;
        b[17] = NoiseLevel;
        b[18] = EchoReturnLoss;
        b[19] = Gmin;
        b[20] = RFactor;
        b[21] = ExternalRFactor;
        b[22] = MosLq;
        b[23] = MosCq;
        b[24] = ReceiverConfiguration;
        b[25] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(b[26..], BufferNominalMs);
        BinaryPrimitives.WriteUInt16BigEndian(b[28..], BufferMaximumMs);
        BinaryPrimitives.WriteUInt16BigEndian(b[30..], BufferAbsoluteMaximumMs);
    }
}
