using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Tests;

/// <summary>
/// The tables on SQLite, and on PostgreSQL as well where OCP_TEST_POSTGRES holds a connection string to a database that
/// may be written to.
/// </summary>
public sealed class BooksTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-books-{Guid.NewGuid():N}.db");
    private readonly string _agent = $"agent-{Guid.NewGuid():N}";

    public static TheoryData<DatabaseProvider> Providers() =>
        Environment.GetEnvironmentVariable("OCP_TEST_POSTGRES") is { Length: > 0 }
            ? [DatabaseProvider.Sqlite, DatabaseProvider.Postgres]
            : [DatabaseProvider.Sqlite];

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
        (await book.BookAsync(first with { Key = $"{_agent}-2" }, default)).Should().BeFalse("the start is taken");

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

    private Database Open(DatabaseProvider provider) =>
        new(
            new DatabaseOptions
            {
                Provider = provider,
                Path = _file,
                ConnectionString = Environment.GetEnvironmentVariable("OCP_TEST_POSTGRES"),
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
