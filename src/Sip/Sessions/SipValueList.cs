using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCPlatform.Sip.Sessions;

/// <summary>An immutable list that equals another by its elements, for records that are compared by value. JSON: an array.</summary>
[CollectionBuilder(typeof(SipValueList), nameof(SipValueList.Create))]
[JsonConverter(typeof(SipValueListConverter))]
public sealed class SipValueList<T>(IReadOnlyList<T> items) : IReadOnlyList<T>, IEquatable<SipValueList<T>>
{
    public T this[int index] => items[index];

    public int Count => items.Count;

    public bool Equals(SipValueList<T>? other) => other is not null && items.SequenceEqual(other);

    public override bool Equals(object? obj) => Equals(obj as SipValueList<T>);

    public override int GetHashCode() => items.Aggregate(items.Count, HashCode.Combine);

    public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes the lists of collection expressions.</summary>
public static class SipValueList
{
    /// <summary>A list of these elements, copied.</summary>
    public static SipValueList<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());
}

internal sealed class SipValueListConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(SipValueList<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()[0]))!;

    private sealed class Of<T> : JsonConverter<SipValueList<T>>
    {
        public override SipValueList<T> Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        ) => new(JsonSerializer.Deserialize<T[]>(ref reader, options) ?? []);

        public override void Write(Utf8JsonWriter writer, SipValueList<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }
}
