using System.Text.Json;
using System.Text.Json.Serialization;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Conversations;

/// <summary>A conversation's id. A call's conversation has the call's own digits behind another prefix letter.</summary>
[JsonConverter(typeof(ConversationIdJson))]
public readonly record struct ConversationId(string Value)
{
    private const char VoicePrefix = 'v';
    private const char ChatPrefix = 't';

    /// <summary>The conversation held on a call: known from the call's id alone, so that a restarted call finds it.</summary>
    public static ConversationId OfCall(CallId call) => new(VoicePrefix + call.Value[1..]);

    /// <summary>A new chat conversation in a shard drawn by chance.</summary>
    public static ConversationId NewChat() => new(ShardedId.New(ChatPrefix, Random.Shared.Next(ShardedId.ShardCount)));

    /// <summary>Reads an id; false when it is not one of ours.</summary>
    public static bool TryParse(string? text, out ConversationId id)
    {
        id =
            text is not null && (ShardedId.IsValid(text, VoicePrefix) || ShardedId.IsValid(text, ChatPrefix))
                ? new ConversationId(text)
                : default;
        return id.Value is not null;
    }

    public override string ToString() => Value;
}

internal sealed class ConversationIdJson : JsonConverter<ConversationId>
{
    public override ConversationId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, ConversationId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
