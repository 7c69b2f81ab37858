using Prometheus;

namespace OCPlatform.Host.Telemetry;

/// <summary>`/metrics` in the Prometheus text format: the platform's own instruments, and those of process and runtime.</summary>
public static class MetricsPage
{
    public static IServiceCollection AddMetricsPage(this IServiceCollection services)
    {
        // The adapters would export every meter of the runtime under names of their own; MeterBridge carries ours.
        Metrics.SuppressDefaultMetrics(
            new SuppressDefaultMetricOptions
            {
                SuppressEventCounters = true,
                SuppressMeters = true,
                SuppressDebugMetrics = true,
            }
        );
        services.AddSingleton(_ => new MeterBridge(Metrics.DefaultRegistry));
        services.AddSingleton<NodeMetrics>();
        return services;
    }

    public static IEndpointRouteBuilder MapMetricsPage(this IEndpointRouteBuilder routes)
    {
        // The bridge first: it must listen before anything is measured.
        routes.ServiceProvider.GetRequiredService<MeterBridge>();
        routes.ServiceProvider.GetRequiredService<NodeMetrics>();
        routes.MapMetrics("/metrics");
        return routes;
    }
}
