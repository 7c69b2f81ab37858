using System.Globalization;
using System.Reflection;

namespace OCPlatform.Host.Configuration;

/// <summary>
/// Lays environment variables over what the file says. A variable is OCP_, the section and the key in upper snake
/// case: OCP_SIP_PORT is sip.port. Items of a list of sections are counted from 0: OCP_SIP_TRUNKS_0_NAME, or with
/// double underscores for the eye, OCP_SIP__TRUNKS__0__NAME. A list of plain values is written with commas.
/// </summary>
public static class EnvironmentSource
{
    private const string Prefix = "OCP_";

    /// <summary>Read by the start script and the command line, not settings of the tree.</summary>
    private static readonly HashSet<string> Reserved = ["OCP_CONFIG", "OCP_LOAD_PASSWORD"];

    /// <summary>Overlays the variables onto the tree; every OCP_ variable that is no setting is a problem.</summary>
    public static void Overlay(
        ConfigMap root,
        Type optionsType,
        IEnumerable<KeyValuePair<string, string>> variables,
        List<string> problems
    )
    {
        foreach (var (name, value) in variables.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || Reserved.Contains(name))
            {
                continue;
            }
            var words = name[Prefix.Length..].Split('_', StringSplitOptions.RemoveEmptyEntries);
            var path = Resolve(optionsType, words);
            if (path is null)
            {
                var near = KeyNames.Nearest(name, AllNames(optionsType, Prefix.TrimEnd('_')));
                problems.Add($"{name}: there is no such setting." + (near is null ? "" : $" Did you mean {near}?"));
                continue;
            }
            Set(root, path, value, new ConfigOrigin(name, null), problems);
        }
    }

    /// <summary>The variable's name for a key such as sip.trunks[0].name.</summary>
    public static string NameOf(string path) =>
        Prefix + string.Join('_', path.Replace("[", ".").Replace("]", "").Split('.').Select(KeyNames.UpperSnake));

    private sealed record Step(string? Key, int? Index, Type Type);

    private static List<Step>? Resolve(Type section, ReadOnlySpan<string> words)
    {
        foreach (var property in OptionsShape.KeysOf(section))
        {
            var keyWords = KeyNames.UpperSnake(property.Name).Split('_');
            if (words.Length < keyWords.Length || !words[..keyWords.Length].SequenceEqual(keyWords))
            {
                continue;
            }
            if (Continue(property.PropertyType, words[keyWords.Length..]) is { } rest)
            {
                rest.Insert(0, new Step(KeyNames.Camel(property.Name), null, property.PropertyType));
                return rest;
            }
        }
        return null;
    }

    private static List<Step>? Continue(Type type, ReadOnlySpan<string> words)
    {
        switch (OptionsShape.KindOf(type))
        {
            case ShapeKind.Section:
                return words.IsEmpty ? null : Resolve(type, words);
            case ShapeKind.List when words.IsEmpty:
                return OptionsShape.KindOf(OptionsShape.ItemOf(type)) == ShapeKind.Scalar ? [] : null;
            case ShapeKind.List when int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var i):
                var item = OptionsShape.ItemOf(type);
                var rest = Continue(item, words[1..]);
                rest?.Insert(0, new Step(null, i, item));
                return rest;
            case ShapeKind.Scalar when words.IsEmpty:
                return [];
            default:
                return null;
        }
    }

    private static void Set(ConfigMap root, List<Step> path, string value, ConfigOrigin origin, List<string> problems)
    {
        ConfigNode node = root;
        for (var i = 0; i < path.Count; i++)
        {
            var (key, index, type) = path[i];
            var child = i == path.Count - 1 ? Leaf(type, value, origin) : null;
            switch (node)
            {
                case ConfigMap map:
                    map.Items.TryGetValue(key!, out var inMap);
                    node = map.Items[key!] = child ?? Container(inMap, type, origin);
                    break;
                case ConfigList list when index > list.Items.Count:
                    problems.Add($"{origin}: item {index} leaves a gap; the list has {list.Items.Count} so far.");
                    return;
                case ConfigList list:
                    if (index == list.Items.Count)
                    {
                        list.Items.Add(new ConfigMap(origin));
                    }
                    node = list.Items[index!.Value] = child ?? Container(list.Items[index.Value], type, origin);
                    break;
                default:
                    return;
            }
        }
    }

    private static ConfigNode Container(ConfigNode? present, Type type, ConfigOrigin origin) =>
        OptionsShape.KindOf(type) == ShapeKind.List
            ? present as ConfigList ?? new ConfigList(origin)
            : present as ConfigMap ?? new ConfigMap(origin);

    private static ConfigNode Leaf(Type type, string value, ConfigOrigin origin)
    {
        if (OptionsShape.KindOf(type) == ShapeKind.Scalar)
        {
            return new ConfigScalar(value.Length == 0 ? null : value, origin);
        }
        var list = new ConfigList(origin);
        var items = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        list.Items.AddRange(items.Select(item => new ConfigScalar(item, origin)));
        return list;
    }

    private static IEnumerable<string> AllNames(Type type, string prefix)
    {
        foreach (var property in OptionsShape.KeysOf(type))
        {
            var name = $"{prefix}_{KeyNames.UpperSnake(property.Name)}";
            switch (OptionsShape.KindOf(property.PropertyType))
            {
                case ShapeKind.Section:
                    foreach (var inner in AllNames(property.PropertyType, name))
                    {
                        yield return inner;
                    }
                    break;
                case ShapeKind.List
                    when OptionsShape.KindOf(OptionsShape.ItemOf(property.PropertyType)) == ShapeKind.Section:
                    foreach (var inner in AllNames(OptionsShape.ItemOf(property.PropertyType), name + "_0"))
                    {
                        yield return inner;
                    }
                    break;
                default:
                    yield return name;
                    break;
            }
        }
    }
}
