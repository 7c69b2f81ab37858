using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCPlatform.LoadTest;

/// <summary>The report of a run as JSON has it (docs/load-testing.md). Times in ms unless the name says otherwise.</summary>
public sealed record LoadReport
{
    public const string CurrentSchema = "ocplatform-load/1";

    public string Schema { get; init; } = CurrentSchema;
    public required DateTimeOffset StartedAt { get; init; }
    public required double ElapsedSeconds { get; init; }
    public required PlanReport Plan { get; init; }
    public required CallCounts Calls { get; init; }
    public required IReadOnlyDictionary<string, int> Failures { get; init; }

    /// <summary>By the names objectives use; null where nothing was measured.</summary>
    public required IReadOnlyDictionary<string, Summary?> Times { get; init; }
    public required IReadOnlyDictionary<string, double?> Counts { get; init; }
    public required PacketCounts Packets { get; init; }
    public required IReadOnlyList<SloReport> Slos { get; init; }
    public required HarnessReport Harness { get; init; }

    /// <summary>What the platform says of itself; null when no API was given.</summary>
    public PlatformReport? Platform { get; init; }
    public required IReadOnlyList<CallReport> CallList { get; init; }

    /// <summary>No objective was missed and, where none speaks of failures, no call failed.</summary>
    public required bool Passed { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, LoadReportJson.Readable.LoadReport);
}

public sealed record PlanReport(
    string Target,
    int? Calls,
    double Rate,
    double? DurationSeconds,
    double? HoldSeconds,
    int MaxConcurrent,
    IReadOnlyList<string> Scenarios,
    IReadOnlyList<string> Codecs,
    int Seed
);

public sealed record CallCounts(int Started, int Ended, int Failed, int Stopped, int PeakConcurrent, int HeldBack);

public sealed record PacketCounts(
    long Sent,
    long Received,
    long Lost,
    long Late,
    long OutOfOrder,
    long Duplicate,
    long TimestampJumps
);

/// <param name="Figure">In the unit of the objective: ms, a count or percent; null when it was never measured.</param>
public sealed record SloReport(string Objective, double? Figure, bool Met);

/// <param name="ClockLateP99">How late the harness' own media clock was at worst; its measurements are as exact as that.</param>
public sealed record HarnessReport(
    double CpuSeconds,
    double CpuPercentOfOneCore,
    double CpuMsPerCallSecond,
    double ClockLateP99,
    double PeakRssMb
);

public sealed record CallReport
{
    public required int Index { get; init; }
    public required string CallId { get; init; }
    public required string Scenario { get; init; }
    public required CallOutcome Outcome { get; init; }
    public string? Cause { get; init; }
    public required double StartedAt { get; init; }
    public double? Trying { get; init; }
    public double? Ringing { get; init; }
    public double? Answer { get; init; }
    public double? Duration { get; init; }
    public string? Codec { get; init; }
    public double? Greeting { get; init; }
    public double LongestWait { get; init; }
    public int DeadAirs { get; init; }
    public bool AgentHungUp { get; init; }

    /// <summary>What a recogniser understood of the greeting that arrived; null without --transcribe.</summary>
    public string? HeardGreeting { get; init; }
    public required PacketMeasurement Packets { get; init; }
    public required ContinuityReport Continuity { get; init; }
    public string? AudioFile { get; init; }
    public required IReadOnlyList<TurnReport> Turns { get; init; }

    /// <summary>The same call in the platform's own record; null without --api.</summary>
    public PlatformCall? Platform { get; init; }
}

/// <summary>Whether the audio went on: moves by re-INVITE, gaps of 200 ms and more, other voices.</summary>
public sealed record ContinuityReport
{
    public required int Reinvites { get; init; }
    public required IReadOnlyList<MoveReport> Moves { get; init; }
    public required double LongestGap { get; init; }

    /// <summary>Pairs of begin and end.</summary>
    public required IReadOnlyList<double[]> Gaps { get; init; }
    public required double TwoAgents { get; init; }
    public required long StrangerPackets { get; init; }
    public required int LinesRepeated { get; init; }
    public required int Attempts { get; init; }
}

/// <summary>One move; the gap is the time without a packet, the speech gap that without the agent's voice.</summary>
public sealed record MoveReport(
    double At,
    string From,
    string To,
    double Gap,
    double? SpeechGap,
    double StrangerLasted
);

/// <summary>Moments are ms since the start of the harness, as <see cref="CallReport.StartedAt"/> is.</summary>
public sealed record TurnReport
{
    public required string Text { get; init; }
    public required double CallerStart { get; init; }
    public required double CallerEnd { get; init; }
    public double? ReplyStart { get; init; }
    public double? ReplyEnd { get; init; }
    public double? VoiceToVoice { get; init; }
    public double? BargeIn { get; init; }
    public bool BargeInMissed { get; init; }
    public bool TalkedOver { get; init; }
    public bool NoReply { get; init; }
    public bool Interrupted { get; init; }
    public double Wait { get; init; }

    /// <summary>What a recogniser understood of the reply that arrived; null without --transcribe.</summary>
    public string? Heard { get; init; }
}

[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadReportJson : JsonSerializerContext
{
    public static LoadReportJson Readable { get; } =
        new(
            new JsonSerializerOptions
            {
                WriteIndented = true,
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                Converters = { new JsonStringEnumConverter<CallOutcome>() },
                // “<” as it is: the report is a file and never part of a page.
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
