using System.Data.Common;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.Contracts.Journaling;

/// <summary>The journal plugin on the one database. Its tuning is hocon/persistence.hocon.</summary>
public static class SqlJournal
{
    /// <summary>How the plugin connects.</summary>
    public static DataOptionsSetup Connection(Database database)
    {
        var connection = new DataOptions().UseConnectionString(ProviderOf(database), database.ConnectionString);
        return new DataOptionsSetup(
            database.Provider == DatabaseProvider.Sqlite ? connection.UseInterceptor(new SqlitePragmas()) : connection
        );
    }

    /// <summary>Where it connects to; goes before the tuning.</summary>
    public static Config Place(Database database)
    {
        var place = $$"""
            connection-string = {{Quote(database.ConnectionString)}}
            provider-name = {{Quote(ProviderOf(database))}}
            """;
        return ConfigurationFactory.ParseString(
            $$"""
            akka.persistence.journal.sql { {{place}} }
            akka.persistence.query.journal.sql { {{place}} }
            """
        );
    }

    /// <summary>The plugin's own settings; goes behind the tuning.</summary>
    public static Config Defaults =>
        SqlPersistence.DefaultConfiguration.WithFallback(SqlPersistence.DefaultQueryConfiguration);

    private static string ProviderOf(Database database) =>
        database.Provider == DatabaseProvider.Postgres ? ProviderName.PostgreSQL15 : ProviderName.SQLiteMS;

    private static string Quote(string text) =>
        "\""
        + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        + "\"";

    /// <summary>
    /// SQLite keeps WAL mode in the file but these settings per connection. With synchronous=FULL every commit waits
    /// for the disk; NORMAL in WAL mode survives a killed process, and only a power cut may lose the last commits.
    /// </summary>
    private sealed class SqlitePragmas : ConnectionInterceptor
    {
        private const string Pragmas = "PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;";

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(
            ConnectionEventData eventData,
            DbConnection connection,
            CancellationToken cancellationToken
        )
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
