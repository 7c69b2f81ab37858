using System.Text.Json.Nodes;
using Dapper;
using OCPlatform.CallActors.Records;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Host.Replay;

/// <summary>Reads a call from the journal's table; no actor is started.</summary>
internal sealed class ReplaySource(Database database)
{
    /// <summary>The call, or null when neither journal nor records know it.</summary>
    public async Task<ReplayCase?> ReadAsync(CallId id, CancellationToken cancellation)
    {
        var call = await EventsAsync($"call-{id}", cancellation);
        var conversation = await EventsAsync($"conversation-{ConversationId.OfCall(id)}", cancellation);
        var record = await new CallRecordStore(database).GetAsync(id, cancellation);
        return call.Count == 0 && record is null
            ? null
            : new ReplayCase(
                id.Value,
                call,
                conversation,
                System.Text.Json.JsonSerializer.SerializeToNode(record, WireSerializer.Json)
            );
    }

    private async Task<IReadOnlyList<ReplayEvent>> EventsAsync(string persistenceId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var rows = await connection.QueryAsync<(string Manifest, byte[] Message)>(
            new CommandDefinition(
                "SELECT manifest, message FROM journal WHERE persistence_id = @persistenceId ORDER BY sequence_number",
                new { persistenceId },
                cancellationToken: cancellation
            )
        );
        return [.. rows.Select(row => new ReplayEvent(row.Manifest, JsonNode.Parse(row.Message)!))];
    }
}
