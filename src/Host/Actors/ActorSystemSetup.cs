using System.Net;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Event;
using Akka.Hosting;
using Akka.Logger.Serilog;
using Akka.Remote.Hosting;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Telemetry;
using ClusterOptions = Akka.Cluster.Hosting.ClusterOptions;

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

    private static AkkaConfigurationBuilder AddMembership(this AkkaConfigurationBuilder akka, PlatformOptions options)
    {
        var cluster = options.Cluster;
        akka.WithRemoting(
            new RemoteOptions
            {
                // Behind a NAT or in a container the name that others use is not one this machine can bind.
                HostName = IPAddress.TryParse(cluster.Host, out _) ? cluster.Host : IPAddress.Any.ToString(),
                PublicHostName = cluster.Host,
                Port = cluster.Port,
            }
        );
        akka.WithClustering(
            new ClusterOptions
            {
                Roles = [.. options.Node.Roles.Distinct().Select(role => KeyNames.Camel(role.ToString()))],
                SeedNodes = [.. cluster.SeedNodes.Select(seed => $"akka.tcp://{SystemName}@{seed}")],
            }
        );
        if (cluster.SeedNodes.Count == 0)
        {
            // Port 0 is known only now, so a node alone cannot name itself as seed in the configuration.
            akka.AddStartup(
                (system, _) =>
                {
                    var self = Akka.Cluster.Cluster.Get(system);
                    self.Join(self.SelfAddress);
                }
            );
        }
        return akka;
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
