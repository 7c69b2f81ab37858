namespace OCPlatform.Media.Rtp;

/// <summary>When a session writes XR (RFC 3611) with its reports.</summary>
public enum ExtendedReports
{
    Never,

    /// <summary>Once the peer has shown that it reads them: it agreed to a=rtcp-xr, or sends XR itself.</summary>
    Matched,
    Always,
}

/// <summary>What the peer last said about our stream, in one of its report blocks (RFC 3550 §6.4.1).</summary>
/// <param name="FractionLost">Since its report before, 0–1.</param>
/// <param name="CumulativeLost">Packets since the beginning; below 0 when duplicates outnumber losses.</param>
/// <param name="Jitter">In timestamp units.</param>
/// <param name="PacketsSent">How many we had sent when the report came.</param>
public readonly record struct PeerReport(double FractionLost, int CumulativeLost, uint Jitter, long PacketsSent);

/// <summary>
/// Sender, receiver and extended reports of one session (RFC 3550 §6, RFC 3611): what to say, what the peer says about us.
/// When to say it is <see cref="RtcpTimer"/>'s. Sans-IO.
/// </summary>
public sealed class RtcpExchange
{
    // Seconds from 1900 (NTP) to 1970.
    private const long NtpEpochSeconds = 2_208_988_800;
    private const double ShortUnit = 65536;

    // A round trip of more than this is a wrong echo, not a slow network.
    private const double LongestRoundTripMs = 60_000;

    private readonly ExtendedReports _extended;
    private readonly ulong _cname;
    private RtcpTimer _timer;
    private uint _ssrc;

    // Packets sent when the last report, and the one before it, were written (§6.4: who sent since the one before is a sender).
    private long _sentAtLastReport;
    private long _sentAtReportBefore;
    private Echo _lastSenderReport;
    private Echo _lastReferenceTime;
    private bool _peerSendsExtended;
    private bool _hasCollided;
    private bool _isReported;

    /// <param name="ssrc">Of our stream.</param>
    /// <param name="intervalSeconds">Mean time between reports; 0: none are due.</param>
    /// <param name="random">For the CNAME and the spread of intervals; not kept.</param>
    /// <param name="extended">When to write XR.</param>
    public RtcpExchange(
        uint ssrc,
        int intervalSeconds,
        Random random,
        ExtendedReports extended = ExtendedReports.Matched
    )
    {
        _ssrc = ssrc;
        _extended = extended;
        _cname = (ulong)random.NextInt64();
        _timer = new RtcpTimer(intervalSeconds, (ulong)random.NextInt64());
    }

    /// <summary>Round trip (§6.4.1, or RFC 3611 §4.5), or null before a report about us has come back.</summary>
    public double? RoundTripMs { get; private set; }

    /// <summary>The peer's last report about our stream.</summary>
    public PeerReport? Peer { get; private set; }

    /// <summary>The peer's last VoIP metrics about our stream.</summary>
    public VoipMetrics? PeerMetrics { get; private set; }

    /// <summary>The peer's last report about our stream: loss 0–1.</summary>
    public double? RemoteLossFraction => Peer?.FractionLost;

    /// <summary>In timestamp units.</summary>
    public uint? RemoteJitter => Peer?.Jitter;

    /// <summary>The peer has said BYE.</summary>
    public bool PeerLeft { get; private set; }

    /// <summary>The peer agreed to take XR (a=rtcp-xr).</summary>
    public bool PeerTakesExtended { get; set; }

    /// <summary>Whether the next report carries XR, and so wants the VoIP metrics.</summary>
    public bool WritesExtended =>
        _extended == ExtendedReports.Always
        || (_extended == ExtendedReports.Matched && (PeerTakesExtended || _peerSendsExtended));

    /// <summary>Datagrams that were no RTCP (A.2).</summary>
    public long Malformed { get; private set; }

    /// <summary>True when a report is due: write and send it.</summary>
    public bool IsDue(long nowNs) => _timer.IsDue(nowNs);

