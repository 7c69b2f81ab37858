using System.Data.Common;
using Dapper;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// The table of finished recordings, a row for each part: what the API lists, what is to be uploaded, what is to be deleted.
/// Nodes that share a folder share the table: who does what to a row is settled there.
/// </summary>
public sealed partial class RecordingCatalog(Database database)
{
    private const string Columns = """
        id AS Id, recording AS Recording, part AS Part, offset_ms AS OffsetMs, call_id AS CallId, started_at AS StartedAt,
        duration_ms AS DurationMs, bytes AS Bytes, sha256 AS Sha256, format AS Format, sample_rate AS SampleRateHz,
        object_key AS Key, uri AS Uri, node AS Node, place AS Place, state AS State, fault AS Fault
        """;

    private readonly SemaphoreSlim _making = new(1, 1);
    private volatile bool _made;

    /// <summary>
    /// Adds parts in one transaction, or tells of them anew: a process that was killed in between does it again.
    /// </summary>
    /// <param name="giveUpAt">When uploading them is given up.</param>
    /// <returns>Those whose recordings were deleted meanwhile: they are not added, and their files are to go.</returns>
    public async Task<IReadOnlySet<string>> PutAsync(
        IReadOnlyList<RecordingEntry> entries,
        DateTimeOffset giveUpAt,
        CancellationToken cancellation
    )
    {
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var deleted = (
            await connection.QueryAsync<string>(
                $"SELECT recording FROM deleted_recordings WHERE recording {In}",
                new { Ids = entries.Select(e => e.Recording).ToArray() },
                transaction
            )
        ).ToHashSet();
        var rows = entries
            .Where(entry => !deleted.Contains(entry.Recording))
            .Select(entry => new
            {
                entry.Id,
                entry.Recording,
                entry.Part,
                entry.OffsetMs,
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
            });
        await connection.ExecuteAsync(
            """
            INSERT INTO recordings (id, recording, part, offset_ms, call_id, started_at, duration_ms, bytes, sha256, format,
                sample_rate, object_key, uri, node, place, state, fault, attempts, next_attempt_at, give_up_at)
            VALUES (@Id, @Recording, @Part, @OffsetMs, @CallId, @StartedAt, @DurationMs, @Bytes, @Sha256, @Format,
                @SampleRateHz, @Key, @Uri, @Node, @Place, @State, @Fault, 0, 0, @GiveUpAt)
            ON CONFLICT (id) DO UPDATE SET duration_ms = @DurationMs, bytes = @Bytes, sha256 = @Sha256, state = @State,
                fault = @Fault, node = @Node, place = @Place
            """,
            rows,
            transaction
        );
        await transaction.CommitAsync(cancellation);
        return entries.Where(entry => deleted.Contains(entry.Recording)).Select(entry => entry.Id).ToHashSet();
    }

    /// <summary>One part by its own id; null when there is none, or it is being deleted.</summary>
    public async Task<RecordingEntry?> GetAsync(string id, CancellationToken cancellation) =>
        (await QueryAsync("WHERE id = @id AND deleted_at IS NULL", new { id }, cancellation)).FirstOrDefault();

    /// <summary>A recording's parts in order; empty when there is none of them.</summary>
    public Task<IReadOnlyList<RecordingEntry>> PartsAsync(string recording, CancellationToken cancellation) =>
        QueryAsync(
            "WHERE recording = @recording AND deleted_at IS NULL ORDER BY part",
            new { recording },
            cancellation
        );

    /// <summary>
    /// All parts of the newest recordings; of those that stand behind <paramref name="after"/>, a recording's first part, where
    /// one is given.
    /// </summary>
    public async Task<IReadOnlyList<IReadOnlyList<RecordingEntry>>> ListAsync(
        int limit,
        RecordingEntry? after,
        CancellationToken cancellation
    )
    {
        var firsts = await QueryAsync(
            $"""
            r WHERE deleted_at IS NULL {(
                after is null ? "" : "AND (started_at < @At OR (started_at = @At AND id < @Id))"
            )}
              AND NOT EXISTS (SELECT 1 FROM recordings earlier
                  WHERE earlier.recording = r.recording AND earlier.part < r.part AND earlier.deleted_at IS NULL)
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
        var rest = await QueryAsync(
            $"WHERE recording {In} AND part > 1 AND deleted_at IS NULL ORDER BY part",
            new { Ids = firsts.Select(first => first.Recording).ToArray() },
            cancellation
        );
        var later = rest.ToLookup(part => part.Recording);
        return
        [
            .. firsts.Select(first =>
                (RecordingEntry[])[first, .. later[first.Recording].Where(p => p.Part > first.Part)]
            ),
        ];
    }

    // ---- the table ----

    // Dapper makes a list of parameters of an IN, and PostgreSQL's driver takes an array as one value.
    private string In => database.Provider == DatabaseProvider.Postgres ? "= ANY(@Ids)" : "IN @Ids";

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
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
                if (!_made)
                {
                    await RecordingSchema.MakeAsync(connection, database.Provider);
                    _made = true;
                }
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
        public string Recording { get; set; } = "";
        public int Part { get; set; }
        public long OffsetMs { get; set; }
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
                Recording = Recording,
                Part = Part,
                OffsetMs = OffsetMs,
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
