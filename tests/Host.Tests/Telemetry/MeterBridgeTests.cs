using System.Diagnostics.Metrics;
using System.Text;
using OCPlatform.Host.Telemetry;
using Prometheus;

namespace OCPlatform.Host.Tests.Telemetry;

public sealed class MeterBridgeTests : IDisposable
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterBridge _bridge;
    private readonly Meter _meter = new("OCPlatform.Test");

    public MeterBridgeTests() => _bridge = new MeterBridge(_registry);

    public void Dispose()
    {
        _meter.Dispose();
        _bridge.Dispose();
    }

    private async Task<string> PageAsync()
    {
        using var page = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(page);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    [Fact]
    public async Task A_counter_keeps_its_name_and_gets_its_tags_as_labels()
    {
        var ended = _meter.CreateCounter<long>("ocp_test_ended", description: "Why.");
        ended.Add(2, KeyValuePair.Create("reason", (object?)"HungUp"));
        ended.Add(1, KeyValuePair.Create("reason", (object?)"HungUp"));

        var page = await PageAsync();

        page.Should().Contain("# HELP ocp_test_ended_total Why.");
        page.Should().Contain("ocp_test_ended_total{reason=\"hungUp\"} 3");
    }

    [Fact]
    public async Task A_histogram_is_in_buckets_of_seconds()
    {
        _meter.CreateHistogram<double>("ocp_test_seconds", "s").Record(0.04);

        var page = await PageAsync();

        page.Should()
            .Contain("ocp_test_seconds_bucket{le=\"0.025\"} 0")
            .And.Contain("ocp_test_seconds_bucket{le=\"0.05\"} 1");
        page.Should().Contain("ocp_test_seconds_sum 0.04");
    }

    [Fact]
    public async Task Observable_instruments_are_read_when_the_page_is_asked_for()
    {
        var live = 1;
        _meter.CreateObservableGauge("ocp_test_live", () => live);
        _meter.CreateObservableCounter("ocp_test_packets", () => 100L * live);
        await PageAsync();
        live = 7;

        var page = await PageAsync();

        page.Should().Contain("ocp_test_live 7").And.Contain("ocp_test_packets_total 700");
    }

    [Fact]
    public async Task Meters_of_others_stay_out()
    {
        using var other = new Meter("Somebody.Else");
        other.CreateCounter<long>("ocp_not_ours").Add(1);

        (await PageAsync()).Should().NotContain("ocp_not_ours");
    }
}
