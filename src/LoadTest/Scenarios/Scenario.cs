namespace OCPlatform.LoadTest;

/// <summary>What the caller does when every line is said.</summary>
public enum ScenarioEnd
{
    /// <summary>Hang up after the last reply; the agent may be faster.</summary>
    HangUp,

    /// <summary>Wait for the agent to hang up; the call has failed when it does not.</summary>
    WaitForAgent,
}

/// <summary>What a caller says and how long it waits. Read from YAML by <see cref="ScenarioReader"/>.</summary>
public sealed record Scenario
{
    public required string Name { get; init; }

    /// <summary>A flite voice for every line that names none; null: the run's own voices by turns.</summary>
    public string? Voice { get; init; }

    /// <summary>The caller lets the agent speak first; false: the first line is said as soon as the call is answered.</summary>
    public bool Greeting { get; init; } = true;

    /// <summary>How long the agent may take to begin to speak before the call has failed.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which the agent has finished speaking.</summary>
    public TimeSpan EndOfSpeech { get; init; } = TimeSpan.FromMilliseconds(800);

    public ScenarioEnd End { get; init; } = ScenarioEnd.HangUp;

    /// <summary>After the last line comes the first one again, until the run's hold time is over.</summary>
    public bool Repeat { get; init; }

    public IReadOnlyList<ScenarioLine> Lines { get; init; } = [];
}

/// <summary>One turn of the caller.</summary>
public abstract record ScenarioLine
{
    /// <summary>Pause between the end of the agent's speech and this line.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Begin to speak this long after the agent began, while it still speaks; null: let it finish.</summary>
    public TimeSpan? BargeIn { get; init; }

    /// <summary>The call has failed when the agent does not answer this line.</summary>
    public bool ReplyRequired { get; init; } = true;
}

/// <summary>Text for a flite voice.</summary>
public sealed record SayLine(string Text, string? Voice = null) : ScenarioLine;

/// <summary>A recording: WAV, 16-bit PCM, any rate.</summary>
public sealed record WavLine(string Path) : ScenarioLine;

/// <summary>Digits as telephone-events (RFC 4733).</summary>
public sealed record DtmfLine(string Digits) : ScenarioLine;

/// <summary>Says nothing until the agent speaks, or this long.</summary>
public sealed record SilenceLine(TimeSpan Duration) : ScenarioLine;
