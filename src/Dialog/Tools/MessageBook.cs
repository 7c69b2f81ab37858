using System.Globalization;
using Dapper;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.Dialog.Tools;

/// <summary>One row of the messages table.</summary>
/// <param name="Kind">"message" or "callback".</param>
public sealed record Message(
    string Key,
    string Agent,
    string Kind,
    string? Name,
    string? Phone,
    string? Text,
    string? Caller,
    string ConversationId
);

/// <summary>The messages table: what callers left for the team, and whom to call back.</summary>
public sealed class MessageBook(Database database, TimeProvider time)
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS messages (
            key TEXT NOT NULL PRIMARY KEY,
            agent TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT,
            phone TEXT,
            text TEXT,
            caller TEXT,
            conversation_id TEXT NOT NULL,
            created_at TEXT NOT NULL
        );
        """;

    public async Task CreateSchemaAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await Tables.MakeAsync(connection, Schema, cancellation);
    }

    /// <summary>Stores the message; a second one with the same key is ignored.</summary>
    public async Task TakeAsync(Message message, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition(
                """
                INSERT INTO messages (key, agent, kind, name, phone, text, caller, conversation_id, created_at)
                VALUES (@Key, @Agent, @Kind, @Name, @Phone, @Text, @Caller, @ConversationId, @CreatedAt)
                ON CONFLICT DO NOTHING
                """,
                new
                {
                    message.Key,
                    message.Agent,
                    message.Kind,
                    message.Name,
                    message.Phone,
                    message.Text,
                    message.Caller,
                    message.ConversationId,
                    CreatedAt = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
                },
                cancellationToken: cancellation
            )
        );
    }

    /// <summary>All messages for an agent, oldest first.</summary>
    public async Task<IReadOnlyList<Message>> ListAsync(string agent, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        return
        [
            .. await connection.QueryAsync<Message>(
                new CommandDefinition(
                    """
                    SELECT key AS Key, agent AS Agent, kind AS Kind, name AS Name, phone AS Phone, text AS Text,
                        caller AS Caller, conversation_id AS ConversationId
                    FROM messages WHERE agent = @agent ORDER BY created_at
                    """,
                    new { agent },
                    cancellationToken: cancellation
                )
            ),
        ];
    }
}

/// <summary>Takes a message or a request to be called back.</summary>
public sealed class TakeMessage(MessageBook book) : ITool
{
    public const string ToolName = "messages.take";

    public string Name => ToolName;

    public string Description => "Takes a message for the team, or a request to be called back (kind: callback).";

    public string ParametersJson =>
        """
            {"type":"object","properties":{
            "kind":{"type":"string","enum":["message","callback"]},
            "name":{"type":"string"},
            "phone":{"type":"string","description":"digits"},
            "text":{"type":"string"}}}
            """;

    public async Task<string> RunAsync(ToolInvocation invocation, CancellationToken cancellation)
    {
        var message = new Message(
            invocation.Key,
            invocation.Agent.Name,
            invocation.Text(ToolArguments.Kind) ?? "message",
            invocation.Text(ToolArguments.Name),
            invocation.Text(ToolArguments.Phone),
            invocation.Text(ToolArguments.Text),
            invocation.Caller,
            invocation.ConversationId
        );
        await book.TakeAsync(message, cancellation);
        return """{"taken":true}""";
    }
}
