using System.Collections.Immutable;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Gateways.Sip.Registrar;

namespace OCPlatform.Gateways.Tests.Sip.Registrar;

/// <summary>
/// The table on SQLite, and on PostgreSQL as well where OCP_TEST_POSTGRES holds a connection string to a database that
/// may be written to.
/// </summary>
public sealed class BindingStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"ocp-bindings-{Guid.NewGuid():N}.db");
    private readonly string _node = $"node-{Guid.NewGuid():N}";

    public static TheoryData<DatabaseProvider> Providers() =>
        Environment.GetEnvironmentVariable("OCP_TEST_POSTGRES") is { Length: > 0 }
            ? [DatabaseProvider.Sqlite, DatabaseProvider.Postgres]
            : [DatabaseProvider.Sqlite];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_is_written_is_read_by_the_next_process_of_the_node(DatabaseProvider provider)
    {
        var alice = new AddressOfRecord("alice", "example.com");
        var bob = new AddressOfRecord("bob", "example.com");
        var store = await OpenAsync(provider, _node);
        await store.WriteAsync(Changes((alice, [Binding(1), Binding(2)]), (bob, [Binding(3)])), default);
        await store.WriteAsync(Changes((alice, [Binding(2) with { QThousandths = 500 }]), (bob, [])), default);

        var read = await (await OpenAsync(provider, _node)).ReadAsync(Now, default);

        read.Keys.Should().Equal(alice);
        read[alice].Single().Should().BeEquivalentTo(Binding(2) with { QThousandths = 500 });
        var other = await OpenAsync(provider, _node + "-other");
        (await other.ReadAsync(Now, default)).Should().BeEmpty("another node's flows are not this one's");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task What_has_expired_meanwhile_is_not_read_and_is_removed(DatabaseProvider provider)
    {
        var alice = new AddressOfRecord("alice", "example.com");
        var store = await OpenAsync(provider, _node);
        await store.WriteAsync(
            Changes((alice, [Binding(1), Binding(2) with { ExpiresAt = Now.AddSeconds(10) }])),
            default
        );

        (await store.ReadAsync(Now.AddSeconds(10), default))[alice].Should().HaveCount(1);

        (await store.ReadAsync(Now, default))[alice].Should().HaveCount(1);
    }

    private static ImmutableDictionary<AddressOfRecord, ImmutableArray<Binding>> Changes(
        params (AddressOfRecord Aor, ImmutableArray<Binding> Bindings)[] changes
    ) => changes.ToImmutableDictionary(change => change.Aor, change => change.Bindings);

    private static Binding Binding(int number) =>
        new()
        {
            Contact = $"sip:alice@192.0.2.{number}:5060;transport=tcp",
            RegisteredAt = Now,
            ExpiresAt = Now.AddHours(1),
            CallId = $"call-{number}",
            CSeq = 4_000_000_000,
            InstanceId = "\"<urn:uuid:1>\"",
            RegId = number,
            Outbound = true,
            Path = ["<sip:edge.example.com;lr;ob>"],
            Transport = "TCP",
            Remote = "[2001:db8::7]:51334",
            Direct = false,
            Connected = true,
            UserAgent = "Phone \"1\"",
        };

    private async Task<BindingStore> OpenAsync(DatabaseProvider provider, string node)
    {
        var database = new Database(
            new DatabaseOptions
            {
                Provider = provider,
                Path = _file,
                ConnectionString = Environment.GetEnvironmentVariable("OCP_TEST_POSTGRES"),
            }
        );
        var store = new BindingStore(database, node);
        await store.InitializeAsync(default);
        return store;
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), Path.GetFileName(_file) + "*"))
        {
            File.Delete(file);
        }
    }
}
