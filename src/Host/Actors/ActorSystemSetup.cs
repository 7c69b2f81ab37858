using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using Akka.Logger.Serilog;
using OCPlatform.Contracts.Journaling;
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
        Database database,
        IDatabaseHealth health
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
            .AddJournal(options, database, health);
    }

    private static AkkaConfigurationBuilder AddJournal(
        this AkkaConfigurationBuilder akka,
        PlatformOptions options,
        Database database,
        IDatabaseHealth health
    ) =>
        akka.AddSetup(SqlJournal.Connection(database))
            .AddSetup(new JournalSetup(options.Database, health))
            .AddHocon(SqlJournal.Defaults, HoconAddMode.Append)
            .AddHocon(SqlJournal.Place(database), HoconAddMode.Prepend);

    /// <summary>
    /// Stands in for Akka's logger of the moments in which no other one is there (the system's last words). It writes to
    /// the terminal whatever akka.stdout-loglevel says.
    /// </summary>
    private sealed class SilentLogger : MinimalLogger
    {
        protected override void Log(object message) { }
    }
}
