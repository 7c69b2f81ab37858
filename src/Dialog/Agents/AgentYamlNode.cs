using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OCPlatform.Dialog.Agents;

/// <summary>An agent's YAML is wrong; one line per fault, each with file, line and column.</summary>
public sealed class AgentDefinitionException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems => problems;
}

/// <summary>Collects the faults of one file, so that all are told at once.</summary>
internal sealed class AgentYamlProblems(string file)
{
    public List<string> All { get; } = [];

    public void Add(Mark at, string what) => All.Add($"{file}:{at.Line}:{at.Column}: {what}");
}

/// <summary>A YAML node that is read once, key by key, and knows which keys nobody asked for.</summary>
internal sealed class AgentYamlNode(YamlNode node, string path, AgentYamlProblems problems)
{
    private readonly HashSet<string> _asked = [];

    public string Path => path;

    /// <summary>The keys of a mapping, in the file's order; a fault when it is none.</summary>
    public IEnumerable<(string Key, AgentYamlNode Value)> Entries()
    {
        if (node is not YamlMappingNode mapping)
        {
            Fault("must hold 'key: value' lines");
            yield break;
        }
        foreach (var (key, value) in mapping.Children)
        {
            var name = ((YamlScalarNode)key).Value ?? "";
            yield return (name, new AgentYamlNode(value, Join(name), problems));
        }
    }

    /// <summary>The value of a key; null when it is missing.</summary>
    public AgentYamlNode? Find(string key)
    {
        _asked.Add(key);
        if (node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(key), out var value))
        {
            return new AgentYamlNode(value, Join(key), problems);
        }
        return null;
    }

    /// <summary>The value of a key; a fault when it is missing.</summary>
    public AgentYamlNode? Need(string key)
    {
        var value = Find(key);
        if (value is null && node is YamlMappingNode)
        {
            Fault($"'{key}' is missing");
        }
        return value;
    }

    /// <summary>A fault for every key that was never asked for.</summary>
    public void RefuseUnknownKeys()
    {
        if (node is not YamlMappingNode mapping)
        {
            Fault("must hold 'key: value' lines");
            return;
        }
        foreach (var key in mapping.Children.Keys.OfType<YamlScalarNode>())
        {
            if (!_asked.Contains(key.Value ?? ""))
            {
                var known = string.Join(", ", _asked.Order(StringComparer.Ordinal));
                problems.Add(key.Start, $"unknown key '{Join(key.Value ?? "")}'; known here: {known}");
            }
        }
    }

    public string Text()
    {
        if (node is YamlScalarNode { Value: { } text } && !string.IsNullOrWhiteSpace(text))
        {
            return text.Trim();
        }
        Fault("must be a text");
        return "";
    }

    /// <summary>A text or a list of texts.</summary>
    public List<string> Texts() => [.. Items().Select(item => item.Text())];

    /// <summary>The items of a list; a single value counts as a list of one.</summary>
    public IEnumerable<AgentYamlNode> Items()
    {
        if (node is not YamlSequenceNode sequence)
        {
            return [this];
        }
        if (sequence.Children.Count == 0)
        {
            Fault("must not be empty");
        }
        return sequence.Select((child, i) => new AgentYamlNode(child, $"{path}[{i}]", problems));
    }

    public bool IsMapping => node is YamlMappingNode;

    public int Integer(int min, int max)
    {
        if (int.TryParse(Text(), CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }
        Fault($"must be a whole number from {min} to {max}");
        return min;
    }

    public double Fraction()
    {
        if (double.TryParse(Text(), CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1)
        {
            return value;
        }
        Fault("must be a number from 0 to 1");
        return 0;
    }

    public T OneOf<T>(IReadOnlyDictionary<string, T> choices)
    {
        var text = Text();
        if (choices.TryGetValue(text, out var value))
        {
            return value;
        }
        Fault($"'{text}' is none of: {string.Join(", ", choices.Keys)}");
        return choices.First().Value;
    }

    public void Fault(string what) =>
        problems.Add(node.Start, path.Length == 0 ? what : $"'{path}' {what}".Replace("' '", "': '"));

    private string Join(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
