using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Quality;

/// <summary>How a session sounds at this moment, from its beginning on, in both directions.</summary>
/// <param name="Inbound">What the peer sends, measured here; null before its first packet.</param>
/// <param name="Outbound">What we send, as the peer reports it by RTCP; null before its first report.</param>
/// <param name="RoundTripMs">By RTCP; null when the peer reports nothing.</param>
public sealed record SessionQuality(DirectionQuality? Inbound, DirectionQuality? Outbound, double? RoundTripMs);

/// <summary>One direction of a session. Shares are 0–1; null is what nobody measured.</summary>
public readonly record struct DirectionQuality
{
    public required AudioCodec Codec { get; init; }

    /// <summary>The scale of <see cref="R"/> and the MOS, see <see cref="EModel"/>.</summary>
    public bool Wideband { get; init; }

    /// <summary>Packets that never came.</summary>
    public double LossShare { get; init; }

    /// <summary>Packets that came too late to be played.</summary>
    public double? DiscardedShare { get; init; }

    /// <summary>Bursts and gaps of loss (RFC 3611 §4.7.2): share of packets missing within, and mean length.</summary>
    public double? BurstLossShare { get; init; }
    public double? BurstMs { get; init; }
    public double? GapLossShare { get; init; }
    public double? GapMs { get; init; }

    /// <summary>The most time that was missing in one piece.</summary>
    public double? LongestLossMs { get; init; }

    /// <summary>BurstR of G.107: 1 for random loss.</summary>
    public double BurstRatio { get; init; }

    /// <summary>Interarrival jitter (RFC 3550 A.8).</summary>
    public double JitterMs { get; init; }

    /// <summary>
    /// One way, mouth to ear: a packet's time, half the round trip, the jitter buffer. Null while the round trip is not known.
    /// </summary>
    public double? DelayMs { get; init; }

    /// <summary>Audio made up in place of what was missing.</summary>
    public double? ConcealedMs { get; init; }

    /// <summary>R of the E-model without delay: listening quality.</summary>
    public double R { get; init; }

    /// <summary>MOS-LQE: listening quality, estimated.</summary>
    public double MosLq { get; init; }

    /// <summary>MOS-CQE: conversational quality, estimated; null while the delay is not known.</summary>
    public double? MosCq { get; init; }

    /// <summary>Outbound: what the peer itself estimated (RTCP XR), by a model of its own.</summary>
    public double? ReportedMosLq { get; init; }
    public double? ReportedMosCq { get; init; }
}
