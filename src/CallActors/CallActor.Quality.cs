using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Quality;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    /// <summary>How the call's audio is at this moment; null without media.</summary>
    private MediaQuality? Quality()
    {
        if (_media is not { } media)
        {
            return null;
        }
        var stats = media.Stats;
        var quality = media.Quality;
        return new MediaQuality(
            stats.PacketsReceived,
            stats.PacketsSent,
            stats.PacketsLost,
            stats.PacketsLate,
            stats.PacketsDuplicate,
            Math.Round(stats.JitterMs, 2),
            stats.ConcealedMs
        )
        {
            Inbound = quality.Inbound is { } inbound ? Of(inbound) : null,
            Outbound = quality.Outbound is { } outbound ? Of(outbound) : null,
            RoundTripMs = Round(quality.RoundTripMs, 1),
        };
    }

    private static StreamQuality Of(in DirectionQuality direction) =>
        new()
        {
            Codec = direction.Codec.EncodingName(),
            Scale = direction.Wideband ? QualityScale.Wideband : QualityScale.Narrowband,
            LossShare = Math.Round(direction.LossShare, 5),
            LateShare = Round(direction.DiscardedShare, 5),
            BurstLossShare = Round(direction.BurstLossShare, 4),
            BurstMs = Round(direction.BurstMs, 0),
            GapLossShare = Round(direction.GapLossShare, 4),
            GapMs = Round(direction.GapMs, 0),
            LongestLossMs = Round(direction.LongestLossMs, 0),
            JitterMs = Math.Round(direction.JitterMs, 2),
            DelayMs = Round(direction.DelayMs, 1),
            ConcealedMs = Round(direction.ConcealedMs, 0),
            R = Math.Round(direction.R, 1),
            MosLq = Math.Round(direction.MosLq, 2),
            MosCq = Round(direction.MosCq, 2),
            ReportedMosLq = direction.ReportedMosLq,
            ReportedMosCq = direction.ReportedMosCq,
        };

    private static double? Round(double? value, int digits) => value is { } known ? Math.Round(known, digits) : null;
}
