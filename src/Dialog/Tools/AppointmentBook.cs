using System.Globalization;
using Dapper;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Agents;

namespace OCPlatform.Dialog.Tools;

/// <summary>One row of the appointments table. Day and time are local to the agent.</summary>
public sealed record Appointment(string Key, string Agent, string Day, string Time, string Name, string ConversationId);

/// <summary>
/// The appointments table. What keeps two callers from the same start is its unique index, not the check before; what
/// keeps a repeated tool call from booking twice is the unique key.
/// </summary>
public sealed class AppointmentBook(Database database, TimeProvider time)
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS appointments (
            key TEXT NOT NULL PRIMARY KEY,
            agent TEXT NOT NULL,
            starts_at TEXT NOT NULL,
            day TEXT NOT NULL,
            time TEXT NOT NULL,
            name TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            created_at TEXT NOT NULL
        );
        CREATE UNIQUE INDEX IF NOT EXISTS appointments_start ON appointments (agent, starts_at);
        """;

    private const int AlternativesOffered = 2;
    private const int DaysSearched = 14;

    public async Task CreateSchemaAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await Tables.MakeAsync(connection, Schema, cancellation);
    }

    /// <summary>
    /// Books the start, or finds that this key has booked it before; or that this conversation has, by a booking that took
    /// effect although its answer was lost.
    /// </summary>
    /// <returns>False when somebody else has it.</returns>
    public async Task<bool> BookAsync(Appointment appointment, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var row = new
        {
            appointment.Key,
            appointment.Agent,
            StartsAt = $"{appointment.Day}T{appointment.Time}",
            appointment.Day,
            appointment.Time,
            appointment.Name,
            appointment.ConversationId,
            CreatedAt = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
        };
        var inserted = await connection.ExecuteAsync(
            new CommandDefinition(
                """
                INSERT INTO appointments (key, agent, starts_at, day, time, name, conversation_id, created_at)
                VALUES (@Key, @Agent, @StartsAt, @Day, @Time, @Name, @ConversationId, @CreatedAt)
                ON CONFLICT DO NOTHING
                """,
                row,
                cancellationToken: cancellation
            )
        );
        if (inserted == 1)
        {
            return true;
        }
        return await connection.ExecuteScalarAsync<long>(
                new CommandDefinition(
                    """
                    SELECT COUNT(*) FROM appointments WHERE key = @Key
                        OR (agent = @Agent AND starts_at = @StartsAt AND conversation_id = @ConversationId)
                    """,
                    row,
                    cancellationToken: cancellation
                )
            ) > 0;
    }

    /// <summary>All appointments of an agent, by start.</summary>
    public async Task<IReadOnlyList<Appointment>> ListAsync(string agent, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return
        [
            .. await connection.QueryAsync<Appointment>(
                new CommandDefinition(
                    """
                    SELECT key AS Key, agent AS Agent, day AS Day, time AS Time, name AS Name,
                        conversation_id AS ConversationId
                    FROM appointments WHERE agent = @agent ORDER BY starts_at
                    """,
                    new { agent },
                    cancellationToken: cancellation
                )
            ),
        ];
    }

    /// <summary>Free starts on the day nearest to the wanted time, or on the next days when it has none.</summary>
    /// <param name="wanted">Null: spread over the day.</param>
    /// <param name="part">morning, afternoon, evening; null or empty for the whole day.</param>
    /// <param name="now">Local; only later starts count.</param>
    public async Task<IReadOnlyList<DateTime>> FreeStartsAsync(
        AgentDefinition agent,
        DateOnly day,
        TimeOnly? wanted,
        string? part,
        DateTime now,
        CancellationToken cancellation
    )
    {
        var taken = await TakenAsync(agent.Name, day, cancellation);
        for (var ahead = 0; ahead <= DaysSearched; ahead++)
        {
            var date = day.AddDays(ahead);
            var free = agent
                .OpeningHours.Starts(date.DayOfWeek, agent.SlotMinutes)
                .Where(start => ahead > 0 || InPart(start, part))
                .Select(start => date.ToDateTime(start))
                .Where(start => start > now && !taken.Contains(Text(start)))
                .ToList();
            if (free.Count > 0)
            {
                return wanted is { } time ? Nearest(free, date.ToDateTime(time)) : Spread(free);
            }
        }
        return [];
    }

    public async Task<bool> IsFreeAsync(string agent, DateTime start, CancellationToken cancellation)
    {
        var taken = await TakenAsync(agent, DateOnly.FromDateTime(start), cancellation);
        return !taken.Contains(Text(start));
    }

    private async Task<HashSet<string>> TakenAsync(string agent, DateOnly from, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var starts = await connection.QueryAsync<string>(
            new CommandDefinition(
                "SELECT starts_at FROM appointments WHERE agent = @agent AND starts_at >= @from AND starts_at < @until",
                new
                {
                    agent,
                    from = from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    until = from.AddDays(DaysSearched + 1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                },
                cancellationToken: cancellation
            )
        );
        return [.. starts];
    }

    private static bool InPart(TimeOnly start, string? part) =>
        part switch
        {
            "morning" => start.Hour < 12,
            "afternoon" => start.Hour is >= 12 and < 17,
            "evening" => start.Hour >= 17,
            _ => true,
        };

    private static List<DateTime> Nearest(List<DateTime> free, DateTime wanted) =>
        [.. free.OrderBy(start => (start - wanted).Duration()).Take(AlternativesOffered).Order()];

    private static List<DateTime> Spread(List<DateTime> free) =>
        free.Count <= AlternativesOffered ? free : [free[0], free[free.Count / 2]];

    private static string Text(DateTime start) => start.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture);
}
