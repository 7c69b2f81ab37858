using System.Collections.Immutable;
using System.Reflection;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Tests.Serialization;

/// <summary>
/// Makes a value of any type that can stand in a message, by reflection, so that a new message is tested from the day
/// it is written. Every value differs from its type's default: a property that is not carried is seen.
/// </summary>
public sealed class SampleValues(bool withNulls)
{
    private readonly NullabilityInfoContext _nullability = new();
    private int _next = 1;

    public object Make(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner);
        }
        if (type.IsEnum)
        {
            var members = Enum.GetValues(type);
            return members.GetValue(_next++ % (members.Length - 1) + 1)!;
        }
        if (Simple(type) is { } simple)
        {
            return simple;
        }
        if (ItemOf(type) is { } item)
        {
            return MakeList(type, item);
        }
        if (KeyAndValueOf(type) is ({ } key, { } value))
        {
            var map = typeof(Dictionary<,>).MakeGenericType(key, value);
            var filled = (System.Collections.IDictionary)Activator.CreateInstance(map)!;
            filled.Add(Make(key), Make(value));
            return type.GetGenericTypeDefinition() == typeof(ImmutableSortedDictionary<,>)
                ? typeof(ImmutableSortedDictionary)
                    .GetMethods()
                    .Single(m =>
                        m.Name == nameof(ImmutableSortedDictionary.CreateRange) && m.GetParameters().Length == 1
                    )
                    .MakeGenericMethod(key, value)
                    .Invoke(null, [filled])!
                : filled;
        }
        return MakeRecord(type);
    }

    private object? Simple(Type type)
    {
        _next++;
        return type == typeof(string) ? $"text {_next} \u00e4\u2603\ud83d\ude00 \"quoted\"\r\n"
            : type == typeof(bool) ? true
            : type == typeof(int) ? _next
            : type == typeof(long) ? 5_000_000_000L + _next
            : type == typeof(double) ? _next + 0.1
            : type == typeof(float) ? _next + 0.5f
            : type == typeof(DateTimeOffset)
                ? new DateTimeOffset(2026, 11, 24, 21, 0, 0, 123, TimeSpan.FromHours(1)).AddTicks(_next)
            : type == typeof(DateOnly) ? new DateOnly(2026, 11, 24).AddDays(_next)
            : type == typeof(TimeOnly) ? new TimeOnly(9, 30).AddMinutes(_next)
            : type == typeof(TimeSpan) ? TimeSpan.FromMilliseconds(_next * 7)
            : type == typeof(Guid) ? new Guid(_next, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
            : type == typeof(byte[]) ? new byte[] { 0, 1, 127, 128, 255, (byte)_next }
            : type == typeof(CallId) ? CallId.New(_next % ShardedId.ShardCount)
            : type == typeof(ConversationId) ? ConversationId.NewChat()
            : null;
    }

    private object MakeList(Type type, Type item)
    {
        var items = Array.CreateInstance(item, 2);
        items.SetValue(Make(item), 0);
        items.SetValue(Make(item), 1);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableList<>))
        {
            return typeof(ImmutableList)
                .GetMethods()
                .Single(m => m.Name == nameof(ImmutableList.CreateRange) && m.GetParameters().Length == 1)
                .MakeGenericMethod(item)
                .Invoke(null, [items])!;
        }
        return type.IsAssignableFrom(items.GetType())
            ? items
            : Activator.CreateInstance(typeof(List<>).MakeGenericType(item), items)!;
    }

    private object MakeRecord(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        var arguments = constructor
            .GetParameters()
            .Select(p => withNulls && IsNullable(p) ? null : Make(p.ParameterType))
            .ToArray();
        var made = constructor.Invoke(arguments);
        foreach (var property in type.GetProperties().Where(p => p.SetMethod?.IsPublic == true))
        {
            var given = constructor.GetParameters().Any(p => p.Name == property.Name);
            var leaveNull = withNulls && _nullability.Create(property).WriteState == NullabilityState.Nullable;
            if (!given && !leaveNull)
            {
                property.SetValue(made, Make(property.PropertyType));
            }
        }
        return made;
    }

    private bool IsNullable(ParameterInfo parameter) =>
        _nullability.Create(parameter).WriteState == NullabilityState.Nullable;

    private static Type? ItemOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType
        && type.GetGenericArguments().Length == 1
        && typeof(System.Collections.IEnumerable).IsAssignableFrom(type)
            ? type.GetGenericArguments()[0]
        : null;

    private static (Type?, Type?) KeyAndValueOf(Type type) =>
        type.IsGenericType && type.GetGenericArguments() is [var key, var value] && type.Name.Contains("Dictionary")
            ? (key, value)
            : (null, null);
}
