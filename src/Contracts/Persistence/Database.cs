using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace OCPlatform.Contracts.Persistence;

/// <summary>Opens connections to the one database, whichever provider it is.</summary>
public sealed class Database
{
    private readonly DatabaseOptions _options;

    /// <param name="options">Provider and place.</param>
    /// <exception cref="ArgumentException">PostgreSQL without a connection string.</exception>
    public Database(DatabaseOptions options)
    {
        _options = options;
        if (options.Provider == DatabaseProvider.Postgres)
        {
            if (string.IsNullOrWhiteSpace(options.ConnectionString))
            {
                throw new ArgumentException("database.connectionString is missing; provider 'postgres' needs it.");
            }
            ConnectionString = options.ConnectionString;
        }
        else
        {
            if (Path.GetDirectoryName(Path.GetFullPath(options.Path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }
            ConnectionString = new SqliteConnectionStringBuilder
            {
                DataSource = options.Path,
                Cache = SqliteCacheMode.Default,
                DefaultTimeout = 10,
            }.ToString();
        }
    }

    public DatabaseProvider Provider => _options.Provider;

    public string ConnectionString { get; }

    /// <summary>An open connection; SQLite in WAL mode, so that readers never stop the journal.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellation = default)
    {
        DbConnection connection =
            Provider == DatabaseProvider.Postgres
                ? new NpgsqlConnection(ConnectionString)
                : new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellation);
        if (Provider == DatabaseProvider.Sqlite)
        {
            await using var command = connection.CreateCommand();
            // NORMAL in WAL mode survives a killed process; only a power cut may lose the last commits.
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;";
            await command.ExecuteNonQueryAsync(cancellation);
        }
        return connection;
    }

    /// <summary>Asks for as little as shows that the database is there and could be written to.</summary>
    public async Task TouchAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var command = connection.CreateCommand();
        // SQLite is a file: a lock for writing each second would only stand in the way of the journal.
        command.CommandText =
            Provider == DatabaseProvider.Sqlite ? "PRAGMA schema_version;" : "SET TRANSACTION READ WRITE; SELECT 1;";
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
