using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.AiAdapters.Embedding;
using OCPlatform.AiAdapters.Models;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog;

/// <summary>Registration of agents, their conversations and the embedded dialogue model.</summary>
public static class DialogServices
{
    /// <summary>
    /// What conversations need, and the embedded model that the Host serves with
    /// <c>MapGrpcService&lt;DialogModelService&gt;()</c>. The Database and the ModelStore must be registered as well.
    /// </summary>
    /// <param name="servesModel">The embedded model is loaded before the first caller.</param>
    /// <exception cref="AgentDefinitionException">An agent's YAML is wrong, or the default agent is missing.</exception>
    public static IServiceCollection AddDialog(
        this IServiceCollection services,
        DialogOptions options,
        bool servesModel = true
    )
    {
        var agents = AgentCatalogue.Load(options.AgentsFolder, ToolBox.BuiltIn);
        if (agents.Find(options.DefaultAgent) is null)
        {
            throw new AgentDefinitionException([
                $"{options.AgentsFolder}: dialog.defaultAgent is '{options.DefaultAgent}', but the agents there are: "
                    + string.Join(", ", agents.All.Select(agent => agent.Name)),
            ]);
        }
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(agents);
        services.AddSingleton<AppointmentBook>();
        services.AddSingleton<MessageBook>();
        services.AddSingleton<ITool, CheckAppointment>();
        services.AddSingleton<ITool, BookAppointment>();
        services.AddSingleton<ITool, TakeMessage>();
        services.AddSingleton<ToolBox>();
        services.AddSingleton<ISentenceEmbedder>(s =>
        {
            var models = s.GetRequiredService<ModelStore>();
            return new SentenceEmbedder(models.PathOf("minilm/model.onnx"), models.PathOf("minilm/vocab.txt"));
        });
        services.AddSingleton<EmbeddedDialogModel>();
        services.AddSingleton(s => new DialogModelService(s.GetRequiredService<EmbeddedDialogModel>()));
        services.AddSingleton<IDialogModel>(s => new DialogModelClient(
            options.Model,
            s.GetRequiredService<TimeProvider>()
        ));
        services.AddHostedService<TablesStart>();
        if (servesModel)
        {
            services.AddHostedService<ModelStart>();
        }
        return services;
    }

    /// <summary>Tables before the first tool call.</summary>
    private sealed class TablesStart(AppointmentBook appointments, MessageBook messages) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await appointments.CreateSchemaAsync(cancellationToken);
            await messages.CreateSchemaAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>A warm model before the first caller.</summary>
    private sealed class ModelStart(EmbeddedDialogModel model) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => model.WarmUpAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
