namespace OCPlatform.LoadTest;

/// <summary>A scenario with its audio ready: what one synthetic caller does. Immutable; shared by all calls that do it.</summary>
public sealed record CallerScript
{
    public required string Name { get; init; }
    public bool Greeting { get; init; } = true;
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan EndOfSpeech { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>How long a caller stays on a line that has gone dead.</summary>
    public TimeSpan LinePatience { get; init; } = TimeSpan.FromSeconds(15);
    public ScenarioEnd End { get; init; } = ScenarioEnd.HangUp;
    public bool Repeat { get; init; }

    /// <summary>The caller hangs up this long after the answer, wherever the script is; null: when it is through.</summary>
    public TimeSpan? Hold { get; init; }

    public IReadOnlyList<CallerLine> Lines { get; init; } = [];

    /// <summary>Says these lines one after the other, each after the agent's reply to the one before.</summary>
    public static CallerScript Speaking(params SpokenLine[] lines) =>
        new() { Name = "lines", Lines = [.. lines.Select(l => new CallerLine { Text = l.Text, Speech = l })] };
}

/// <summary>One turn of the caller, ready to send: speech, or digits, or (with neither) silence.</summary>
public sealed record CallerLine
{
    public required string Text { get; init; }
    public SpokenLine? Speech { get; init; }
    public string? Digits { get; init; }

    /// <summary>For a silent turn: how long the caller waits for the agent to speak.</summary>
    public TimeSpan Silence { get; init; }
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(400);
    public TimeSpan? BargeIn { get; init; }
    public bool ReplyRequired { get; init; } = true;
}
