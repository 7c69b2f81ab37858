using Prometheus;

namespace OCPlatform.Host.Telemetry;

/// <summary>`/metrics` in the Prometheus text format.</summary>
public static class MetricsPage
{
    public static IEndpointRouteBuilder MapMetricsPage(this IEndpointRouteBuilder routes)
    {
        routes.MapMetrics("/metrics");
        return routes;
    }
}
