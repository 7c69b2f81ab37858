using System.Data.Common;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>A row of the appointments table.</summary>
public sealed record BookedAppointment(string Key, string Day, string Time, string Name, string Conversation);

/// <summary>
/// All appointments that were ever booked in a run. Rows of calls that ended are taken out of the table, so that their slots can be
/// booked by later callers; what would be booked twice is still seen twice.
/// </summary>
public sealed class BookingLedger(Database database)
{
    private readonly List<BookedAppointment> _removed = [];

    /// <summary>All of them, those still in the table included.</summary>
    public async Task<IReadOnlyList<BookedAppointment>> AllAsync()
    {
        await using var connection = await database.OpenAsync();
        return [.. _removed, .. await ReadAsync(connection)];
    }

    /// <summary>Takes out the rows of conversations that are over.</summary>
    public async Task FreeAsync(Func<string, bool> isOver)
    {
        await using var connection = await database.OpenAsync();
        foreach (var row in await ReadAsync(connection))
        {
            if (!isOver(row.Conversation))
            {
                continue;
            }
            await using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM appointments WHERE key = @key";
            var key = command.CreateParameter();
            (key.ParameterName, key.Value) = ("@key", row.Key);
            command.Parameters.Add(key);
            if (await command.ExecuteNonQueryAsync() == 1)
            {
                _removed.Add(row);
            }
        }
    }

    private static async Task<List<BookedAppointment>> ReadAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, day, time, name, conversation_id FROM appointments";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<BookedAppointment>();
        while (await reader.ReadAsync())
        {
            rows.Add(
                new(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.GetString(4)
                )
            );
        }
        return rows;
    }
}
