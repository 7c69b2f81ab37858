using OCPlatform.Media.Codecs;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Quality;

/// <summary>From counters to <see cref="DirectionQuality"/>, and to the VoIP metrics that the peer is told (RFC 3611).</summary>
internal static class QualityRating
{
    /// <summary>The direction that we receive.</summary>
    /// <param name="packetMs">Time that a packet carries.</param>
    /// <param name="bufferDelayMs">From a packet's arrival to its playing.</param>
    public static DirectionQuality Inbound(
        AudioCodec codec,
        in BurstMetrics bursts,
        double packetMs,
        double jitterMs,
        double bufferDelayMs,
        double? roundTripMs,
        double concealedMs
    )
    {
        var quality = new DirectionQuality
        {
            Codec = codec,
            LossShare = bursts.LossShare,
            DiscardedShare = bursts.DiscardShare,
            BurstLossShare = bursts.BurstDensity,
            BurstMs = bursts.MeanBurstPackets * packetMs,
            GapLossShare = bursts.GapDensity,
            GapMs = bursts.MeanGapPackets * packetMs,
            LongestLossMs = bursts.LongestMissingRun * packetMs,
            BurstRatio = bursts.BurstRatio,
            JitterMs = jitterMs,
            DelayMs = packetMs + roundTripMs / 2 + bufferDelayMs,
            ConcealedMs = concealedMs,
        };
        return Rate(quality);
    }

    /// <summary>The direction that we send, as the peer reports it.</summary>
    /// <remarks>
    /// Whether and how the peer conceals is not known, unless its XR says that it does not: concealment is assumed. Without
    /// XR its jitter buffer is taken to hold twice the jitter, and loss to be random.
    /// </remarks>
    public static DirectionQuality Outbound(
        AudioCodec codec,
        in PeerReport report,
        in VoipMetrics? metrics,
        double packetMs,
        double? roundTripMs
    )
    {
        var jitterMs = report.Jitter * 1000.0 / codec.ClockRateHz();
        var loss = Math.Clamp((double)report.CumulativeLost / Math.Max(1, report.PacketsSent), 0, 1);
        var quality = new DirectionQuality
        {
            Codec = codec,
            LossShare = loss,
            BurstRatio = 1,
            JitterMs = jitterMs,
            DelayMs = packetMs + roundTripMs / 2 + 2 * jitterMs,
        };
        if (metrics is not { } said)
            return Rate(quality);
        quality = quality with
        {
            DiscardedShare = said.DiscardRate / 256.0,
            BurstLossShare = said.BurstDensity / 256.0,
            BurstMs = said.BurstMs,
            GapLossShare = said.GapDensity / 256.0,
            GapMs = said.GapMs,
            ReportedMosLq = MosOf(said.MosLq),
            ReportedMosCq = MosOf(said.MosCq),
            DelayMs = said.EndSystemMs > 0 ? roundTripMs / 2 + said.EndSystemMs : quality.DelayMs,
        };
        return Rate(quality);
    }

    /// <summary>What we tell the peer of its stream.</summary>
    public static VoipMetrics Metrics(
        uint ssrc,
        in DirectionQuality inbound,
        double? roundTripMs,
        double bufferDelayMs,
        int bufferMaximumMs
    ) =>
        new()
        {
            Ssrc = ssrc,
            LossRate = Share(inbound.LossShare),
            DiscardRate = Share(inbound.DiscardedShare),
            BurstDensity = Share(inbound.BurstLossShare),
            GapDensity = Share(inbound.GapLossShare),
            BurstMs = Ms(inbound.BurstMs),
            GapMs = Ms(inbound.GapMs),
            RoundTripMs = Ms(roundTripMs),
            EndSystemMs = Ms(inbound.DelayMs - roundTripMs / 2 ?? bufferDelayMs),
            SignalLevel = VoipMetrics.Unavailable,
            NoiseLevel = VoipMetrics.Unavailable,
            EchoReturnLoss = VoipMetrics.Unavailable,
            Gmin = BurstMeter.Gmin,
            // The field ends at 100, and says nothing of scales (§4.7.5).
            RFactor = (byte)Math.Round(inbound.Wideband ? inbound.R / 1.29 : inbound.R),
            ExternalRFactor = VoipMetrics.Unavailable,
            MosLq = Tenths(inbound.MosLq),
            MosCq = Tenths(inbound.MosCq),
            ReceiverConfiguration = VoipMetrics.StandardConcealmentAdaptiveBuffer,
            BufferNominalMs = Ms(bufferDelayMs),
            BufferMaximumMs = Ms(bufferMaximumMs),
            BufferAbsoluteMaximumMs = Ms(bufferMaximumMs),
        };

    private static DirectionQuality Rate(in DirectionQuality quality)
    {
        var missing = Math.Min(1, quality.LossShare + (quality.DiscardedShare ?? 0));
        var input = new EModelInput(
            CodecImpairment.Of(quality.Codec),
            missing,
            quality.BurstRatio,
            quality.DelayMs ?? 0
        );
        return quality with
        {
            Wideband = input.Codec.Wideband,
            R = EModel.ListeningR(input),
            MosLq = EModel.ListeningMos(input),
            MosCq = quality.DelayMs is null ? null : EModel.ConversationalMos(input),
        };
    }

    private static double? MosOf(byte tenths) => tenths is >= 10 and <= 50 ? tenths / 10.0 : null;

    private static byte Share(double? share) => (byte)Math.Min(255, (share ?? 0) * 256);

    private static byte Tenths(double? mos) =>
        mos is { } known ? (byte)Math.Round(known * 10) : VoipMetrics.Unavailable;

    private static ushort Ms(double? ms) => (ushort)Math.Clamp(Math.Round(ms ?? 0), 0, ushort.MaxValue);
}
