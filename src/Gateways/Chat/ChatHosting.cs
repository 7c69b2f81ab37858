using Akka.Cluster.Hosting;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OCPlatform.Gateways.Chat;

/// <summary>Puts the chat gateway into a node.</summary>
public static class ChatHosting
{
    /// <summary>Registers the gateway's parts; a TimeProvider comes from the Host.</summary>
    public static IServiceCollection AddChatGateway(this IServiceCollection services, ChatOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ChatMetrics>();
        services.AddSingleton(_ => ChatTokens.FromFile(options.TokenKeyFile));
        services.AddSingleton<ChatEndpoint>();
        return services;
    }

    /// <summary>Starts the gateway actor. It needs the conversations' region (or its proxy) in the registry.</summary>
    public static AkkaConfigurationBuilder AddChatGatewayActor(this AkkaConfigurationBuilder builder) =>
        builder.WithActors(
            (system, registry, resolver) =>
                registry.Register<ChatGatewayKey>(system.ActorOf(resolver.Props<ChatGateway>(), "chat-gateway"))
        );

    /// <summary>
    /// The WebSocket at `/chat`; needs UseWebSockets() before it. Makes the token key at the first start.
    /// </summary>
    /// <exception cref="InvalidDataException">The key file holds no key.</exception>
    public static IEndpointConventionBuilder MapChat(this IEndpointRouteBuilder routes)
    {
        // Asked for here so that a bad key file stops the start, not the first chat.
        _ = routes.ServiceProvider.GetRequiredService<ChatTokens>();
        var endpoint = routes.ServiceProvider.GetRequiredService<ChatEndpoint>();
        return routes.MapGet("/chat", (RequestDelegate)endpoint.HandleAsync);
    }
}
