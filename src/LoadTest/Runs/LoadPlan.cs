using OCPlatform.Media.Codecs;

namespace OCPlatform.LoadTest;

/// <summary>How many calls, how fast, to whom, saying what.</summary>
public sealed record LoadPlan
{
    /// <summary>Whom to call, resolved: calls go round, and to the next one where a target does not take them.</summary>
    public required IReadOnlyList<CallTarget> Targets { get; init; }

    /// <summary>Calls in all; null: as many as <see cref="Duration"/> has room for.</summary>
    public int? Calls { get; init; }

    /// <summary>New calls a second.</summary>
    public double Rate { get; init; } = 5;

    /// <summary>How long new calls are started; null: until <see cref="Calls"/> are.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Calls at once; a call that is due beyond waits for one to end, and counts as held back.</summary>
    public int MaxConcurrent { get; init; } = 500;

    /// <summary>What the callers do; each call takes one at random, or by turns with <see cref="ScriptsByTurns"/>.</summary>
    public required IReadOnlyList<CallerScript> Scripts { get; init; }

    /// <summary>The call of index n takes script n, beginning anew after the last one.</summary>
    public bool ScriptsByTurns { get; init; }

    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Pcmu, AudioCodec.Pcma];

    /// <summary>Told of each call as it is answered, on any thread.</summary>
    public Action<LiveCall>? OnAnswered { get; init; }

    /// <summary>Told of each call as it ends, on any thread.</summary>
    public Action<CallMeasurement>? OnEnded { get; init; }

    /// <summary>Folder for the recordings of the calls; null: none are kept.</summary>
    public string? AudioFolder { get; init; }

    /// <summary>Keep what was heard of the agent, for a transcript after the run.</summary>
    public bool KeepHeard { get; init; }

    /// <summary>Makes the choice of scripts repeatable.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>When the call with this 0-based number is due, since the start; null: it is not part of the plan.</summary>
    public TimeSpan? DueAt(int index)
    {
        var due = TimeSpan.FromSeconds(index / Rate);
        return index >= Calls || due >= Duration ? null : due;
    }
}
