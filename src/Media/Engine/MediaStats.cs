namespace OCPlatform.Media.Engine;

/// <summary>A session's counters since Start. Times in ms.</summary>
public sealed record MediaStats
{
    public long PacketsReceived { get; init; }
    public long BytesReceived { get; init; }
    public long PacketsSent { get; init; }

    /// <summary>RTP payload bytes and headers, without UDP and IP.</summary>
    public long BytesSent { get; init; }

    /// <summary>Expected by sequence number but never received (RFC 3550 A.3).</summary>
    public long PacketsLost { get; init; }

    /// <summary>Received after their moment had passed; their audio was concealed.</summary>
    public long PacketsLate { get; init; }
    public long PacketsDuplicate { get; init; }

    /// <summary>From somewhere else than the latched peer, or not valid RTP for this session: dropped.</summary>
    public long PacketsRejected { get; init; }

    /// <summary>Interarrival jitter (RFC 3550 A.8).</summary>
    public double JitterMs { get; init; }
    public double ConcealedMs { get; init; }

    /// <summary>The jitter buffer's present delay.</summary>
    public double DelayMs { get; init; }

    /// <summary>Round trip by RTCP (RFC 3550 §6.4.1), or null when the peer sends no reports.</summary>
    public double? RoundTripMs { get; init; }

    /// <summary>The peer's view of our stream, from its last report: loss as a fraction 0–1, jitter in ms.</summary>
    public double? RemoteLossFraction { get; init; }
    public double? RemoteJitterMs { get; init; }

    /// <summary>Ticks served more than 5 ms after their time.</summary>
    public long TicksLate { get; init; }

    /// <summary>Exceptions thrown by the sink.</summary>
    public long SinkFaults { get; init; }
}

/// <summary>What the engine as a whole does; read it every few seconds for metrics and overload control.</summary>
public sealed record MediaEngineStats
{
    public int Sessions { get; init; }
    public int PortsInUse { get; init; }
    public int PortsTotal { get; init; }

    /// <summary>Per clock thread.</summary>
    public required IReadOnlyList<MediaClockStats> Clocks { get; init; }

    /// <summary>The worst clock's share of its time spent working, 0–1; above ~0.8 take no new calls.</summary>
    public double Load => Clocks.Count == 0 ? 0 : Clocks.Max(c => c.Busy);

    /// <summary>The worst clock's lateness, p99 over the last 10 s, in µs.</summary>
    public int LatenessP99Micros => Clocks.Count == 0 ? 0 : Clocks.Max(c => c.LatenessP99Micros);
}

/// <param name="Sessions">Calls it carries now.</param>
/// <param name="Ticks">Slots served since the start.</param>
/// <param name="TicksSkipped">Slots given up because the thread was over 100 ms behind.</param>
/// <param name="Busy">Share of the time spent working, over the last 10 s, 0–1.</param>
/// <param name="LatenessP99Micros">End of a slot's work against its deadline, p99 over the last 10 s, in µs.</param>
/// <param name="LatenessMaxMicros">The same, worst over the last 10 s.</param>
public readonly record struct MediaClockStats(
    int Sessions,
    long Ticks,
    long TicksSkipped,
    double Busy,
    int LatenessP99Micros,
    int LatenessMaxMicros
);
