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
            status.GetProperty("refusedInvites").GetProperty("credentialsWrong").GetInt64(),
            Metric(metrics, "ocp_calls_started_total"),
            status.GetProperty("transactions").GetInt32(),
            Metric(metrics, "process_working_set_bytes")
        );
    }

    /// <summary>The sum of a metric over its labels; a metric that is not there proves nothing and fails.</summary>
    private static double Metric(string metrics, string name)
    {
        var lines = metrics
            .Split('\n')
            .Where(line => line.StartsWith($"{name} ") || line.StartsWith($"{name}{{"))
            .ToList();
        lines.Should().NotBeEmpty("the platform tells {0}", name);
        return lines.Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
    }
}
