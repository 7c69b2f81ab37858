using System.Net;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.DependencyInjection;
using Akka.Hosting;
using Akka.Remote.Hosting;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Host.Actors;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Telemetry;
using AkkaClusterOptions = Akka.Cluster.Hosting.ClusterOptions;
using ClusterOptions = OCPlatform.Host.Configuration.ClusterOptions;

namespace OCPlatform.Host.Membership;

/// <summary>How the node becomes a member of its cluster, and what watches over that. Timings: hocon/cluster.hocon.</summary>
public static class MembershipSetup
{
    /// <summary>Threads of their own for who tells the living from the dead; see hocon/dispatchers.hocon.</summary>
    private const string WatchDispatcher = "ocp.membership-dispatcher";

    /// <summary>What is told about the cluster.</summary>
    public static IServiceCollection AddClusterReports(this IServiceCollection services)
    {
        services.AddSingleton<MemberTimes>();
        services.AddHostedService<ClusterMetrics>();
        services.AddHostedService<DatabaseMetrics>();
        return services;
    }

    /// <summary>Remoting, cluster, the way into it, and the actors that watch it.</summary>
    public static AkkaConfigurationBuilder AddMembership(this AkkaConfigurationBuilder akka, PlatformOptions options)
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
            new AkkaClusterOptions
            {
                Roles = [.. options.Node.Roles.Distinct().Select(role => KeyNames.Camel(role.ToString()))],
                SeedNodes =
                    cluster.Discovery == ClusterDiscovery.Seeds
                        ? [.. cluster.SeedNodes.Select(seed => $"akka.tcp://{ActorSystemSetup.SystemName}@{seed}")]
                        : [],
            }
        );
        return akka.AddStartup(
            (system, _) =>
            {
                Watch(system, cluster);
                Join(system, cluster);
            }
        );
    }

    private static void Watch(ActorSystem system, ClusterOptions options)
    {
        var services = DependencyResolver.For(system).Resolver;
        var fence = services.GetService<NodeFence>();
        var time = services.GetService<TimeProvider>();
        var config = system.Settings.Config;
        var times = new FenceTimes(
            config.GetTimeSpan("ocp.fence.minority-after"),
            config.GetTimeSpan("ocp.fence.stood-still-after")
        );
        system.ActorOf(
            Props.Create(() => new FenceWatch(fence, times, time)).WithDispatcher(WatchDispatcher),
            "fence-watch"
        );
        var memberTimes = services.GetService<MemberTimes>();
        system.ActorOf(Props.Create(() => new MemberTimes.Keeper(memberTimes, time)), "member-times");
        if (options.CrashProof)
        {
            system.ActorOf(
                Props.Create(() => new CrashProbe(PortProbe.Try)).WithDispatcher(WatchDispatcher),
                "crash-probe"
            );
        }
    }

    private static void Join(ActorSystem system, ClusterOptions options)
    {
        if (options.Discovery == ClusterDiscovery.Dns)
        {
            var time = DependencyResolver.For(system).Resolver.GetService<TimeProvider>();
            system.ActorOf(
                Props.Create(() => new DnsDiscovery(options, Dns.GetHostAddressesAsync, time)),
                "dns-discovery"
            );
        }
        else if (options.SeedNodes.Count == 0)
        {
            // Port 0 is known only now, so a node alone cannot name itself as seed in the configuration.
            var self = Akka.Cluster.Cluster.Get(system);
            self.Join(self.SelfAddress);
        }
    }
}
