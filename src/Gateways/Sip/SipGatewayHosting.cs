using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Gateways.Sip;

/// <summary>Puts the SIP gateway into a node.</summary>
public static class SipGatewayHosting
{
    /// <summary>Registers the gateway's options and status. Throws <see cref="ArgumentException"/> when a trunk or user is wrong.</summary>
    public static IServiceCollection AddSipGateway(this IServiceCollection services, SipGatewayOptions options)
    {
        _ = new Callers(options, TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<SipGatewayStatus>();
        return services;
    }

    /// <summary>Starts the gateway actor. When its socket cannot be bound it tries again, and health says so.</summary>
    public static AkkaConfigurationBuilder AddSipGatewayActor(this AkkaConfigurationBuilder builder) =>
        builder.WithActors(
            (system, registry, resolver) =>
            {
                var gateway = system.ActorOf(resolver.Props<SipGateway>(), "sip-gateway");
                registry.Register<SipGatewayKey>(gateway);
            }
        );
}
