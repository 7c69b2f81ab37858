using System.Data.Common;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using Akka.Logger.Serilog;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Membership;
using OCPlatform.Host.Telemetry;

namespace OCPlatform.Host.Actors;

/// <summary>The actor system of a node: tuning from hocon/*.hocon, the rest from the options.</summary>
public static class ActorSystemSetup
{
    public const string SystemName = "ocp";

    /// <summary>Lowest priority first: a later file may override an earlier one.</summary>
    private static readonly string[] HoconFiles = ["akka", "dispatchers", "cluster", "sharding", "persistence"];

    public static AkkaConfigurationBuilder AddNode(
        this AkkaConfigurationBuilder akka,
        PlatformOptions options,
        Database database
    )
    {
        foreach (var file in HoconFiles)
        {
            akka.AddHoconFile(Path.Combine(AppContext.BaseDirectory, "hocon", $"{file}.hocon"), HoconAddMode.Prepend);
        }
        return akka.ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.LogLevel = LogSetup.AkkaLevelOf(options.Log.Level);
                loggers.AddLogger<SerilogLogger>();
            })
            .AddHocon(
                $"akka.stdout-logger-class = \"{typeof(SilentLogger).AssemblyQualifiedName}\"",
                HoconAddMode.Prepend
            )
            .AddMembership(options)
            .AddJournal(database);
    }

    private static AkkaConfigurationBuilder AddJournal(this AkkaConfigurationBuilder akka, Database database)
    {
        var provider =
            database.Provider == DatabaseProvider.Postgres ? ProviderName.PostgreSQL15 : ProviderName.SQLiteMS;
        var connection = new DataOptions().UseConnectionString(provider, database.ConnectionString);
        if (database.Provider == DatabaseProvider.Sqlite)
        {
            connection = connection.UseInterceptor(new SqlitePragmas());
        }
        akka.AddSetup(new DataOptionsSetup(connection));
        akka.AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append);
        akka.AddHocon(SqlPersistence.DefaultQueryConfiguration, HoconAddMode.Append);
        var place = $$"""
            connection-string = {{Quote(database.ConnectionString)}}
            provider-name = {{Quote(provider)}}
            """;
        return akka.AddHocon(
            ConfigurationFactory.ParseString(
                $$"""
                akka.persistence.journal.sql { {{place}} }
                akka.persistence.query.journal.sql { {{place}} }
                """
            ),
            HoconAddMode.Prepend
        );
    }

    private static string Quote(string text) =>
        "\""
        + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
        + "\"";

    /// <summary>
    /// Stands in for Akka's logger of the moments in which no other one is there (the system's last words). It writes to
    /// the terminal whatever akka.stdout-loglevel says.
    /// </summary>
    private sealed class SilentLogger : MinimalLogger
    {
        protected override void Log(object message) { }
    }

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
