using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Dapper;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>
/// The table of bindings, so that phones stay registered over a restart. A binding belongs to the node that the phone
/// registered at: its flow ends there.
/// </summary>
public sealed class BindingStore(Database database, string node)
{
    /// <summary>Makes the table when it is missing.</summary>
    public async Task InitializeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await Tables.MakeAsync(
            connection,
            """
            CREATE TABLE IF NOT EXISTS sip_bindings (
                node TEXT NOT NULL, aor_user TEXT NOT NULL, aor_host TEXT NOT NULL, place INTEGER NOT NULL,
                expires_at BIGINT NOT NULL, binding TEXT NOT NULL,
                PRIMARY KEY (node, aor_user, aor_host, place));
            """,
            cancellation
        );
    }

    /// <summary>This node's bindings that have not expired; expired rows are removed, unreadable ones passed over.</summary>
    internal async Task<IReadOnlyDictionary<AddressOfRecord, ImmutableArray<Binding>>> ReadAsync(
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        await using var connection = await database.OpenAsync(cancellation);
        var time = now.ToUnixTimeMilliseconds();
        await connection.ExecuteAsync(
            new CommandDefinition(
                "DELETE FROM sip_bindings WHERE node = @node AND expires_at <= @time",
                new { node, time },
                cancellationToken: cancellation
            )
        );
        var rows = await connection.QueryAsync<Row>(
            new CommandDefinition(
                """
                SELECT aor_user AS AorUser, aor_host AS AorHost, binding AS Binding
                FROM sip_bindings WHERE node = @node ORDER BY aor_user, aor_host, place
                """,
                new { node },
                cancellationToken: cancellation
            )
        );
        return rows.GroupBy(row => new AddressOfRecord(row.AorUser, row.AorHost))
            .ToDictionary(group => group.Key, group => group.Select(Parse).OfType<Binding>().ToImmutableArray());
    }

    /// <summary>Puts the bindings of these addresses-of-record in place of what was stored; all of them or none.</summary>
    internal async Task WriteAsync(
        IReadOnlyDictionary<AddressOfRecord, ImmutableArray<Binding>> changed,
        CancellationToken cancellation
    )
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var (aor, bindings) in changed)
        {
            await connection.ExecuteAsync(
                new CommandDefinition(
                    "DELETE FROM sip_bindings WHERE node = @node AND aor_user = @User AND aor_host = @Host",
                    new
                    {
                        node,
                        aor.User,
                        aor.Host,
                    },
                    transaction,
                    cancellationToken: cancellation
                )
            );
            for (var place = 0; place < bindings.Length; place++)
            {
                var binding = bindings[place];
                await connection.ExecuteAsync(
                    new CommandDefinition(
                        """
                        INSERT INTO sip_bindings (node, aor_user, aor_host, place, expires_at, binding)
                        VALUES (@node, @User, @Host, @place, @ExpiresAt, @Json)
                        """,
                        new
                        {
                            node,
                            aor.User,
                            aor.Host,
                            place,
                            ExpiresAt = binding.ExpiresAt.ToUnixTimeMilliseconds(),
                            Json = JsonSerializer.Serialize(binding, WireSerializer.Json),
                        },
                        transaction,
                        cancellationToken: cancellation
                    )
                );
            }
        }
        await transaction.CommitAsync(cancellation);
    }

    private sealed record Row(string AorUser, string AorHost, string Binding);

    private static Binding? Parse(Row row)
    {
        try
        {
            var binding = JsonSerializer.Deserialize<Binding>(row.Binding, WireSerializer.Json);
            return
                binding is not null
                && SipUri.TryParse(binding.Contact, out _)
                && IPEndPoint.TryParse(binding.Remote, out _)
                ? binding
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
