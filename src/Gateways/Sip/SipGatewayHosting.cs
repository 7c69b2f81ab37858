using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Gateways.Sip.Messaging;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;

namespace OCPlatform.Gateways.Sip;

/// <summary>Puts the SIP gateway into a node.</summary>
public static class SipGatewayHosting
{
    /// <summary>
    /// Registers the gateway's options and status. Throws <see cref="ArgumentException"/> when a trunk, user or listener is
    /// wrong, or a certificate cannot be loaded.
    /// </summary>
    public static IServiceCollection AddSipGateway(this IServiceCollection services, SipGatewayOptions options)
    {
        _ = new Callers(options, TimeProvider.System);
        _ = new SipListeners(options);
        services.AddSingleton(options);
        services.AddSingleton<SipGatewayStatus>();
        services.TryAddSingleton<ISpendGuard, RatedSpendGuard>();
        services.AddSingleton(provider =>
        {
            var plain = OutboundServices.Default();
            return plain with
            {
                Spend = provider.GetRequiredService<ISpendGuard>(),
                Registrations = provider.GetService<IRegistrations>() ?? plain.Registrations,
            };
        });
        return services;
    }

    /// <summary>
    /// Registers what REGISTER, MESSAGE and SUBSCRIBE need; the database and the chat's options come from elsewhere.
    /// </summary>
    /// <param name="node">Whose registrations those are, in the database.</param>
    public static IServiceCollection AddSipServices(
        this IServiceCollection services,
        SipGatewayOptions options,
        string node
    )
    {
        services.AddSingleton(provider => new Registrations(
            options.Registrar,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<IRegistrations>(provider => provider.GetRequiredService<Registrations>());
        services.AddSingleton(provider => new BindingStore(provider.GetRequiredService<Database>(), node));
        services.AddSingleton<RegistrarMetrics>();
        services.AddSingleton<MessagingMetrics>();
        services.AddSingleton<SubscriptionMetrics>();
        services.AddSingleton<SipServices>();
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