    /// <summary>Composes the report, with BYE at the stream's end.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="source">The peer's stream, when there is one.</param>
    /// <param name="hasSource">Whether there is.</param>
    /// <param name="wallNs">Time since 1970, in ns.</param>
    /// <param name="nowNs">The same moment on the monotonic clock.</param>
    /// <param name="rtpTime">The same moment in our timestamps.</param>
    /// <param name="packetsSent">Of our present SSRC so far.</param>
    /// <param name="payloadBytesSent">The same in bytes of payload.</param>
    /// <param name="bye">The stream ends.</param>
    /// <param name="metrics">About the peer's stream; goes out when <see cref="WritesExtended"/>.</param>
    public void Write(
        ref RtcpWriter writer,
        ref RtpSource source,
        bool hasSource,
        long wallNs,
        long nowNs,
        uint rtpTime,
        long packetsSent,
        long payloadBytesSent,
        bool bye,
        VoipMetrics? metrics = null
    )
    {
        RtcpReportBlock? block = null;
        if (hasSource)
        {
            var (lastSr, delay) = _lastSenderReport.AnswerTo(source.Ssrc, nowNs);
            block = new RtcpReportBlock(
                source.Ssrc,
                source.TakeFractionLost(),
                (int)Math.Min(source.Lost, 0x7FFFFF),
                (uint)source.ExtendedHighest,
                (uint)source.Jitter,
                lastSr,
                delay
            );
        }

        var sender = packetsSent > _sentAtReportBefore;
        if (sender)
            writer.SenderReport(_ssrc, Ntp(wallNs), rtpTime, (uint)packetsSent, (uint)payloadBytesSent, block);
        else
            writer.ReceiverReport(_ssrc, block);
        (_sentAtReportBefore, _sentAtLastReport) = (_sentAtLastReport, packetsSent);
        WriteCname(ref writer);
        if (WritesExtended)
        {
            // A sender's reports are echoed anyway.
            ulong? reference = sender ? null : Ntp(wallNs);
            writer.ExtendedReport(_ssrc, reference, _lastReferenceTime.Take(nowNs), metrics);
        }

        if (bye)
            writer.Bye(_ssrc);
        _timer.Sent(writer.Length);
    }

    /// <summary>Reads a compound datagram, whole or reduced-size (RFC 5506); one that is malformed changes nothing.</summary>
    /// <param name="arrivalNs">On the monotonic clock.</param>
    /// <param name="arrivalWallNs">The same moment since 1970.</param>
    /// <param name="packetsSent">Of our present SSRC so far.</param>
    /// <param name="mediaSsrc">The source that media comes from; null: none yet.</param>
    /// <returns>Whether there was a report about our stream in it: <see cref="Peer"/> is new.</returns>
    public bool Read(
        ReadOnlySpan<byte> compound,
        long arrivalNs,
        long arrivalWallNs,
        long packetsSent = 0,
        uint? mediaSsrc = null
    )
    {
        if (!RtcpPacket.IsValidCompound(compound))
        {
            Malformed++;
            return false;
        }

        _isReported = false;
        _timer.Received(compound.Length);
        while (RtcpPacket.TryRead(ref compound, out var packet))
        {
            switch (packet.Type)
            {
                case RtcpType.SenderReport:
                    _lastSenderReport = new Echo(packet.Ssrc, (uint)(packet.NtpTime >> 16), arrivalNs);
                    ReadBlocks(packet, arrivalWallNs, packetsSent);
                    break;
                case RtcpType.ReceiverReport:
                    ReadBlocks(packet, arrivalWallNs, packetsSent);
                    break;
                case RtcpType.ExtendedReport:
                    ReadExtended(packet, arrivalNs, arrivalWallNs);
                    break;
                case RtcpType.Bye:
                    PeerLeft |= Names(packet, mediaSsrc);
                    break;
            }
        }

        return _isReported;
    }

    /// <summary>
    /// Whether the peer uses our SSRC, and we are to take another one (§8.2). Once only: who comes with the new one too is
    /// not another source that drew the same number but our own packets sent back (a loop, such as an echo service), and no
    /// number would help.
    /// </summary>
    public bool IsCollision(uint heardSsrc) => heardSsrc == _ssrc && !_hasCollided;

