using Dapper;

namespace OCPlatform.CallActors.Recording;

public sealed partial class RecordingCatalog
{
    // ---- uploads ----

    /// <summary>
    /// Takes what of this folder is to be uploaded now, the oldest first, with the attempts made so far. Until
    /// <paramref name="until"/> no other node takes it.
    /// </summary>
    public async Task<IReadOnlyList<(RecordingEntry Entry, int Attempts, DateTimeOffset GiveUpAt)>> ClaimDueAsync(
        string place,
        string node,
        DateTimeOffset now,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var connection = await OpenAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(
            $"""
            UPDATE recordings SET uploader = @node, next_attempt_at = @Until
            WHERE next_attempt_at <= @Now AND state = 'Waiting' AND deleted_at IS NULL AND id IN (
                SELECT id FROM recordings
                WHERE state = 'Waiting' AND place = @place AND next_attempt_at <= @Now AND deleted_at IS NULL
                ORDER BY next_attempt_at, started_at LIMIT @limit)
            RETURNING {Columns}, attempts AS Attempts, give_up_at AS GiveUpAt
            """,
            new
            {
                place,
                node,
                Now = now.ToUnixTimeMilliseconds(),
                Until = until.ToUnixTimeMilliseconds(),
                limit,
            }
        );
        return [.. rows.Select(row => (row.ToEntry(), row.Attempts, Time(row.GiveUpAt)))];
    }

    /// <summary>It is in the bucket. False when it was deleted meanwhile: the bucket's copy is to go.</summary>
    public async Task<bool> SetUploadedAsync(string id, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        var deletedAt = await connection.QueryAsync<long?>(
            """
            UPDATE recordings SET state = 'Uploaded', uploader = NULL, next_attempt_at = 0 WHERE id = @id AND state = 'Waiting'
            RETURNING deleted_at
            """,
            new { id }
        );
        return deletedAt.ToList() is [null];
    }

    public Task GiveUpAsync(string id, CancellationToken cancellation) =>
        ExecuteAsync(
            "UPDATE recordings SET state = 'GaveUp', uploader = NULL, next_attempt_at = 0 WHERE id = @id AND state = 'Waiting'",
            new { id },
            cancellation
        );

    public Task PostponeAsync(string id, int attempts, DateTimeOffset until, CancellationToken cancellation) =>
        ExecuteAsync(
            "UPDATE recordings SET attempts = @attempts, next_attempt_at = @Until, uploader = NULL WHERE id = @id",
            new
            {
                id,
                attempts,
                Until = until.ToUnixTimeMilliseconds(),
            },
            cancellation
        );

    /// <summary>
    /// A new start tries at once what waits, and anew what was given up; but for what another node is uploading at the moment.
    /// </summary>
    public Task ReviveAsync(string place, string node, DateTimeOffset giveUpAt, CancellationToken cancellation) =>
        ExecuteAsync(
            """
            UPDATE recordings SET next_attempt_at = 0, attempts = 0, give_up_at = @GiveUpAt, state = 'Waiting', uploader = NULL
            WHERE place = @place AND state IN ('Waiting', 'GaveUp') AND (uploader IS NULL OR uploader = @node)
            """,
            new
            {
                place,
                node,
                GiveUpAt = giveUpAt.ToUnixTimeMilliseconds(),
            },
            cancellation
        );

    // ---- deletion ----

    /// <summary>
    /// Takes a whole recording out of every list, for good: parts that come later (a node that was away) are refused.
    /// </summary>
    public async Task MarkDeletedAsync(string recording, DateTimeOffset at, CancellationToken cancellation)
    {
        var parameters = new { recording, At = at.ToUnixTimeMilliseconds() };
        await using var connection = await OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(
            """
            INSERT INTO deleted_recordings (recording, at) VALUES (@recording, @At) ON CONFLICT (recording) DO NOTHING
            """,
            parameters,
            transaction
        );
        await connection.ExecuteAsync(
            "UPDATE recordings SET deleted_at = @At WHERE recording = @recording AND deleted_at IS NULL",
            parameters,
            transaction
        );
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Takes one part out of every list. False when that has been done.</summary>
    public async Task<bool> MarkPartDeletedAsync(string id, DateTimeOffset at, CancellationToken cancellation) =>
        await ExecuteAsync(
            "UPDATE recordings SET deleted_at = @At WHERE id = @id AND deleted_at IS NULL",
            new { id, At = at.ToUnixTimeMilliseconds() },
            cancellation
        ) == 1;

    /// <summary>What is marked, within this folder or in the bucket, and nobody is uploading any more.</summary>
    public Task<IReadOnlyList<RecordingEntry>> MarkedAsync(
        string place,
        DateTimeOffset now,
        int limit,
        CancellationToken cancellation
    ) =>
        QueryAsync(
            """
            WHERE deleted_at IS NOT NULL AND (place = @place OR state = 'Uploaded') AND (uploader IS NULL OR next_attempt_at <= @Now)
            ORDER BY deleted_at LIMIT @limit
            """,
            new
            {
                place,
                Now = now.ToUnixTimeMilliseconds(),
                limit,
            },
            cancellation
        );

    /// <summary>
    /// The bytes are gone: the row goes. False while a node is uploading them: it will see the mark, or its time will be over.
    /// </summary>
    public async Task<bool> RemoveAsync(string id, DateTimeOffset now, CancellationToken cancellation) =>
        await ExecuteAsync(
            "DELETE FROM recordings WHERE id = @id AND (uploader IS NULL OR next_attempt_at <= @Now)",
            new { id, Now = now.ToUnixTimeMilliseconds() },
            cancellation
        ) == 1;

    /// <summary>Forgets what was deleted so long ago that no node can bring a part of it any more.</summary>
    public Task ForgetDeletedAsync(DateTimeOffset before, CancellationToken cancellation) =>
        ExecuteAsync(
            "DELETE FROM deleted_recordings WHERE at < @Before",
            new { Before = before.ToUnixTimeMilliseconds() },
            cancellation
        );

    // ---- retention ----

    /// <summary>Takes an errand that one node at a time may do; false when another has it.</summary>
    public async Task<bool> TryTakeErrandAsync(
        string name,
        string node,
        DateTimeOffset now,
        DateTimeOffset until,
        CancellationToken cancellation
    ) =>
        await ExecuteAsync(
            """
            INSERT INTO recording_errands (name, node, until) VALUES (@name, @node, @Until)
            ON CONFLICT (name) DO UPDATE SET node = @node, until = @Until
            WHERE recording_errands.node = @node OR recording_errands.until <= @Now
            """,
            new
            {
                name,
                node,
                Now = now.ToUnixTimeMilliseconds(),
                Until = until.ToUnixTimeMilliseconds(),
            },
            cancellation
        ) == 1;

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
            WHERE started_at < @Before AND deleted_at IS NULL
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
                """
                SELECT CAST(SUM(bytes) AS BIGINT) FROM recordings
                WHERE place = @place AND state <> 'Uploaded' AND deleted_at IS NULL
                """,
                new { place }
            ) ?? 0;
    }
}
