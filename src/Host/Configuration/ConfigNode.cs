namespace OCPlatform.Host.Configuration;

/// <summary>Where a setting was written: a line of a file, or the name of an environment variable.</summary>
public sealed record ConfigOrigin(string Source, int? Line)
{
    public override string ToString() => Line is { } line ? $"{Source}, line {line}" : Source;
}

/// <summary>A setting as it was written, not yet typed. Every node knows its origin, so that a complaint can name it.</summary>
public abstract class ConfigNode(ConfigOrigin origin)
{
    public ConfigOrigin Origin { get; } = origin;
}

/// <summary>A single value. Null text is an explicit null (an empty YAML value).</summary>
public sealed class ConfigScalar(string? text, ConfigOrigin origin) : ConfigNode(origin)
{
    public string? Text { get; } = text;
}

/// <summary>A section: keys in the order they were written.</summary>
public sealed class ConfigMap(ConfigOrigin origin) : ConfigNode(origin)
{
    public OrderedDictionary<string, ConfigNode> Items { get; } = new(StringComparer.Ordinal);
}

/// <summary>A list.</summary>
public sealed class ConfigList(ConfigOrigin origin) : ConfigNode(origin)
{
    public List<ConfigNode> Items { get; } = [];
}
