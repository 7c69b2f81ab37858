using System.Data.Common;
using System.Text.Json;
using Dapper;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.CallActors.Records;

/// <summary>
/// The table of call records, and how far in the journal it has come. Both change in one transaction, so every event
/// is applied once, whatever stops the process.
/// </summary>
public sealed class CallRecordStore(Database database)
{
    private readonly SemaphoreSlim _making = new(1, 1);
    private volatile bool _made;

    /// <summary>The journal offset up to which events have been applied; 0 at first.</summary>
    public async Task<long> ReadOffsetAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long?>(
                "SELECT journal_offset FROM projection_offsets WHERE name = 'calls'"
            ) ?? 0;
    }

    /// <summary>Applies a batch of events in journal order and notes the offset behind them.</summary>
    public async Task ApplyAsync(IEnumerable<ICallEvent> events, long offset, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var call in events.GroupBy(e => e.CallId))
        {
            var record = await ReadAsync(connection, transaction, call.Key);
            record = call.Aggregate(record, CallRecord.Apply);
            await connection.ExecuteAsync(
                """
                INSERT INTO call_records (id, received_at, live, record) VALUES (@Id, @ReceivedAt, @Live, @Record)
                ON CONFLICT (id) DO UPDATE SET received_at = @ReceivedAt, live = @Live, record = @Record
                """,
                new
                {
                    Id = call.Key.Value,
                    ReceivedAt = record!.ReceivedAt.ToUnixTimeMilliseconds(),
                    Live = record.State == CallPhase.Ended ? 0 : 1,
                    Record = JsonSerializer.Serialize(record, WireSerializer.Json),
                },
                transaction
            );
        }
        await connection.ExecuteAsync(
            """
            INSERT INTO projection_offsets (name, journal_offset) VALUES ('calls', @offset)
            ON CONFLICT (name) DO UPDATE SET journal_offset = @offset
            """,
            new { offset },
            transaction
        );
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>The newest records first.</summary>
    public async Task<IReadOnlyList<CallRecord>> ListAsync(int limit, bool liveOnly, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        var rows = await connection.QueryAsync<string>(
            $"SELECT record FROM call_records {(liveOnly ? "WHERE live = 1" : "")} ORDER BY received_at DESC LIMIT @limit",
            new { limit }
        );
        return [.. rows.Select(Parse)];
    }

    /// <summary>One record; null when the journal has told nothing of the call.</summary>
    public async Task<CallRecord?> GetAsync(CallId id, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await ReadAsync(connection, null, id);
    }

    /// <summary>The calls that have begun and not ended, as far as the journal tells.</summary>
    public async Task<IReadOnlyList<CallId>> ListLiveAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        var ids = await connection.QueryAsync<string>("SELECT id FROM call_records WHERE live = 1");
        return [.. ids.Select(id => new CallId(id))];
    }

    /// <summary>A connection to tables that are there: whoever comes first makes them, be it somebody who only asks.</summary>
    private async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation);
        if (_made)
        {
            return connection;
        }
        try
        {
            await _making.WaitAsync(cancellation);
            try
            {
                await MakeTablesAsync(connection);
                _made = true;
            }
            finally
            {
                _making.Release();
            }
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static Task MakeTablesAsync(DbConnection connection) =>
        Tables.MakeAsync(
            connection,
            """
            CREATE TABLE IF NOT EXISTS call_records (
                id TEXT PRIMARY KEY, received_at BIGINT NOT NULL, live INTEGER NOT NULL, record TEXT NOT NULL);
            CREATE INDEX IF NOT EXISTS call_records_by_time ON call_records (received_at);
            CREATE INDEX IF NOT EXISTS call_records_live ON call_records (live);
            CREATE TABLE IF NOT EXISTS projection_offsets (name TEXT PRIMARY KEY, journal_offset BIGINT NOT NULL);
            """
        );

    private static async Task<CallRecord?> ReadAsync(DbConnection connection, DbTransaction? transaction, CallId id)
    {
        var row = await connection.QuerySingleOrDefaultAsync<string>(
            "SELECT record FROM call_records WHERE id = @Value",
            new { id.Value },
            transaction
        );
        return row is null ? null : Parse(row);
    }

    private static CallRecord Parse(string json) => JsonSerializer.Deserialize<CallRecord>(json, WireSerializer.Json)!;
}
