using System.Data.Common;
using Dapper;
using Npgsql;

namespace OCPlatform.Contracts.Persistence;

/// <summary>Makes tables that are not there yet.</summary>
public static class Tables
{
    // Any number, as long as nobody else takes it: "ocp table" less a letter, in ASCII.
    private const long MakingLock = 0x6f63_7074_6162_6c65;

    /// <summary>Runs the statements, which must bear being run again. Nodes that start together do it one after the other.</summary>
    /// <param name="connection">Open, and outside of a transaction.</param>
    public static async Task MakeAsync(DbConnection connection, string schema, CancellationToken cancellation = default)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (connection is NpgsqlConnection)
        {
            // IF NOT EXISTS alone is no protection there: two that create at once collide in the system's own tables.
            await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@MakingLock)", new { MakingLock }, transaction);
        }
        await connection.ExecuteAsync(schema, transaction: transaction);
        await transaction.CommitAsync(cancellation);
    }
}
