using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.CallActors;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Dialog;
using OCPlatform.Dialog.Conversations;
using OCPlatform.Gateways.Chat;
using OCPlatform.Gateways.Sip;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Http;
using OCPlatform.Host.Telemetry;
using OCPlatform.Media.Engine;

namespace OCPlatform.Host;

/// <summary>What each role of a node brings. What no role needs is neither loaded nor started.</summary>
public static class NodeRoles
{
    /// <summary>The parts of the node's roles.</summary>
    public static IServiceCollection AddRoles(this IServiceCollection services, PlatformOptions options)
    {
        var node = options.Node;
        services.AddSingleton<INodeLoad, MeasuredLoad>();
        services.AddGateway(options);
        if (node.Has(NodeRole.Ai))
        {
            services.AddSpeechEngines(options.Speech);
        }
        if (node.Journals)
        {
            services.AddJournalWarmth();
        }
        if (node.Has(NodeRole.Call))
        {
            services.AddSpeechClients(options.Speech);
            services.AddSingleton(s => FencedMedia(options.Media, s.GetRequiredService<NodeFence>()));
            services.AddCalls(options.Calls, node.EffectiveName);
            services.AddHostedService<WarmUp>();
        }
        services.TryAddSingleton(options.Calls);
        // The drain asks for them; on a node without calls there are none.
        services.TryAddSingleton<LiveCalls>();
        services.TryAddSingleton<MediaGhosts>();
        if (node.Has(NodeRole.Call) || node.Has(NodeRole.Web))
        {
            services.AddCallRecords(options.Calls);
            services.AddRecording(options.Recording, node.EffectiveName);
        }
        if (node.Roles.Any(role => role is not NodeRole.Gateway))
        {
            services.TryAddSingleton(new AiAdapters.Models.ModelStore(options.Speech.ModelsDirectory));
            services.AddDialog(options.Dialog, servesModel: node.Has(NodeRole.Ai));
        }
        return services;
    }

    /// <summary>The regions of what the node holds, proxies to what it does not, and its gateways.</summary>
    public static AkkaConfigurationBuilder AddRoleActors(this AkkaConfigurationBuilder akka, PlatformOptions options)
    {
        var node = options.Node;
        if (node.Journals)
        {
            akka.AddJournalWarmUp(node.EffectiveName);
        }
        akka = node.Has(NodeRole.Dialog) ? akka.AddConversationActors() : akka.AddConversationProxy();
        var drain = TimeSpan.FromSeconds(options.Cluster.DrainSeconds);
        akka = node.Has(NodeRole.Call) ? akka.AddCallActors(drain) : akka.AddCallProxy(drain);
        if (node.Has(NodeRole.Gateway))
        {
            akka.AddSipGatewayActor();
        }
        if (HasChat(node))
        {
            akka.AddChatGatewayActor();
        }
        return akka;
    }

    /// <summary>What the node's roles serve over HTTP and gRPC.</summary>
    public static void MapRoles(this WebApplication app, NodeOptions node)
    {
        if (HasChat(node))
        {
            app.MapChat();
        }
        if (node.Has(NodeRole.Gateway))
        {
            app.MapSipStatus();
            app.MapRegistrationsApi();
        }
        if (node.Has(NodeRole.Web))
        {
            app.MapCallsApi();
            app.MapCallVerbs();
            app.MapCaptureApi();
            app.MapRecordingsApi();
            app.MapAppointmentsApi();
            app.MapOpenApi("/openapi.json");
        }
        if (node.Has(NodeRole.Ai))
        {
            app.MapSpeechServices();
            app.MapGrpcService<DialogModelService>();
        }
    }

    /// <summary>The console's own page chats with the node it came from.</summary>
    private static bool HasChat(NodeOptions node) => node.Has(NodeRole.Gateway) || node.Has(NodeRole.Web);

    private static void AddGateway(this IServiceCollection services, PlatformOptions options)
    {
        if (HasChat(options.Node))
        {
            services.AddChatGateway(options.Chat);
        }
        if (options.Node.Has(NodeRole.Gateway))
        {
            services.AddSipGateway(options.Sip);
            services.AddSipServices(options.Sip, options.Node.EffectiveName);
            return;
        }
        // Metrics and the fence ask it; without a gateway it tells of none.
        services.AddSingleton<SipGatewayStatus>();
    }

    private static MediaEngine FencedMedia(MediaOptions options, NodeFence fence)
    {
        var engine = new MediaEngine(options);
        fence.OnFall(engine.CloseAll);
        return engine;
    }
}
