using System.Data.Common;
using Dapper;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>The table of finished recordings: what the API lists, what is to be uploaded, what is to be deleted.</summary>
public sealed class RecordingCatalog(Database database)
{
    private const string Columns = """
        id AS Id, call_id AS CallId, started_at AS StartedAt, duration_ms AS DurationMs, bytes AS Bytes, sha256 AS Sha256,
        format AS Format, sample_rate AS SampleRateHz, object_key AS Key, uri AS Uri, node AS Node, place AS Place,
        state AS State, fault AS Fault
        """;

    private readonly SemaphoreSlim _making = new(1, 1);
    private volatile bool _made;

    /// <summary>Adds a recording, or tells of it anew: a process that was killed in between does it again.</summary>
    /// <param name="giveUpAt">When uploading it is given up.</param>
    public async Task PutAsync(RecordingEntry entry, DateTimeOffset giveUpAt, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            """
            INSERT INTO recordings (id, call_id, started_at, duration_ms, bytes, sha256, format, sample_rate, object_key, uri,
                node, place, state, fault, attempts, next_attempt_at, give_up_at)
            VALUES (@Id, @CallId, @StartedAt, @DurationMs, @Bytes, @Sha256, @Format, @SampleRateHz, @Key, @Uri,
                @Node, @Place, @State, @Fault, 0, 0, @GiveUpAt)
            ON CONFLICT (id) DO UPDATE SET duration_ms = @DurationMs, bytes = @Bytes, sha256 = @Sha256, state = @State,
                fault = @Fault, node = @Node, place = @Place
            """,
            new
            {
                entry.Id,
                CallId = entry.CallId.Value,
                StartedAt = entry.StartedAt.ToUnixTimeMilliseconds(),
                entry.DurationMs,
                entry.Bytes,
                entry.Sha256,
                Format = entry.Format.ToString(),
                entry.SampleRateHz,
                entry.Key,
                entry.Uri,
                entry.Node,
                entry.Place,
                State = entry.State.ToString(),
                entry.Fault,
                GiveUpAt = giveUpAt.ToUnixTimeMilliseconds(),
            }
        );
    }

    public async Task<RecordingEntry?> GetAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM recordings WHERE id = @id",
            new { id }
        );
        return row?.ToEntry();
    }

    /// <summary>The newest first; those that stand behind <paramref name="after"/>, where one is given.</summary>
    public Task<IReadOnlyList<RecordingEntry>> ListAsync(
        int limit,
        RecordingEntry? after,
        CancellationToken cancellation
    ) =>
        QueryAsync(
            $"""
            {(after is null ? "" : "WHERE started_at < @At OR (started_at = @At AND id < @Id)")}
            ORDER BY started_at DESC, id DESC LIMIT @limit
            """,
            new
            {
                limit,
                At = after?.StartedAt.ToUnixTimeMilliseconds() ?? 0,
                Id = after?.Id ?? "",
            },
            cancellation
        );

    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync("DELETE FROM recordings WHERE id = @id", new { id });
    }

    // ---- uploads ----

    /// <summary>What of this folder is to be uploaded now, the oldest first, with the attempts made so far.</summary>
    public async Task<IReadOnlyList<(RecordingEntry Entry, int Attempts, DateTimeOffset GiveUpAt)>> DueAsync(
        string place,
        DateTimeOffset now,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var connection = await OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(
            $"""
            SELECT {Columns}, attempts AS Attempts, give_up_at AS GiveUpAt FROM recordings
            WHERE state = 'Waiting' AND place = @place AND next_attempt_at <= @Now ORDER BY next_attempt_at, started_at
            LIMIT @limit
            """,
            new
            {
                place,
                Now = now.ToUnixTimeMilliseconds(),
                limit,
            }
        );
        return [.. rows.Select(row => (row.ToEntry(), row.Attempts, Time(row.GiveUpAt)))];
    }

    public async Task SetStateAsync(string id, RecordingState state, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            "UPDATE recordings SET state = @State WHERE id = @id",
            new { id, State = state.ToString() }
        );
    }

    public async Task PostponeAsync(string id, int attempts, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            "UPDATE recordings SET attempts = @attempts, next_attempt_at = @Until WHERE id = @id",
            new
            {
                id,
                attempts,
                Until = until.ToUnixTimeMilliseconds(),
            }
        );
    }

    /// <summary>A new start tries at once what waits, and anew what was given up.</summary>
    public async Task ReviveAsync(string place, DateTimeOffset giveUpAt, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        await connection.ExecuteAsync(
            """
            UPDATE recordings SET next_attempt_at = 0, attempts = 0, give_up_at = @GiveUpAt, state = 'Waiting'
            WHERE place = @place AND state IN ('Waiting', 'GaveUp')
            """,
            new { place, GiveUpAt = giveUpAt.ToUnixTimeMilliseconds() }
        );
    }

    // ---- retention ----

    /// <summary>The oldest that began before a time: those in the folder, and of the uploaded those of any node.</summary>
    public Task<IReadOnlyList<RecordingEntry>> BeforeAsync(
        string place,
        bool uploadedToo,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellation
    ) =>
        QueryAsync(
            $"""
            WHERE started_at < @Before
              AND ((state <> 'Uploaded' AND place = @place) {(uploadedToo ? "OR state = 'Uploaded'" : "")})
            ORDER BY started_at LIMIT @limit
            """,
            new
            {
                place,
                Before = before.ToUnixTimeMilliseconds(),
                limit,
            },
            cancellation
        );

    /// <summary>Bytes of all that lies in the folder.</summary>
    public async Task<long> BytesInAsync(string place, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await connection.ExecuteScalarAsync<long?>(
                "SELECT CAST(SUM(bytes) AS BIGINT) FROM recordings WHERE place = @place AND state <> 'Uploaded'",
                new { place }
            ) ?? 0;
    }

    private async Task<IReadOnlyList<RecordingEntry>> QueryAsync(
        string rest,
        object parameters,
        CancellationToken cancellation
    )
    {
        await using var connection = await OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>($"SELECT {Columns} FROM recordings {rest}", parameters);
        return [.. rows.Select(row => row.ToEntry())];
    }

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
                await connection.ExecuteAsync(
                    """
                    CREATE TABLE IF NOT EXISTS recordings (
                        id TEXT PRIMARY KEY, call_id TEXT NOT NULL, started_at BIGINT NOT NULL, duration_ms BIGINT NOT NULL,
                        bytes BIGINT NOT NULL, sha256 TEXT NOT NULL, format TEXT NOT NULL, sample_rate INTEGER NOT NULL,
                        object_key TEXT NOT NULL, uri TEXT NOT NULL, node TEXT NOT NULL, place TEXT NOT NULL,
                        state TEXT NOT NULL, fault TEXT, attempts INTEGER NOT NULL, next_attempt_at BIGINT NOT NULL,
                        give_up_at BIGINT NOT NULL);
                    CREATE INDEX IF NOT EXISTS recordings_by_time ON recordings (started_at, id);
                    CREATE INDEX IF NOT EXISTS recordings_by_call ON recordings (call_id);
                    CREATE INDEX IF NOT EXISTS recordings_by_state ON recordings (state, next_attempt_at);
                    """
                );
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

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private sealed class Row
    {
        public string Id { get; set; } = "";
        public string CallId { get; set; } = "";
        public long StartedAt { get; set; }
        public long DurationMs { get; set; }
        public long Bytes { get; set; }
        public string Sha256 { get; set; } = "";
        public string Format { get; set; } = "";
        public int SampleRateHz { get; set; }
        public string Key { get; set; } = "";
        public string Uri { get; set; } = "";
        public string Node { get; set; } = "";
        public string Place { get; set; } = "";
        public string State { get; set; } = "";
        public string? Fault { get; set; }
        public int Attempts { get; set; }
        public long GiveUpAt { get; set; }

        public RecordingEntry ToEntry() =>
            new()
            {
                Id = Id,
                CallId = new CallId(CallId),
                StartedAt = Time(StartedAt),
                DurationMs = DurationMs,
                Bytes = Bytes,
                Sha256 = Sha256,
                Format = Enum.Parse<RecordingFormat>(Format),
                SampleRateHz = SampleRateHz,
                Key = Key,
                Uri = Uri,
                Node = Node,
                Place = Place,
                State = Enum.Parse<RecordingState>(State),
                Fault = Fault,
            };
    }
}
