using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace OCPlatform.Host.Configuration;

/// <summary>What kind of value a property of the options tree holds.</summary>
public enum ShapeKind
{
    Scalar,
    Section,
    List,
    Map,
}

/// <summary>
/// What the types of the options tree say about themselves: which properties are keys, what each accepts, and how that
/// is put in words. Reader, binder, validator and documentation all look here, so that they cannot disagree.
/// </summary>
public static class OptionsShape
{
    private static readonly HashSet<Type> Scalars =
    [
        typeof(string),
        typeof(bool),
        typeof(int),
        typeof(long),
        typeof(float),
        typeof(double),
        typeof(TimeSpan),
        typeof(Uri),
    ];

    private static readonly string[] SecretEndings =
    [
        "password",
        "secret",
        "apikey",
        "apikeys",
        "token",
        "connectionstring",
    ];

    public static ShapeKind KindOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum || Scalars.Contains(type))
        {
            return ShapeKind.Scalar;
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
        {
            return ShapeKind.Map;
        }
        if (typeof(IEnumerable).IsAssignableFrom(type))
        {
            return ShapeKind.List;
        }
        return type.IsClass
            ? ShapeKind.Section
            : throw new NotSupportedException($"{type} cannot be configured: teach OptionsShape about it.");
    }

    /// <summary>The keys of a section: its public get/set properties in the order of declaration.</summary>
    public static IEnumerable<PropertyInfo> KeysOf(Type section) =>
        section
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod?.IsPublic == true)
            .OrderBy(property => property.MetadataToken);

    /// <summary>The type of a list's or a map's items.</summary>
    public static Type ItemOf(Type type) =>
        type.IsArray ? type.GetElementType()!
        : KindOf(type) == ShapeKind.Map ? type.GetGenericArguments()[1]
        : type.GetGenericArguments()[0];

    /// <summary>Whether the value must never be shown: by [DataType(Password)], or by a name that says so.</summary>
    public static bool IsSecret(PropertyInfo property) =>
        property.GetCustomAttribute<DataTypeAttribute>()?.DataType == DataType.Password || IsSecretName(property.Name);

    public static bool IsSecretName(string name) =>
        SecretEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>What the property accepts, in words: "a whole number from 1 to 65535".</summary>
    public static string Expectation(PropertyInfo property)
    {
        var words = Expectation(property.PropertyType);
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            words += $" from {Invariant(range.Minimum)} to {Invariant(range.Maximum)}";
        }
        return words;
    }

    public static string Expectation(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return KindOf(type) switch
        {
            ShapeKind.Section => "a section with keys",
            ShapeKind.Map => "a section of free names",
            ShapeKind.List when KindOf(ItemOf(type)) == ShapeKind.Scalar => "a list",
            ShapeKind.List => "a list of sections",
            _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type).Select(KeyNames.Camel)),
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) || type == typeof(long) => "a whole number",
            _ when type == typeof(float) || type == typeof(double) => "a number",
            _ when type == typeof(TimeSpan) => "a duration such as 500ms, 30s or 5m",
            _ when type == typeof(Uri) => "a URL",
            _ => "text",
        };
    }

    /// <summary>A scalar of the type from its text; false when the text does not fit.</summary>
    public static bool TryParse(Type type, string text, out object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var invariant = CultureInfo.InvariantCulture;
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type.IsEnum)
        {
            value = Enum.GetNames(type)
                .Where(name => KeyNames.Camel(name).Equals(text, StringComparison.OrdinalIgnoreCase))
                .Select(name => Enum.Parse(type, name))
                .FirstOrDefault();
        }
        else if (type == typeof(bool))
        {
            value = text switch
            {
                "true" or "True" or "yes" or "on" or "1" => true,
                "false" or "False" or "no" or "off" or "0" => false,
                _ => null,
            };
        }
        else if (type == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var number) ? number : null;
        }
        else if (type == typeof(long))
        {
            value = long.TryParse(text, NumberStyles.AllowLeadingSign, invariant, out var number) ? number : null;
        }
        else if (type == typeof(float))
        {
            value = float.TryParse(text, NumberStyles.Float, invariant, out var number) ? number : null;
        }
        else if (type == typeof(double))
        {
            value = double.TryParse(text, NumberStyles.Float, invariant, out var number) ? number : null;
        }
        else if (type == typeof(TimeSpan))
        {
            value = TryParseDuration(text, out var duration) ? duration : null;
        }
        else if (type == typeof(Uri))
        {
            value = Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
        }
        return value is not null;
    }

    /// <summary>A value as it would be written in YAML.</summary>
    public static string Format(object? value) =>
        value switch
        {
            null => "",
            bool flag => flag ? "true" : "false",
            Enum member => KeyNames.Camel(member.ToString()),
            TimeSpan duration => FormatDuration(duration),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

    private static string Invariant(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static bool TryParseDuration(string text, out TimeSpan duration)
    {
        (string Unit, TimeSpan One)[] units =
        [
            ("ms", TimeSpan.FromMilliseconds(1)),
            ("s", TimeSpan.FromSeconds(1)),
            ("m", TimeSpan.FromMinutes(1)),
            ("h", TimeSpan.FromHours(1)),
            ("d", TimeSpan.FromDays(1)),
        ];
        foreach (var (unit, one) in units)
        {
            if (
                text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text[..^unit.Length],
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var count
                )
            )
            {
                duration = one * count;
                return true;
            }
        }
        duration = default;
        return false;
    }

    private static string FormatDuration(TimeSpan duration) =>
        duration.Milliseconds != 0 ? FormattableString.Invariant($"{duration.TotalMilliseconds}ms")
        : duration.Seconds != 0 || duration == TimeSpan.Zero ? FormattableString.Invariant($"{duration.TotalSeconds}s")
        : duration.Minutes != 0 ? FormattableString.Invariant($"{duration.TotalMinutes}m")
        : FormattableString.Invariant($"{duration.TotalHours}h");
}
