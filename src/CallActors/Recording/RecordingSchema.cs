using System.Data.Common;
using Dapper;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.CallActors.Recording;

/// <summary>The catalogue's tables.</summary>
internal static class RecordingSchema
{
    // Any number, as long as nobody else takes it: "recordin" in ASCII.
    private const long MakingLock = 0x7265_636f_7264_696e;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS recordings (
            id TEXT PRIMARY KEY, call_id TEXT NOT NULL, started_at BIGINT NOT NULL, duration_ms BIGINT NOT NULL,
            bytes BIGINT NOT NULL, sha256 TEXT NOT NULL, format TEXT NOT NULL, sample_rate INTEGER NOT NULL,
            object_key TEXT NOT NULL, uri TEXT NOT NULL, node TEXT NOT NULL, place TEXT NOT NULL,
            state TEXT NOT NULL, fault TEXT, attempts INTEGER NOT NULL, next_attempt_at BIGINT NOT NULL,
            give_up_at BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS deleted_recordings (recording TEXT PRIMARY KEY, at BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS recording_errands (name TEXT PRIMARY KEY, node TEXT NOT NULL, until BIGINT NOT NULL);
        """;

    // What came later; a table of an older version gets it.
    private static readonly (string Column, string Type)[] Added =
    [
        ("recording", "TEXT NOT NULL DEFAULT ''"),
        ("part", "INTEGER NOT NULL DEFAULT 1"),
        ("offset_ms", "BIGINT NOT NULL DEFAULT 0"),
        ("uploader", "TEXT"),
        ("deleted_at", "BIGINT"),
    ];

    private const string Indexes = """
        UPDATE recordings SET recording = id WHERE recording = '';
        CREATE INDEX IF NOT EXISTS recordings_by_time ON recordings (started_at, id);
        CREATE INDEX IF NOT EXISTS recordings_by_recording ON recordings (recording, part);
        CREATE INDEX IF NOT EXISTS recordings_by_state ON recordings (state, next_attempt_at);
        """;

    /// <summary>Makes what is not there yet. Nodes that start together do it one after the other.</summary>
    public static async Task MakeAsync(DbConnection connection, DatabaseProvider provider)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        if (provider == DatabaseProvider.Postgres)
        {
            // IF NOT EXISTS alone is no protection there: two that create at once collide in the system's own tables.
            await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@MakingLock)", new { MakingLock }, transaction);
        }
        await connection.ExecuteAsync(Tables, transaction: transaction);
        var columns =
            provider == DatabaseProvider.Postgres
                ? "SELECT column_name FROM information_schema.columns WHERE table_name = 'recordings' AND table_schema = current_schema()"
                : "SELECT name FROM pragma_table_info('recordings')";
        var there = (await connection.QueryAsync<string>(columns, transaction: transaction)).ToHashSet();
        foreach (var (column, type) in Added.Where(added => !there.Contains(added.Column)))
        {
            await connection.ExecuteAsync(
                $"ALTER TABLE recordings ADD COLUMN {column} {type}",
                transaction: transaction
            );
        }
        await connection.ExecuteAsync(Indexes, transaction: transaction);
        await transaction.CommitAsync();
    }
}
