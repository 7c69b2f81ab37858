namespace OCPlatform.Host.Doctor;

public enum Grade
{
    Good,

    /// <summary>The platform runs, but a person may want to know.</summary>
    Advice,
    Wrong,
}

/// <summary>What an examination found; a remedy is a command or a setting, not a hint.</summary>
public sealed record Finding(Grade Grade, string Subject, string Words, string? Remedy = null);
