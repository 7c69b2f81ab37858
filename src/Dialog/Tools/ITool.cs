using System.Text.Json;
using OCPlatform.Dialog.Agents;

namespace OCPlatform.Dialog.Tools;

/// <summary>Something an agent can do besides talk.</summary>
public interface ITool
{
    string Name { get; }

    /// <summary>For a model that chooses tools by their description.</summary>
    string Description { get; }

    /// <summary>JSON Schema of the arguments.</summary>
    string ParametersJson { get; }

    /// <summary>Runs it. The same key again has no second effect and gives the same answer.</summary>
    /// <returns>JSON.</returns>
    Task<string> RunAsync(ToolInvocation invocation, CancellationToken cancellation);
}

/// <param name="Key">Idempotency key.</param>
/// <param name="At">When the agent asked for it.</param>
public sealed record ToolInvocation(
    string Key,
    AgentDefinition Agent,
    string ConversationId,
    string? Caller,
    JsonElement Arguments,
    DateTimeOffset At
)
{
    /// <summary>A text argument; null when it is absent or empty.</summary>
    public string? Text(string name) =>
        Arguments.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}

/// <summary>Names in the arguments and results of the built-in tools.</summary>
public static class ToolArguments
{
    /// <summary>yyyy-MM-dd.</summary>
    public const string Day = "day";

    /// <summary>HH:mm, the agent's local time.</summary>
    public const string Time = "time";

    /// <summary>morning, afternoon, evening; empty for any time of the day.</summary>
    public const string Part = "part";

    public const string Name = "name";

    /// <summary>Digits.</summary>
    public const string Phone = "phone";
    public const string Text = "text";
    public const string Kind = "kind";

    /// <summary>In a result: why the start cannot be had; absent when all is well.</summary>
    public const string Reason = "reason";

    /// <summary>In a result: starts that are free, local ISO times.</summary>
    public const string Alternatives = "alternatives";

    public const string ReasonTaken = "taken";
    public const string ReasonGrid = "grid";
    public const string ReasonFull = "full";
    public const string ReasonClosed = "closed";

    /// <summary>No time was asked for: the alternatives are what the day has to offer.</summary>
    public const string ReasonOptions = "options";
}
