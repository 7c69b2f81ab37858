using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Tests.Shared;

namespace OCPlatform.Contracts.Tests.Journaling;

/// <summary>Two owners of one entity on one database: one of them hears that it is none any more.</summary>
public sealed class FenceTests
{
    private readonly CallId _id = CallId.New();

    public static TheoryData<DatabaseProvider> Providers() => JournalDatabase.Providers();

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_former_owner_is_fenced_by_what_the_next_one_writes(DatabaseProvider provider)
    {
        await using var database = new JournalDatabase(provider);
        var (old, young) = (database.StartNode(), database.StartNode());
        var former = new JournalOwner(old, $"call-{_id}", isNew: true);
        await former.HearsOf(former.Append(Event(1), Event(2)));

        var next = new JournalOwner(young, $"call-{_id}", isNew: false);
        (await next.Hears<JournalMessages.Recovered>()).Events.Should().Equal(Event(1), Event(2));
        (await next.HearsOf(next.Append(Event(10)))).SequenceNr.Should().Be(3);
        former.Append(Event(3));
        await former.Hears<JournalMessages.Fenced>();
        await former.Hears<Terminated>();

        await next.HearsOf(next.Append(Event(11)));
        (await JournalOwner.ReadAsync(old, $"call-{_id}")).Should().Equal(Event(1), Event(2), Event(10), Event(11));
        former.Before.Should().BeEmpty("the database was never away");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_new_owner_is_fenced_by_what_the_former_one_still_wrote(DatabaseProvider provider)
    {
        await using var database = new JournalDatabase(provider);
        var (old, young) = (database.StartNode(), database.StartNode());
        var former = new JournalOwner(old, $"call-{_id}", isNew: true);
        await former.HearsOf(former.Append(Event(1)));
        var next = new JournalOwner(young, $"call-{_id}", isNew: false);
        await next.Hears<JournalMessages.Recovered>();

        await former.HearsOf(former.Append(Event(2)));
        next.Append(Event(10));

        await next.Hears<JournalMessages.Fenced>();
        await former.HearsOf(former.Append(Event(3)));
        (await JournalOwner.ReadAsync(young, $"call-{_id}")).Should().Equal(Event(1), Event(2), Event(3));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Who_takes_an_id_for_new_that_is_not_is_fenced(DatabaseProvider provider)
    {
        await using var database = new JournalDatabase(provider);
        var node = database.StartNode();
        var first = new JournalOwner(node, $"call-{_id}", isNew: true);
        await first.HearsOf(first.Append(Event(1)));

        var second = new JournalOwner(node, $"call-{_id}", isNew: true);
        second.Append(Event(2), Event(3));

        await second.Hears<JournalMessages.Fenced>();
        (await JournalOwner.ReadAsync(node, $"call-{_id}")).Should().Equal(Event(1));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task One_that_is_fenced_costs_those_nothing_whose_events_are_in_the_same_transaction(
        DatabaseProvider provider
    )
    {
        await using var database = new JournalDatabase(provider);
        var (old, young) = (database.StartNode(), database.StartNode());
        var fenced = new JournalOwner(old, $"call-{_id}", isNew: true);
        await fenced.HearsOf(fenced.Append(Event(1)));
        var next = new JournalOwner(young, $"call-{_id}", isNew: false);
        await next.HearsOf(next.Append(Event(2)));

        var others = Enumerable.Range(0, 100).Select(_ => CallId.New()).ToList();
        var owners = others.Select(id => new JournalOwner(old, $"call-{id}", isNew: true)).ToList();
        for (var i = 0; i < owners.Count; i++)
        {
            owners[i].Append(Event(others[i], i), Event(others[i], i + 1));
            if (i == owners.Count / 2)
            {
                fenced.Append(Event(3));
            }
        }

        await fenced.Hears<JournalMessages.Fenced>();
        for (var i = 0; i < owners.Count; i++)
        {
            await owners[i].HearsOf(1);
            owners[i].Before.Should().BeEmpty();
            (await JournalOwner.ReadAsync(young, $"call-{others[i]}"))
                .Should()
                .Equal(Event(others[i], i), Event(others[i], i + 1));
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_was_written_on_a_node_and_another_and_the_first_again_is_read_whole(
        DatabaseProvider provider
    )
    {
        await using var database = new JournalDatabase(provider);
        var (one, two) = (database.StartNode(), database.StartNode());
        var second = 0;
        foreach (var node in new[] { one, two, one, two })
        {
            var owner = new JournalOwner(node, $"call-{_id}", isNew: false);
            await owner.HearsOf(owner.Append(Event(++second), Event(++second)));
            owner.Stop();
        }

        (await JournalOwner.ReadAsync(one, $"call-{_id}")).Should().Equal(Enumerable.Range(1, 8).Select(Event));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_write_whose_answer_was_lost_is_not_written_twice(DatabaseProvider provider)
    {
        await using var database = new JournalDatabase(provider);
        var node = database.StartNode(ForgetfulJournal.Config);
        var owner = new JournalOwner(node, $"call-{_id}", isNew: true);

        for (var i = 0; i < 12; i++)
        {
            owner.Append(Event(2 * i), Event(2 * i + 1));
            await owner.HearsOf(owner.Append());
        }

        (await JournalOwner.ReadAsync(node, $"call-{_id}")).Should().Equal(Enumerable.Range(0, 24).Select(Event));
        owner.Before.OfType<JournalMessages.Fenced>().Should().BeEmpty();
    }

    private CallEvents.Ringing Event(int second) => Event(_id, second);

    private static CallEvents.Ringing Event(CallId id, int second) =>
        new(id, DateTimeOffset.UnixEpoch.AddSeconds(second));
}

/// <summary>Every second write succeeds, and says that it failed; every third fails without a trace.</summary>
public sealed class ForgetfulJournal(Config config) : SqlWriteJournal(config)
{
    public static readonly string Config = $$"""
        akka.persistence.journal.sql.class = "{{typeof(ForgetfulJournal).AssemblyQualifiedName}}"
        """;

    private int _writes;

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages,
        CancellationToken cancellationToken
    )
    {
        var write = ++_writes;
        if (write % 3 == 0)
        {
            throw new IOException("it was not sent");
        }
        var rejected = await base.WriteMessagesAsync(messages, cancellationToken);
        return write % 2 == 0 ? throw new IOException("the answer was lost") : rejected;
    }
}
