using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Health;

/// <summary>`/health/live`: the process answers. `/health/ready`: it can take calls; says of each part whether it can.</summary>
public static class HealthApi
{
    private const string Ready = "ready";

    /// <summary>How long one check may take before it counts as failed.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(3);

    public static IServiceCollection AddReadiness(this IServiceCollection services, NodeOptions node)
    {
        services.AddSingleton<Draining>();
        var checks = services
            .AddHealthChecks()
            .AddCheck<ClusterCheck>("cluster", tags: [Ready], timeout: CheckTimeout)
            .AddCheck<ShardsCheck>("shards", tags: [Ready], timeout: CheckTimeout)
            .AddCheck<DatabaseCheck>("database", tags: [Ready], timeout: CheckTimeout)
            .AddCheck<DrainingCheck>("accepting", tags: [Ready], timeout: CheckTimeout);
        if (node.Journals)
        {
            checks.AddCheck<JournalCheck>("journal", tags: [Ready], timeout: CheckTimeout);
        }
        if (node.Has(NodeRole.Gateway))
        {
            checks.AddCheck<SipCheck>("sip", tags: [Ready], timeout: CheckTimeout);
        }
        if (node.Has(NodeRole.Ai) || node.Has(NodeRole.Call))
        {
            checks.AddCheck<ModelsCheck>("models", tags: [Ready], timeout: CheckTimeout);
        }
        return services;
    }

    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks(
            "/health/live",
            new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync }
        );
        routes.MapHealthChecks(
            "/health/ready",
            new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync }
        );
        return routes;
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(
            new
            {
                report.Status,
                Checks = report.Entries.ToDictionary(
                    entry => entry.Key,
                    entry => new
                    {
                        entry.Value.Status,
                        entry.Value.Description,
                        DurationMs = entry.Value.Duration.TotalMilliseconds,
                    }
                ),
            },
            WireSerializer.Json
        );
}
