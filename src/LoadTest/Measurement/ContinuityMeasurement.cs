namespace OCPlatform.LoadTest;

/// <summary>The audio of an answered call went to another address by a re-INVITE (or UPDATE) of the platform.</summary>
/// <param name="At">When the platform's offer came.</param>
/// <param name="From">Address and port of the platform's media before.</param>
/// <param name="To">Address and port after.</param>
public sealed record CallMove(TimeSpan At, string From, string To)
{
    /// <summary>The longest time without a packet around the move: what the caller heard as a dead line.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>Agent's last sample before the gap to its next one, when the gap cut its speech; null otherwise.</summary>
    public TimeSpan? SpeechGap { get; init; }

    /// <summary>How long after the move packets of another source still came.</summary>
    public TimeSpan StrangerLasted { get; init; }
}

/// <summary>A time without a packet from the source that the caller listens to.</summary>
/// <param name="FromSource">SSRC of the last packet before.</param>
/// <param name="ToSource">SSRC of the first packet after; 0 when none came.</param>
public sealed record AudioGap(TimeSpan Start, TimeSpan End, uint FromSource, uint ToSource)
{
    public TimeSpan Length => End - Start;
}

/// <summary>How unbroken one call's audio was.</summary>
public sealed record ContinuityMeasurement
{
    /// <summary>Offers of the platform within the call.</summary>
    public int Reinvites { get; init; }

    public IReadOnlyList<CallMove> Moves { get; init; } = [];

    /// <summary>Gaps of 200 ms and more, in order.</summary>
    public IReadOnlyList<AudioGap> Gaps { get; init; } = [];

    /// <summary>The longest time without a packet, of whatever length.</summary>
    public TimeSpan LongestGap { get; init; }

    /// <summary>Two sources spoke at the same time for so long.</summary>
    public TimeSpan TwoAgents { get; init; }

    /// <summary>Packets of the call's codec that came from sources which it did not listen to.</summary>
    public long StrangerPackets { get; init; }
}
