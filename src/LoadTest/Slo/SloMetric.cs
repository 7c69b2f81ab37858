namespace OCPlatform.LoadTest;

/// <summary>In what an SLO's limit is written.</summary>
public enum SloUnit
{
    Milliseconds,
    Count,
    Percent,
    Megabytes,
}

/// <summary>A figure an SLO can bound.</summary>
/// <param name="Name">As written in <c>--slo</c>, without the statistic.</param>
/// <param name="HasStatistics">Needs <c>.p50</c>, <c>.max</c> and so on behind its name.</param>
public sealed record SloMetric(string Name, SloUnit Unit, bool HasStatistics, string Meaning)
{
    /// <summary>Told by the platform's own metrics, not measured by the harness.</summary>
    public bool IsPlatform { get; init; }

    public static readonly IReadOnlyList<string> Statistics = ["min", "mean", "p50", "p90", "p95", "p99", "max"];

    public static readonly IReadOnlyList<SloMetric> All =
    [
        new("trying", SloUnit.Milliseconds, true, "INVITE to 100"),
        new("setup", SloUnit.Milliseconds, true, "INVITE to 180 or 183; to 200 where neither came"),
        new("answer", SloUnit.Milliseconds, true, "INVITE to 200"),
        new("greeting", SloUnit.Milliseconds, true, "200 to the agent's first speech"),
        new("v2v", SloUnit.Milliseconds, true, "voice to voice: end of the caller's speech to the start of the reply"),
        new("bargein", SloUnit.Milliseconds, true, "start of the caller's speech to the agent's silence"),
        new("late", SloUnit.Milliseconds, true, "packets: how much later than the call's fastest one"),
        new("silence", SloUnit.Milliseconds, true, "each call's longest wait for the agent to speak"),
        new("gap", SloUnit.Milliseconds, true, "each move of a call to another address: the time without a packet"),
        new(
            "gap.speech",
            SloUnit.Milliseconds,
            true,
            "moves that cut the agent's speech: its last sample to the next one"
        ),
        new("gap.longest", SloUnit.Milliseconds, true, "each call's longest time without a packet"),
        new("moves", SloUnit.Count, false, "moves of a call's audio to another address"),
        new("reinvites", SloUnit.Count, false, "offers of the platform within calls"),
        new("continued", SloUnit.Count, false, "calls that were moved and went on to their end"),
        new("dropped", SloUnit.Count, false, "answered calls that failed"),
        new("refused", SloUnit.Count, false, "calls that no target took"),
        new("twoagents", SloUnit.Count, false, "calls in which two sources spoke at once"),
        new("failed", SloUnit.Count, false, "calls that failed"),
        new("failed.percent", SloUnit.Percent, false, "calls that failed, of all that ended"),
        new("lost", SloUnit.Count, false, "packets lost"),
        new("lost.percent", SloUnit.Percent, false, "packets lost, of all expected"),
        new("late.percent", SloUnit.Percent, false, "packets more than 20 ms late, of all received"),
        new("deadair", SloUnit.Count, false, "waits for the agent longer than 2 s"),
        new("noreply", SloUnit.Count, false, "lines the agent did not answer in time"),
        new("talkover", SloUnit.Count, false, "lines into which the agent started to speak"),
        new("calls", SloUnit.Count, false, "calls that ended, failed ones included"),
        new("rss.max", SloUnit.Megabytes, false, "the platform's largest working set (needs --api)")
        {
            IsPlatform = true,
        },
        new(
            "rss.growth",
            SloUnit.Percent,
            false,
            "the platform's working set at the end against minute 2 (needs --api)"
        )
        {
            IsPlatform = true,
        },
        new("turns", SloUnit.Count, false, "turns with a voice-to-voice time"),
    ];
}
