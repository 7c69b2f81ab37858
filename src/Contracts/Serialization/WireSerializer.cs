using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace OCPlatform.Contracts.Serialization;

/// <summary>
/// JSON for everything that is journaled or sent between nodes: readable with any tool, and open to added fields.
/// Unknown manifests and malformed bytes throw <see cref="SerializationException"/>.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<string, Type> Types = typeof(WireSerializer)
        .Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<WireNameAttribute>() is not null)
        .ToFrozenDictionary(type => type.GetCustomAttribute<WireNameAttribute>()!.Name);

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(
        pair => pair.Value,
        pair => pair.Key
    );

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Unknown = Meter.CreateCounter<long>(
        "ocp_wire_unknown",
        description: "Messages and events of a newer version that this one does not know."
    );

    /// <summary>The meter of what cannot be read.</summary>
    public const string MeterName = "OCPlatform.Wire";

    /// <summary>The JSON dialect of the journal: camel case, enums by name, absent nulls.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };

    /// <summary>Every type with a wire name, by that name.</summary>
    public static IReadOnlyDictionary<string, Type> KnownTypes => Types;

    /// <summary>Has what is known of every type looked up now: each costs milliseconds at its first use.</summary>
    public static void WarmUp()
    {
        Json.MakeReadOnly(populateMissingResolver: true);
        foreach (var type in Types.Values)
        {
            Json.GetTypeInfo(type);
        }
    }

    public override int Identifier => 7001;

    public override string Manifest(object o) =>
        Names.TryGetValue(o.GetType(), out var name)
            ? name
            : throw new SerializationException($"{o.GetType()} has no [WireName]; it cannot be journaled or sent.");

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Json);

    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <summary>
    /// What the bytes hold. Akka's remoting logs what cannot be read and drops it; connection and actors live on, so that
    /// two versions can stand in one cluster.
    /// </summary>
    /// <exception cref="SerializationException">Unknown manifest, malformed bytes.</exception>
    public static object Read(byte[] bytes, string manifest)
    {
        if (!Types.TryGetValue(manifest, out var type))
        {
            Unknown.Add(1);
            throw new SerializationException($"Unknown manifest '{manifest}': written by a newer version?");
        }
        try
        {
            return JsonSerializer.Deserialize(bytes, type, Json)
                ?? throw new SerializationException($"The bytes of '{manifest}' hold null.");
        }
        catch (JsonException e)
        {
            throw new SerializationException($"The bytes of '{manifest}' are not readable: {e.Message}", e);
        }
    }
}
