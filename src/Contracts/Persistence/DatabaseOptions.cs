using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Contracts.Persistence;

public enum DatabaseProvider
{
    Sqlite,
    Postgres,
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
}