    /// <summary>After a collision: says BYE for the number that is given up, and goes on with another.</summary>
    public void OnCollision(ref RtcpWriter writer, uint ssrc)
    {
        writer.ReceiverReport(_ssrc, null);
        WriteCname(ref writer);
        writer.Bye(_ssrc, "SSRC collision");
        _hasCollided = true;
        ChangeSsrc(ssrc);
    }

    /// <summary>
    /// Our stream begins anew under another number: what was said about the one before holds no more, and its packets are
    /// counted from 0 (§6.4.1). There is no BYE, since many would take it for the end of the call.
    /// </summary>
    public void ChangeSsrc(uint ssrc)
    {
        _ssrc = ssrc;
        _sentAtLastReport = 0;
        _sentAtReportBefore = 0;
        Peer = null;
        PeerMetrics = null;
    }

    private void WriteCname(ref RtcpWriter writer)
    {
        Span<char> cname = stackalloc char[16];
        _cname.TryFormat(cname, out var length, "x");
        writer.Cname(_ssrc, cname[..length]);
    }

    private void ReadBlocks(in RtcpPacket packet, long arrivalWallNs, long packetsSent)
    {
        for (var i = 0; i < packet.Count; i++)
        {
            var block = packet.Report(i);
            if (block.Ssrc != _ssrc)
                continue;
            _isReported = true;
            Peer = new PeerReport(block.FractionLost / 256.0, block.CumulativeLost, block.Jitter, packetsSent);
            TakeRoundTrip(arrivalWallNs, block.LastSr, block.DelaySinceLastSr);
        }
    }

    private void ReadExtended(in RtcpPacket packet, long arrivalNs, long arrivalWallNs)
    {
        _peerSendsExtended = true;
        var blocks = packet.ExtendedBlocks;
        while (blocks.TryRead(out var block))
        {
            if (block.NtpTime is > 0 and var ntp)
                _lastReferenceTime = new Echo(packet.Ssrc, (uint)(ntp >> 16), arrivalNs);
            else if (block.TryFindReceiver(_ssrc, out var last, out var delay))
                TakeRoundTrip(arrivalWallNs, last, delay);
            else if (block.TryReadVoipMetrics(out var metrics) && metrics.Ssrc == _ssrc)
                PeerMetrics = metrics;
        }
    }

    /// <summary>A − LSR − DLSR in 1/65536 s (§6.4.1); the clocks' rounding may bring a loopback below 0.</summary>
    private void TakeRoundTrip(long arrivalWallNs, uint last, uint delay)
    {
        if (last == 0)
            return;
        var ms = (int)((uint)(Ntp(arrivalWallNs) >> 16) - last - delay) * 1000 / ShortUnit;
        if (ms is > -1 and < LongestRoundTripMs)
            RoundTripMs = Math.Max(0, ms);
    }

    private static bool Names(in RtcpPacket bye, uint? ssrc)
    {
        if (ssrc is null)
            return true;
        for (var i = 0; i < bye.Count; i++)
        {
            if (bye.Source(i) == ssrc)
                return true;
        }

        return false;
    }

    private static ulong Ntp(long wallNs)
    {
        var seconds = wallNs / 1_000_000_000;
        var fraction = ((ulong)(wallNs % 1_000_000_000) << 32) / 1_000_000_000;
        return ((ulong)(seconds + NtpEpochSeconds) << 32) | fraction;
    }

    /// <summary>A time that the peer sent, to be sent back with the delay since it came.</summary>
    private struct Echo(uint ssrc, uint ntpMiddle, long arrivalNs)
    {
        /// <summary>LSR and DLSR (§6.4.1) when the time is this source's; zeros when none of its came.</summary>
        public readonly (uint Last, uint Delay) AnswerTo(uint source, long nowNs) =>
            ntpMiddle == 0 || ssrc != source ? (0, 0) : (ntpMiddle, Delay(nowNs));

        /// <summary>The same for a DLRR block, once: a time that was answered is not answered again.</summary>
        public (uint Ssrc, uint Last, uint Delay)? Take(long nowNs)
        {
            if (ntpMiddle == 0)
                return null;
            var answer = (ssrc, ntpMiddle, Delay(nowNs));
            ntpMiddle = 0;
            return answer;
        }

        private readonly uint Delay(long nowNs) => (uint)((nowNs - arrivalNs) * ShortUnit / 1e9);
    }
}
