using System.Text.Json;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Tools;
using OCPlatform.Tests.Shared;

namespace OCPlatform.Dialog.Tests;

/// <summary>
/// The tables on SQLite and on PostgreSQL.
/// </summary>
public sealed class BooksTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-books-{Guid.NewGuid():N}.db");
    private readonly string _agent = $"agent-{Guid.NewGuid():N}";

    public static TheoryData<DatabaseProvider> Providers() => JournalDatabase.Providers();

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_start_is_booked_once_and_a_key_counts_once(DatabaseProvider provider)
    {
        var book = new AppointmentBook(Open(provider), TimeProvider.System);
        await book.CreateSchemaAsync(default);
        await book.CreateSchemaAsync(default);
        var first = new Appointment($"{_agent}-1", _agent, "2026-12-01", "15:00", "Ann", "c1");

        (await book.BookAsync(first, default)).Should().BeTrue();
        (await book.BookAsync(first, default)).Should().BeTrue("the same key again is the same booking");
        var other = first with { Key = $"{_agent}-2", ConversationId = "c2" };
        (await book.BookAsync(other, default)).Should().BeFalse("the start is taken");

        (await book.ListAsync(_agent, default)).Should().Equal(first);
        (await book.IsFreeAsync(_agent, new DateTime(2026, 12, 1, 15, 0, 0), default)).Should().BeFalse();
        (await book.IsFreeAsync(_agent, new DateTime(2026, 12, 1, 15, 30, 0), default)).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Of_many_callers_at_once_one_gets_the_start(DatabaseProvider provider)
    {
        var book = new AppointmentBook(Open(provider), TimeProvider.System);
        await book.CreateSchemaAsync(default);
        var wanted = Enumerable
            .Range(0, 12)
            .Select(i => new Appointment($"{_agent}-{i}", _agent, "2026-12-01", "15:00", "Ann", $"c{i}"));

        var got = await Task.WhenAll(wanted.Select(one => Task.Run(() => book.BookAsync(one, default))));

        got.Count(booked => booked).Should().Be(1);
        (await book.ListAsync(_agent, default)).Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_message_is_stored_once(DatabaseProvider provider)
    {
        var book = new MessageBook(Open(provider), TimeProvider.System);
        await book.CreateSchemaAsync(default);
        var message = new Message($"{_agent}-m", _agent, "callback", "Ann", "5551234", null, "+15550100", "c1");

        await book.TakeAsync(message, default);
        await book.TakeAsync(message, default);

        (await book.ListAsync(_agent, default)).Should().Equal(message);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_tool_that_runs_under_one_key_on_two_nodes_at_once_has_one_effect(DatabaseProvider provider)
    {
        AppointmentBook[] appointments =
        [
            new(Open(provider), TimeProvider.System),
            new(Open(provider), TimeProvider.System),
        ];
        MessageBook[] messages = [new(Open(provider), TimeProvider.System), new(Open(provider), TimeProvider.System)];
        await appointments[0].CreateSchemaAsync(default);
        await messages[0].CreateSchemaAsync(default);
        var agent = TestAgent.FrontDesk with { Name = _agent };
        ITool[] tools =
        [
            new BookAppointment(appointments[0]),
            new BookAppointment(appointments[1]),
            new TakeMessage(messages[0]),
            new TakeMessage(messages[1]),
        ];
        using var arguments = JsonDocument.Parse(
            """{"day":"2026-12-01","time":"15:00","name":"Ann","text":"please call","phone":"5551234"}"""
        );
        var at = new DateTimeOffset(2026, 11, 24, 15, 0, 0, TimeSpan.Zero);

        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(i =>
                    Task.Run(() =>
                    {
                        var key = $"{_agent}-{(i % 4 < 2 ? "book" : "take")}";
                        var invocation = new ToolInvocation(key, agent, "v1", null, arguments.RootElement, at);
                        return tools[i % 4].RunAsync(invocation, default);
                    })
                )
        );

        results.Distinct().Should().BeEquivalentTo(["""{"booked":true}""", """{"taken":true}"""]);
        (await appointments[1].ListAsync(_agent, default)).Should().ContainSingle();
        (await messages[1].ListAsync(_agent, default)).Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task A_booking_whose_answer_was_lost_is_found_by_the_same_conversation_under_another_key(
        DatabaseProvider provider
    )
    {
        var book = new AppointmentBook(Open(provider), TimeProvider.System);
        await book.CreateSchemaAsync(default);
        var first = new Appointment($"{_agent}-1", _agent, "2026-12-01", "15:00", "Ann", $"{_agent}-conversation");

        (await book.BookAsync(first, default)).Should().BeTrue();
        (await book.BookAsync(first with { Key = $"{_agent}-2" }, default)).Should().BeTrue();

        (await book.ListAsync(_agent, default)).Should().Equal(first);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Nodes_that_start_together_make_the_tables_together(DatabaseProvider provider)
    {
        await using var database = new JournalDatabase(provider);
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(() =>
                        new AppointmentBook(new Database(database.Options), TimeProvider.System).CreateSchemaAsync(
                            default
                        )
                    )
                )
        );

        (await new AppointmentBook(database.Database, TimeProvider.System).ListAsync("none", default))
            .Should()
            .BeEmpty();
    }

    private Database Open(DatabaseProvider provider) =>
        new(
            new DatabaseOptions
            {
                Provider = provider,
                Path = _file,
                ConnectionString =
                    provider == DatabaseProvider.Postgres ? PrivatePostgres.Shared!.ConnectionString : null,
            }
        );

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(_file + suffix);
        }
    }
}
