using Akka.Hosting;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Actors;
using OCPlatform.Host.Commands;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Health;
using OCPlatform.Host.Http;
using OCPlatform.Host.Membership;
using OCPlatform.Host.Telemetry;
using Serilog;

namespace OCPlatform.Host;

/// <summary>The composition root: what the platform is made of, in the order in which it is put together.</summary>
public static class Platform
{
    public static async Task<WebApplication> CreateAsync(LoadedConfig config)
    {
        var options = config.Options;
        var database = await OpenDatabaseAsync(options.Database);

        // The framework's own settings files are not used, and watching for them would wake up with every write to the journal.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false"] }
        );
        builder.ListenOn(options);
        builder.Services.AddSerilog();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.Http);
        builder.Services.AddSingleton(database);
        builder.Services.AddDatabaseHealth(options.Calls.WhenDatabaseIsAway);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddWebSide();
        builder.Services.AddReadiness(options.Node);
        builder.Services.AddMetricsPage();
        builder.Services.AddGracefulStop();
        builder.Services.AddSingleton<INodeSelf, NodeSelf>();
        builder.Services.AddClusterView();
        builder.Services.AddRoles(options);
        builder.Services.AddClusterReports();
        builder.Services.AddAkka(
            ActorSystemSetup.SystemName,
            (akka, services) =>
                akka.AddNode(options, database, services.GetRequiredService<IDatabaseHealth>())
                    .AddClusterViewActor()
                    .AddRoleActors(options)
        );

        var app = builder.Build();
        app.UseProblems();
        app.UseRouting();
        app.UseDoors(options);
        app.UseMiddleware<ApiKeyGate>();
        app.UseWebSockets();
        app.MapHealth();
        app.MapMetricsPage();
        app.MapClusterApi();
        app.MapRoles(options.Node);
        if (options.Node.Has(NodeRole.Web))
        {
            app.UseWebPage(options.Http);
        }
        return app;
    }

    private static async Task<Database> OpenDatabaseAsync(DatabaseOptions options)
    {
        try
        {
            var database = new Database(options);
            // Switches SQLite to WAL before anything else has it open.
            await using var connection = await database.OpenAsync();
            return database;
        }
        catch (Exception e)
        {
            throw new StartException($"The database cannot be opened: {e.Message} `./ocp doctor` says more.", e);
        }
    }
}
