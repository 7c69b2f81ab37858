using System.Globalization;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>What a platform holds at a moment, as it tells by its own API.</summary>
internal sealed record PlatformState(long WrongPasswords, double CallsEver, int Transactions, double ResidentBytes)
{
    public static async Task<PlatformState> OfAsync(PlatformProcess platform)
    {
        var status = await platform.GetJsonAsync("/sip/status");
        var metrics = await platform.Http.GetStringAsync("/metrics");
        return new PlatformState(
            status.GetProperty("refusedInvites").TryGetProperty("credentialsWrong", out var wrong)
                ? wrong.GetInt64()
                : 0,
            Metric(metrics, "ocp_calls_started_total"),
            status.GetProperty("transactions").GetInt32(),
            Metric(metrics, "process_working_set_bytes")
        );
    }

    /// <summary>The sum of a metric over its labels.</summary>
    private static double Metric(string metrics, string name) =>
        metrics
            .Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
}
