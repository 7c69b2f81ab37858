using System.Text;
using Akka.Actor;
using Akka.Configuration;
using OCPlatform.CallActors.Tests;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Telemetry;
using Prometheus;

namespace OCPlatform.Host.Tests.Telemetry;

public sealed class DatabaseMetricsTests
{
    private sealed class AwayDatabase : IDatabaseHealth
    {
        public bool IsAway { get; set; } = true;

        public string? Cause => "told so";

        public void Succeeded() { }

        public void Failed(string cause) { }
    }

    [Fact]
    public async Task The_page_tells_of_an_absent_database_and_of_what_waits_for_it()
    {
        var registry = Metrics.NewCustomRegistry();
        using var bridge = new MeterBridge(registry);
        using var system = ActorSystem.Create("ocp", ConfigurationFactory.ParseString(StuckJournal.Config));
        var health = new AwayDatabase();
        using var metrics = new DatabaseMetrics(system, health);
        await metrics.StartAsync(default);

        var page = await PageAsync(registry);
        page.Should().Contain("ocp_database_away 1").And.Contain("ocp_database_events_buffered 0");
        var id = CallId.New();
        var journal = system.ActorOf(Journal.NewProps($"call-{id}"));
        journal.Tell(
            new JournalMessages.Append(
                [
                    new CallEvents.Confirmed(id, DateTimeOffset.UnixEpoch),
                    new CallEvents.Confirmed(id, DateTimeOffset.UnixEpoch),
                ],
                1
            )
        );
        health.IsAway = false;

        var started = TimeProvider.System.GetTimestamp();
        while (!page.Contains("ocp_database_events_buffered 2", StringComparison.Ordinal))
        {
            TimeProvider
                .System.GetElapsedTime(started)
                .Should()
                .BeLessThan(TimeSpan.FromSeconds(15), "two events wait for a journal that does not answer");
            page = await PageAsync(registry);
        }
        page.Should().Contain("ocp_database_away 0");
    }

    private static async Task<string> PageAsync(CollectorRegistry registry)
    {
        using var page = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(page);
        return Encoding.UTF8.GetString(page.ToArray());
    }
}
