namespace OCPlatform.Contracts.Calls;

/// <summary>Packets and quality of a call's audio. Counts of packets, times in ms.</summary>
public sealed record MediaQuality(
    long PacketsReceived,
    long PacketsSent,
    long PacketsLost,
    long PacketsLate,
    long PacketsDuplicate,
    double JitterMs,
    double ConcealedMs
)
{
    /// <summary>What the peer sends, as measured here; null before its first packet, and in records of older versions.</summary>
    public StreamQuality? Inbound { get; init; }

    /// <summary>What we send, as the peer reports it by RTCP; null when it reports nothing.</summary>
    public StreamQuality? Outbound { get; init; }

    /// <summary>By RTCP; null when the peer reports nothing.</summary>
    public double? RoundTripMs { get; init; }
}

/// <summary>The listeners whom a MOS speaks for: those of telephones, or of wideband ones, who expect more.</summary>
public enum QualityScale
{
    Narrowband,
    Wideband,
}

/// <summary>One direction of a call's audio, over the whole call so far. Shares are 0–1; null is what nobody measured.</summary>
public sealed record StreamQuality
{
    /// <summary>As in SDP: PCMU, G722, opus.</summary>
    public string Codec { get; init; } = "";

    /// <summary>A MOS is to be compared only with others of its scale (ITU-T G.107, G.107.1).</summary>
    public QualityScale Scale { get; init; }

    /// <summary>Packets that never came.</summary>
    public double LossShare { get; init; }

    /// <summary>Packets that came too late to be played.</summary>
    public double? LateShare { get; init; }

    /// <summary>Bursts of loss (RFC 3611 §4.7.2): share of packets missing within them, and their mean length.</summary>
    public double? BurstLossShare { get; init; }
    public double? BurstMs { get; init; }

    /// <summary>The time between bursts.</summary>
    public double? GapLossShare { get; init; }
    public double? GapMs { get; init; }

    /// <summary>The most time that was missing in one piece.</summary>
    public double? LongestLossMs { get; init; }

    /// <summary>Interarrival jitter (RFC 3550 A.8).</summary>
    public double JitterMs { get; init; }

    /// <summary>One way, mouth to ear; null while the round trip is not known.</summary>
    public double? DelayMs { get; init; }

    /// <summary>Audio made up in place of what was missing.</summary>
    public double? ConcealedMs { get; init; }

    /// <summary>R of the E-model for listening: up to 93.2, on the wideband scale up to 129.</summary>
    public double R { get; init; }

    /// <summary>Estimated mean opinion of listening quality, 1–4.5.</summary>
    public double MosLq { get; init; }

    /// <summary>Estimated mean opinion of conversational quality, delay included; null while the delay is not known.</summary>
    public double? MosCq { get; init; }

    /// <summary>Outbound: the peer's own estimates (RTCP XR).</summary>
    public double? ReportedMosLq { get; init; }
    public double? ReportedMosCq { get; init; }
}
