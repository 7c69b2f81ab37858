using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Placement;
using OCPlatform.CallActors.Records;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors;

/// <summary>Puts the calls into a node.</summary>
public static class CallHosting
{
    /// <summary>Role of the nodes that hold calls.</summary>
    public const string Role = "call";

    /// <summary>
    /// What calls are made of. The MediaEngine, the speech clients and the Database must be registered as well.
    /// </summary>
    /// <param name="nodeName">How records name this node.</param>
    public static IServiceCollection AddCalls(this IServiceCollection services, CallOptions options, string nodeName)
    {
        services.AddSingleton(options);
        services.AddSingleton<LiveCalls>();
        services.AddSingleton<MediaGhosts>();
        services.AddSingleton<CallMetrics>();
        services.AddSingleton<CallRecordStore>();
        services.AddSingleton<ICallRecords, CallRecords>();
        services.AddSingleton(new SpeechPump(options.SpeechPumpThreads));
        services.AddSingleton(s => new SpeechClients(
            s.GetRequiredService<SpeechToTextClient>(),
            s.GetRequiredService<TextToSpeechClient>(),
            // Not before the first audio: a call whose speech is broken is still answered, and ends with the cause.
            () => s.GetRequiredService<VoiceActivityModel>().Create()
        ));
        services.AddSingleton(s => new CallCaptures(options.Capture, s.GetRequiredService<TimeProvider>()));
        services.AddHostedService<CaptureKeeper>();
        services.AddSingleton(s =>
        {
            var plain = ActivatorUtilities.CreateInstance<CallServices>(s, nodeName);
            return plain with
            {
                Cluster = s.GetService<IClusterView>() ?? plain.Cluster,
                Captures = s.GetRequiredService<CallCaptures>(),
                Fence = s.GetService<NodeFence>() ?? new NodeFence(),
                Ghosts = s.GetRequiredService<MediaGhosts>(),
                Database = s.GetService<IDatabaseHealth>() ?? plain.Database,
            };
        });
        return services;
    }

    /// <summary>The shard region of the calls, the projection of their records, and the drain at shutdown.</summary>
    /// <param name="drain">How long calls may take to move to other nodes when this one is being stopped.</param>
    public static AkkaConfigurationBuilder AddCallActors(this AkkaConfigurationBuilder builder, TimeSpan drain) =>
        builder
            .WithNodeShards<CallRegion, CallActor>(
                ShardKind.Calls,
                Role,
                new CallShardExtractor(),
                CallCommands.LeaveNode.Instance
            )
            .WithSingleton<CallRecordProjection>(
                "call-records",
                (_, _, resolver) => resolver.Props<CallRecordProjection>(),
                new ClusterSingletonOptions { Role = Role },
                createProxyToo: false
            )
            .WithActors(
                (system, _, resolver) =>
                {
                    system.ActorOf(resolver.Props<MediaGhostKeeper>(), MediaGhostMessages.ActorName);
                    if (Cluster.Get(system).SelfRoles.Contains(Role))
                    {
                        system.ActorOf(resolver.Props<Witness>(), Witness.Name);
                        system.ActorOf(resolver.Props<ShardClaims>(), "shard-claims");
                    }
                }
            )
            .AddCallDrain(drain);

    /// <summary>
    /// Has the node's calls, conversations and gateway leave it before it stops. Needs <see cref="LiveCalls"/> and
    /// <see cref="MediaGhosts"/>, which stay none on a node without calls.
    /// </summary>
    internal static AkkaConfigurationBuilder AddCallDrain(this AkkaConfigurationBuilder builder, TimeSpan drain) =>
        builder
            .AddHocon(
                $"akka.coordinated-shutdown.phases.before-service-unbind.timeout = {CallDrain.PhaseTimeout(drain).TotalMilliseconds}ms",
                HoconAddMode.Prepend
            )
            .AddStartup(
                (system, registry) =>
                    CallDrain.Register(
                        system,
                        registry,
                        ServiceOf<NodeFence>(system),
                        () =>
                            new CallDrain(
                                system,
                                registry,
                                ServiceOf<LiveCalls>(system),
                                ServiceOf<MediaGhosts>(system),
                                ServiceOf<ClusterView>(system),
                                ServiceOf<TimeProvider>(system),
                                drain
                            )
                    )
            );

    private static T ServiceOf<T>(ActorSystem system)
        where T : notnull => Akka.DependencyInjection.DependencyResolver.For(system).Resolver.GetService<T>();
}
