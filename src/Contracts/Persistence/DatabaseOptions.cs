using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Contracts.Persistence;

public enum DatabaseProvider
{
    Sqlite,
    Postgres,
}

/// <summary>What becomes of new calls while the database is away.</summary>
public enum DatabaseAwayPolicy
{
    Refuse,
    Accept,
}

/// <summary>Where the journal, the call records and the agent's own tables live.</summary>
public sealed class DatabaseOptions
{
    /// <summary>`sqlite` for one node, `postgres` for a cluster.</summary>
    public DatabaseProvider Provider { get; set; } = DatabaseProvider.Sqlite;

    /// <summary>SQLite: the database file; its folder is made when missing.</summary>
    [Required]
    public string Path { get; set; } = "data/ocplatform.db";

    /// <summary>PostgreSQL: the connection string. Secret: prefer the environment.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Events that this node keeps in memory while the database is away; an event is about 1 kB. Beyond them calls go on
    /// without their journal. Events.
    /// </summary>
    [Range(1_000, 10_000_000)]
    public int BufferEvents { get; set; } = 100_000;

    /// <summary>As many of them may belong to one call or conversation. Events.</summary>
    [Range(100, 1_000_000)]
    public int BufferEventsPerEntity { get; set; } = 5_000;
}
