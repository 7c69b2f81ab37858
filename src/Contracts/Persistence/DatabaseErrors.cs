using Microsoft.Data.Sqlite;
using Npgsql;

namespace OCPlatform.Contracts.Persistence;

/// <summary>What an error of either database means, by its code: messages are in the server's language.</summary>
public static class DatabaseErrors
{
    // https://sqlite.org/rescode.html
    private const int SqliteUnique = 2067;
    private const int SqlitePrimaryKey = 1555;

    /// <summary>Whether a row is there already that a unique key allows once, however deep the cause lies.</summary>
    public static bool IsUniqueViolation(Exception? cause) =>
        cause switch
        {
            null => false,
            PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => true,
            SqliteException { SqliteExtendedErrorCode: SqliteUnique or SqlitePrimaryKey } => true,
            AggregateException many => many.InnerExceptions.Any(IsUniqueViolation),
            _ => IsUniqueViolation(cause.InnerException),
        };
}
