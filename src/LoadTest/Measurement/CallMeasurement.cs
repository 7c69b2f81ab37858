namespace OCPlatform.LoadTest;

/// <summary>How a call ended, from the caller's side.</summary>
public enum CallOutcome
{
    /// <summary>The script was through, and the caller hung up.</summary>
    Completed,

    /// <summary>The agent hung up when every line had been said.</summary>
    AgentHungUp,

    /// <summary>The hold time was over.</summary>
    HoldOver,

    /// <summary>The run was stopped; the call counts neither as good nor as failed.</summary>
    Stopped,

    /// <summary>A final response other than 2xx; the cause names it.</summary>
    Rejected,

    /// <summary>No final response in time.</summary>
    NoAnswer,

    /// <summary>An answer whose SDP cannot be used.</summary>
    BadAnswer,

    /// <summary>Answered, but no audio came.</summary>
    NoAudio,
    NoGreeting,
    NoReply,

    /// <summary>The agent hung up with lines still to be said.</summary>
    AgentHungUpEarly,

    /// <summary>The script waited for the agent to hang up, and it did not.</summary>
    AgentStayed,

    /// <summary>The audio stopped for good in the middle of the call.</summary>
    AudioLost,

    /// <summary>The harness itself could not: no port, no socket. The cause says what.</summary>
    HarnessFault,
}

/// <summary>All that was measured of one call.</summary>
public sealed record CallMeasurement
{
    public required int Index { get; init; }

    /// <summary>The SIP Call-ID.</summary>
    public required string CallId { get; init; }
    public required string Scenario { get; init; }
    public required CallOutcome Outcome { get; init; }

    /// <summary>In words, for a failed call: <c>503 Service Unavailable</c>, <c>no reply to “are you open”</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>When the INVITE was sent, since the start of the run.</summary>
    public required TimeSpan StartedAt { get; init; }

    /// <summary>INVITE to the response; null when it did not come.</summary>
    public TimeSpan? Trying { get; init; }
    public TimeSpan? Ringing { get; init; }
    public TimeSpan? Answer { get; init; }

    /// <summary>Answer to the end.</summary>
    public TimeSpan? Duration { get; init; }

    public string? Codec { get; init; }
    public TimeSpan? Greeting { get; init; }
    public TimeSpan LongestWait { get; init; }
    public int DeadAirs { get; init; }
    public bool AgentHungUp { get; init; }
    public IReadOnlyList<TurnMeasurement> Turns { get; init; } = [];
    public PacketMeasurement Packets { get; init; } = new();
    public ContinuityMeasurement Continuity { get; init; } = new();

    /// <summary>Lines said again because the line broke.</summary>
    public int LinesRepeated { get; init; }

    /// <summary>Targets tried; the last one is that which took or refused the call.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The greeting as a recogniser understood what arrived; null: not asked for.</summary>
    public string? HeardGreeting { get; init; }

    /// <summary>The recording, when audio is saved.</summary>
    public string? AudioFile { get; init; }

    /// <summary>Answered, and failed in the middle.</summary>
    public bool Dropped => Failed && Answer is not null && Outcome != CallOutcome.HarnessFault;

    public bool Failed => Outcome >= CallOutcome.Rejected;

    /// <summary>INVITE to 180 or 183; to 200 where neither came.</summary>
    public TimeSpan? Setup => Ringing ?? Answer;
}
