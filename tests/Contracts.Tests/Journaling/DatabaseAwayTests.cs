using Akka.Actor;
using Microsoft.Extensions.Logging.Abstractions;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Tests.Shared;

namespace OCPlatform.Contracts.Tests.Journaling;

/// <summary>The server goes away under live entities and comes back: nothing is lost, nothing is there twice.</summary>
public sealed class DatabaseAwayTests
{
    private const int Entities = 20;

    public static TheoryData<bool> Watched() => PrivatePostgres.IsInstalled ? [true, false] : [];

    [Theory]
    [MemberData(nameof(Watched))]
    public async Task What_was_appended_while_the_server_was_away_is_written_once_and_in_order(bool healthIsWatched)
    {
        using var server = new PrivatePostgres();
        await using var database = new JournalDatabase(DatabaseProvider.Postgres, server);
        using var health = new DatabaseHealth(
            database.Database,
            TimeProvider.System,
            NullLogger<DatabaseHealth>.Instance
        );
        if (healthIsWatched)
        {
            await health.StartAsync(default);
        }
        var node = database.StartNode(health: healthIsWatched ? health : null);
        var (ids, owners) = NewOwners(node);
        var appended = 0;
        var until = TimeSpan.FromSeconds(1);
        await AppendAllAlong();

        server.Kill();
        until = Absence;
        await AppendAllAlong();
        health.IsAway.Should().Be(healthIsWatched);
        var (newIds, newOwners) = NewOwners(node);
        var late = new JournalOwner(node, "call-of-which-nothing-is-known", isNew: false);
        ids = [.. ids, .. newIds];
        owners = [.. owners, .. newOwners];
        await AppendAllAlong();

        server.Start();
        until = TimeSpan.FromSeconds(1);
        await AppendAllAlong();
        await Task.WhenAll(owners.Select(owner => owner.HearsOf(owner.Append())));
        (await late.Hears<JournalMessages.Recovered>()).Events.Should().BeEmpty();

        health.IsAway.Should().BeFalse();
        for (var i = 0; i < owners.Count; i++)
        {
            var events = await JournalOwner.ReadAsync(node, $"call-{ids[i]}");
            events.Cast<CallEvents.DigitPressed>().Select(e => e.DurationMs).Should().BeInAscendingOrder();
            events.Distinct().Count().Should().Be(events.Count, "nothing is there twice");
            owners[i].Before.OfType<JournalMessages.Away>().Should().HaveCountLessThan(2);
            owners[i].Before.OfType<JournalMessages.Fenced>().Should().BeEmpty();
        }
        owners.SelectMany(owner => owner.Before).OfType<JournalMessages.Away>().Should().NotBeEmpty();
        async Task<int> Count()
        {
            var counts = await Task.WhenAll(ids.Select(id => JournalOwner.ReadAsync(node, $"call-{id}")));
            return counts.Sum(events => events.Count);
        }
        (await Count()).Should().Be(appended, "nothing is lost");

        async Task AppendAllAlong()
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            var start = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(start) < until)
            {
                await timer.WaitForNextTickAsync();
                for (var i = 0; i < owners.Count; i++)
                {
                    owners[i].Append(new CallEvents.DigitPressed(ids[i], DateTimeOffset.UnixEpoch, "1", appended++));
                }
            }
        }
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_by_name_and_the_journal_stops()
    {
        await using var database = new JournalDatabase(DatabaseProvider.Sqlite);
        database.Options.BufferEventsPerEntity = 100;
        var owner = new JournalOwner(database.StartNode(), "call-full", isNew: true);

        owner.Append([.. Enumerable.Range(0, 101).Select(i => new CallEvents.Ringing(CallId.New(), default))]);

        (await owner.Hears<JournalMessages.Failed>()).Cause.Should().Contain("wait for the database");
        await owner.Hears<Terminated>();
    }

    // The design's minute where somebody asks for it.
    private static TimeSpan Absence =>
        TimeSpan.FromSeconds(
            int.TryParse(Environment.GetEnvironmentVariable("OCP_TEST_AWAY_S"), out var s) ? s / 2 : 2
        );

    private static (List<CallId> Ids, List<JournalOwner> Owners) NewOwners(ActorSystem node)
    {
        var ids = Enumerable.Range(0, Entities).Select(_ => CallId.New()).ToList();
        return (ids, [.. ids.Select(id => new JournalOwner(node, $"call-{id}", isNew: true))]);
    }
}
