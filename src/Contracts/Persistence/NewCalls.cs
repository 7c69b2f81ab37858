namespace OCPlatform.Contracts.Persistence;

/// <summary>Whether this node takes new calls, as far as the database is concerned. Cheap: asked for each INVITE.</summary>
public sealed class NewCalls(IDatabaseHealth health, DatabaseAwayPolicy whenAway)
{
    /// <summary>Takes them whatever becomes of the database.</summary>
    public static readonly NewCalls Always = new(PresentDatabase.Instance, DatabaseAwayPolicy.Accept);

    /// <summary>Why none are taken now; null when they are. It names no server: callers are told.</summary>
    public string? RefusedBecause =>
        whenAway == DatabaseAwayPolicy.Refuse && health.IsAway ? "the database is away" : null;
}
