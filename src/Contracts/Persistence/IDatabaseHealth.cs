namespace OCPlatform.Contracts.Persistence;

/// <summary>
/// Whether the database is there, as far as this node knows. Cheap enough to be asked for each INVITE, by any thread.
/// </summary>
public interface IDatabaseHealth
{
    bool IsAway { get; }

    /// <summary>What it said last, or how it kept silent; null while it is there.</summary>
    string? Cause { get; }

    /// <summary>Somebody has just got an answer.</summary>
    void Succeeded();

    /// <summary>Somebody has just been refused, or has got no answer in time.</summary>
    void Failed(string cause);
}

/// <summary>A database of which nobody doubts that it is there: for tests and parts without one.</summary>
public sealed class PresentDatabase : IDatabaseHealth
{
    public static readonly PresentDatabase Instance = new();

    public bool IsAway => false;

    public string? Cause => null;

    public void Succeeded() { }

    public void Failed(string cause) { }
}
