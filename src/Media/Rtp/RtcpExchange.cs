namespace OCPlatform.Media.Rtp;

/// <summary>
/// Sender and receiver reports of one session (RFC 3550 §6): when to send, what to say, what the peer says about us.
/// Sans-IO.
/// </summary>
public sealed class RtcpExchange(uint ssrc, int intervalSeconds, Random random)
{
    // Seconds from 1900 (NTP) to 1970.
    private const long NtpEpochSeconds = 2_208_988_800;

    private readonly string _cname = $"{random.NextInt64():x}";
    private long _nextNs;
    private long _packetsAtLastReport;
    private uint _lastSr;
    private long _lastSrNs;

    /// <summary>Round trip (§6.4.1), or null before a report block about us has come back.</summary>
    public double? RoundTripMs { get; private set; }

    /// <summary>The peer's last report about our stream: loss 0–1.</summary>
    public double? RemoteLossFraction { get; private set; }

    /// <summary>In timestamp units.</summary>
    public uint? RemoteJitter { get; private set; }

    /// <summary>The peer has said BYE.</summary>
    public bool PeerLeft { get; private set; }

    /// <summary>True when a report is due; the next one follows after 0.5–1.5 intervals (§6.2).</summary>
    public bool IsDue(long nowNs)
    {
        if (intervalSeconds == 0)
            return false;
        if (_nextNs == 0)
        {
            Plan(nowNs);
            return false;
        }

        if (nowNs < _nextNs)
            return false;
        Plan(nowNs);
        return true;
    }

    /// <summary>Composes the report, with BYE at the stream's end.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="source">The peer's stream, when there is one.</param>
    /// <param name="hasSource">Whether there is.</param>
    /// <param name="wallNs">Time since 1970, in ns.</param>
    /// <param name="nowNs">The same moment on the monotonic clock.</param>
    /// <param name="rtpTime">The same moment in our timestamps.</param>
    /// <param name="packetsSent">Of ours so far.</param>
    /// <param name="payloadBytesSent">Of ours so far.</param>
    /// <param name="bye">The stream ends.</param>
    public void Write(
        ref RtcpWriter writer,
        ref RtpSource source,
        bool hasSource,
        long wallNs,
        long nowNs,
        uint rtpTime,
        long packetsSent,
        long payloadBytesSent,
        bool bye
    )
    {
        RtcpReportBlock? block = null;
        if (hasSource)
        {
            block = new RtcpReportBlock(
                source.Ssrc,
                source.TakeFractionLost(),
                (int)Math.Min(source.Lost, 0x7FFFFF),
                (uint)source.ExtendedHighest,
                (uint)source.Jitter,
                _lastSr,
                _lastSr == 0 ? 0 : (uint)((nowNs - _lastSrNs) * 65536.0 / 1e9)
            );
        }

        if (packetsSent > _packetsAtLastReport)
            writer.SenderReport(ssrc, Ntp(wallNs), rtpTime, (uint)packetsSent, (uint)payloadBytesSent, block);
        else
            writer.ReceiverReport(ssrc, block);
        _packetsAtLastReport = packetsSent;
        writer.Cname(ssrc, _cname);
        if (bye)
            writer.Bye(ssrc);
    }

    /// <summary>Reads a compound datagram; what is malformed is skipped.</summary>
    public void Read(ReadOnlySpan<byte> compound, long arrivalNs, long arrivalWallNs)
    {
        while (RtcpPacket.TryRead(ref compound, out var packet))
        {
            switch (packet.Type)
            {
                case RtcpType.SenderReport:
                    _lastSr = (uint)(packet.NtpTime >> 16);
                    _lastSrNs = arrivalNs;
                    ReadBlocks(packet, arrivalWallNs);
                    break;
                case RtcpType.ReceiverReport:
                    ReadBlocks(packet, arrivalWallNs);
                    break;
                case RtcpType.Bye:
                    PeerLeft = true;
                    break;
            }
        }
    }

    private void ReadBlocks(in RtcpPacket packet, long arrivalWallNs)
    {
        for (var i = 0; i < packet.Count; i++)
        {
            var block = packet.Report(i);
            if (block.Ssrc != ssrc)
                continue;
            RemoteLossFraction = block.FractionLost / 256.0;
            RemoteJitter = block.Jitter;
            if (block.LastSr == 0)
                continue;
            // A − LSR − DLSR in 1/65536 s (§6.4.1); the clocks' rounding may bring a loopback below 0.
            var elapsed = (int)((uint)(Ntp(arrivalWallNs) >> 16) - block.LastSr - block.DelaySinceLastSr);
            RoundTripMs = Math.Max(0, elapsed * 1000.0 / 65536);
        }
    }

    private void Plan(long nowNs) => _nextNs = nowNs + (long)(intervalSeconds * 1e9 * (0.5 + random.NextDouble()));

    private static ulong Ntp(long wallNs)
    {
        var seconds = wallNs / 1_000_000_000;
        var fraction = ((ulong)(wallNs % 1_000_000_000) << 32) / 1_000_000_000;
        return ((ulong)(seconds + NtpEpochSeconds) << 32) | fraction;
    }
}
