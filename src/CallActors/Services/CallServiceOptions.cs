using System.ComponentModel.DataAnnotations;

namespace OCPlatform.CallActors.Services;

/// <summary>What a service does.</summary>
public enum CallServiceKind
{
    /// <summary>Sends back what it hears, through jitter buffer and codec: the classic line check.</summary>
    Echo,

    /// <summary>Plays a recording over and over.</summary>
    Play,

    /// <summary>Plays, listens (16 kHz, behind an energy gate), and records both directions.</summary>
    Record,
}

/// <summary>A number that is answered by a service instead of an agent.</summary>
public sealed class CallServiceOptions
{
    /// <summary>The called user part: a number or a name.</summary>
    [Required]
    public string Number { get; set; } = "";

    /// <summary>What it does: echo, play, record.</summary>
    public CallServiceKind Kind { get; set; }

    /// <summary>What play and record play: a WAV file of 16-bit PCM at 8, 16, 24 or 48 kHz. Empty: a few built-in notes.</summary>
    public string File { get; set; } = "";
}
