using System.Text.Json;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>A call was taken up by another owner.</summary>
/// <param name="Sequence">Number of the event in the call's journal.</param>
/// <param name="Node">As the event names it; empty when it names none.</param>
public sealed record TakeUp(long Sequence, string Node);

/// <summary>Who held a call, by its journal.</summary>
/// <param name="CallId">The platform's, as the journal names it: <c>call-ID</c>.</param>
/// <param name="TakeUps">In order.</param>
/// <param name="WritersThatCameBack">
/// Writers that wrote after another one had: with one owner at a time there is none, since a former owner is fenced.
/// </param>
public sealed record CallOwners(string CallId, IReadOnlyList<TakeUp> TakeUps, int WritersThatCameBack);

/// <summary>Reads the journal's table as Akka.Persistence.Sql lays it out.</summary>
public static class OwnerLedger
{
    private const string TakenUp = "call/taken-up/";

    public static async Task<IReadOnlyList<CallOwners>> ReadAsync(Database database)
    {
        await using var connection = await database.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT persistence_id, sequence_number, manifest, writer_uuid, message FROM journal
            WHERE persistence_id LIKE 'call-%'
            ORDER BY persistence_id, sequence_number
            """;
        var owners = new List<CallOwners>();
        string? current = null;
        var takeUps = new List<TakeUp>();
        var writers = new List<string>();
        var cameBack = 0;
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var id = reader.GetString(0);
            if (id != current)
            {
                Close();
                current = id;
            }
            var writer = reader.IsDBNull(3) ? "" : reader.GetString(3);
            if (writers.Count == 0 || writers[^1] != writer)
            {
                cameBack += writers.Contains(writer) ? 1 : 0;
                writers.Add(writer);
            }
            if (reader.GetString(2).StartsWith(TakenUp, StringComparison.Ordinal))
            {
                takeUps.Add(new TakeUp(reader.GetInt64(1), NodeOf((byte[])reader[4])));
            }
        }
        Close();
        return owners;

        void Close()
        {
            if (current is not null)
            {
                owners.Add(new CallOwners(current, [.. takeUps], cameBack));
            }
            takeUps.Clear();
            writers.Clear();
            cameBack = 0;
        }
    }

    private static string NodeOf(byte[] payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            return json.RootElement.TryGetProperty("node", out var node) ? node.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
