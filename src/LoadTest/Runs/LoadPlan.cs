using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.LoadTest;

/// <summary>How many calls, how fast, to whom, saying what.</summary>
public sealed record LoadPlan
{
    public required SipUri Target { get; init; }

    /// <summary>The target's resolved address.</summary>
    public required SipDestination Destination { get; init; }

    /// <summary>Calls in all; null: as many as <see cref="Duration"/> has room for.</summary>
    public int? Calls { get; init; }

    /// <summary>New calls a second.</summary>
    public double Rate { get; init; } = 5;

    /// <summary>How long new calls are started; null: until <see cref="Calls"/> are.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Calls at once; a call that is due beyond waits for one to end, and counts as held back.</summary>
    public int MaxConcurrent { get; init; } = 500;

    /// <summary>What the callers do; each call takes one at random.</summary>
    public required IReadOnlyList<CallerScript> Scripts { get; init; }

    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Pcmu, AudioCodec.Pcma];

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
