using System.Text.Json;
using System.Text.Json.Serialization;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Calls;

/// <summary>A call's id: also its local SIP tag and the user part of its Contact, so that no gateway looks it up.</summary>
[JsonConverter(typeof(CallIdJson))]
public readonly record struct CallId(string Value)
{
    private const char Prefix = 'c';

    /// <summary>A new id in the shard (0 ≤ shard &lt; <see cref="ShardedId.ShardCount"/>).</summary>
    public static CallId New(int shard) => new(ShardedId.New(Prefix, shard));

    /// <summary>A new id in a shard drawn by chance.</summary>
    public static CallId New() => New(Random.Shared.Next(ShardedId.ShardCount));

    /// <summary>Reads an id from a tag or a Contact user; false when it is not one of ours.</summary>
    public static bool TryParse(string? text, out CallId id)
    {
        id = text is not null && ShardedId.IsValid(text, Prefix) ? new CallId(text) : default;
        return id.Value is not null;
    }

    public override string ToString() => Value;
}

internal sealed class CallIdJson : JsonConverter<CallId>
{
    public override CallId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, CallId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
