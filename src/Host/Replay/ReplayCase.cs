using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OCPlatform.CallActors;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Dialog.Conversations;

namespace OCPlatform.Host.Replay;

/// <summary>An event as the journal holds it.</summary>
/// <param name="Name">Its wire name.</param>
public sealed record ReplayEvent(string Name, JsonNode Body)
{
    /// <exception cref="System.Runtime.Serialization.SerializationException">This version does not know the event.</exception>
    public object Read() => WireSerializer.Read(Encoding.UTF8.GetBytes(Body.ToJsonString(WireSerializer.Json)), Name);
}

/// <summary>
/// What the journal holds of one call and its conversation, and what the record of the call says. As a file it is a test
/// case: its events must go on giving the record.
/// </summary>
/// <param name="Record">Null: the projection knows nothing of the call.</param>
public sealed partial record ReplayCase(
    string CallId,
    IReadOnlyList<ReplayEvent> Call,
    IReadOnlyList<ReplayEvent> Conversation,
    JsonNode? Record
)
{
    private static readonly JsonSerializerOptions Indented = new(WireSerializer.Json) { WriteIndented = true };

    /// <summary>The call's events, oldest first.</summary>
    public IReadOnlyList<ICallEvent> CallEvents() => [.. Call.Select(e => (ICallEvent)e.Read())];

    /// <summary>The events of its conversation, oldest first.</summary>
    public IReadOnlyList<IConversationEvent> ConversationEvents() =>
        [.. Conversation.Select(e => (IConversationEvent)e.Read())];

    /// <summary>The call's state after all of its events.</summary>
    public CallState CallState() => CallEvents().Aggregate(CallActors.CallState.Empty, (state, e) => state.Apply(e));

    /// <summary>The conversation's state after all of its events.</summary>
    public ConversationState ConversationState() =>
        ConversationEvents().Aggregate(Dialog.Conversations.ConversationState.Empty, (state, e) => state.Apply(e));

    /// <summary>What differs between the replayed record and the stored one, by JSON path; empty when they are the same.</summary>
    public IReadOnlyList<string> Differences()
    {
        var replayed = JsonSerializer.SerializeToNode(CallState().Record, WireSerializer.Json);
        var found = new List<string>();
        Compare("record", replayed, Record, found);
        return found;
    }

    public static ReplayCase Parse(string json) =>
        JsonSerializer.Deserialize<ReplayCase>(json, WireSerializer.Json)
        ?? throw new JsonException("The file holds null.");

    /// <summary>
    /// The case as a file, without what a caller keyed in and without passwords in URIs. It has only what this version
    /// makes of it as record: save what replays without difference.
    /// </summary>
    public string ToJson()
    {
        var masked = this with { Call = [.. Call.Select(Masked)], Conversation = [.. Conversation.Select(Masked)] };
        var record = JsonSerializer.SerializeToNode(masked.CallState().Record, WireSerializer.Json);
        return JsonSerializer.Serialize(masked with { Record = record }, Indented);
    }

    /// <summary>Without passwords in SIP URIs (RFC 3261 §19.1.1).</summary>
    public static string Masked(string text) => UriPassword().Replace(text, "$1:***@");

    private static ReplayEvent Masked(ReplayEvent e)
    {
        var body = JsonNode.Parse(Masked(e.Body.ToJsonString(WireSerializer.Json)))!;
        if (e.Name == WireNameOf<CallEvents.DigitPressed>())
        {
            body["digit"] = "0";
        }
        if (
            e.Name == WireNameOf<ConversationJournal.InputTaken>()
            && (string?)body["kind"] == JsonNamingPolicy.CamelCase.ConvertName(nameof(ConversationInputKind.Pressed))
        )
        {
            body["text"] = new string('0', ((string?)body["text"] ?? "").Length);
        }
        return e with { Body = body };
    }

    private static string WireNameOf<T>() => WireSerializer.KnownTypes.First(pair => pair.Value == typeof(T)).Key;

    private static void Compare(string path, JsonNode? replayed, JsonNode? stored, List<string> found)
    {
        switch (replayed, stored)
        {
            case (JsonObject left, JsonObject right):
                foreach (var name in left.Select(pair => pair.Key).Union(right.Select(pair => pair.Key)))
                {
                    Compare($"{path}.{name}", left[name], right[name], found);
                }
                break;
            case (JsonArray left, JsonArray right):
                for (var i = 0; i < Math.Max(left.Count, right.Count); i++)
                {
                    Compare($"{path}[{i}]", left.ElementAtOrDefault(i), right.ElementAtOrDefault(i), found);
                }
                break;
            default:
                if (!JsonNode.DeepEquals(replayed, stored))
                {
                    found.Add($"{path}: replayed {Shown(replayed)}, stored {Shown(stored)}");
                }
                break;
        }
    }

    private static string Shown(JsonNode? node) =>
        node is null ? "nothing" : Masked(node.ToJsonString(WireSerializer.Json));

    [GeneratedRegex(@"(sips?:[^:@;\s""<>]+):[^@;\s""<>]+@", RegexOptions.IgnoreCase)]
    private static partial Regex UriPassword();
}
