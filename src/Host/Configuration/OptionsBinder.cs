using System.Collections;
using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Host.Configuration;

/// <summary>
/// Binds a tree of written settings to typed options and checks them. It goes on after a mistake, so that one start
/// tells them all.
/// </summary>
public sealed class OptionsBinder
{
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, ConfigOrigin> _origins = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Where each key that was written came from, by its path (sip.trunks[0].name).</summary>
    public IReadOnlyDictionary<string, ConfigOrigin> Origins => _origins;

    /// <summary>Sets the keys that the map has on the options, over their defaults.</summary>
    public void Bind(object options, ConfigMap map, string path)
    {
        var keys = OptionsShape.KeysOf(options.GetType()).ToDictionary(property => KeyNames.Camel(property.Name));
        foreach (var (key, node) in map.Items)
        {
            var keyPath = path.Length == 0 ? key : $"{path}.{key}";
            if (!keys.TryGetValue(key, out var property))
            {
                var near = KeyNames.Nearest(key, keys.Keys);
                var hint = near is not null
                    ? $" Did you mean '{near}'?"
                    : $" Known here: {string.Join(", ", keys.Keys)}.";
                _problems.Add($"{node.Origin}: there is no key '{keyPath}'.{hint}");
                continue;
            }
            _origins[keyPath] = node.Origin;
            var expectation = OptionsShape.Expectation(property);
            if (
                TryConvert(property.PropertyType, node, keyPath, expectation, property.GetValue(options), out var value)
            )
            {
                property.SetValue(options, value);
            }
        }
    }

    /// <summary>Checks the DataAnnotations of the options and of every section and list item below.</summary>
    public void Validate(object options, string path)
    {
        foreach (var property in OptionsShape.KeysOf(options.GetType()))
        {
            var value = property.GetValue(options);
            var keyPath = path.Length == 0 ? KeyNames.Camel(property.Name) : $"{path}.{KeyNames.Camel(property.Name)}";
            var results = new List<ValidationResult>();
            var context = new ValidationContext(options) { MemberName = property.Name, DisplayName = keyPath };
            if (!Validator.TryValidateProperty(value, context, results))
            {
                var shown = OptionsShape.IsSecret(property) ? "" : $" It is '{OptionsShape.Format(value)}'.";
                _problems.AddRange(
                    results.Select(result =>
                        property.GetCustomAttributes(typeof(RangeAttribute), true).Length > 0
                            ? $"{OriginOf(keyPath)}: {keyPath} must be {OptionsShape.Expectation(property)}.{shown}"
                        : value is null or "" ? $"{OriginOf(keyPath)}: {keyPath} must not be empty."
                        : $"{OriginOf(keyPath)}: {result.ErrorMessage}{shown}"
                    )
                );
            }
            foreach (var (item, itemPath) in Sections(value, property.PropertyType, keyPath))
            {
                Validate(item, itemPath);
            }
        }
    }

    /// <summary>Lets each section check itself; only of use once every value by itself is good.</summary>
    public void ValidateWhole(object options, string path)
    {
        if (options is IValidatableObject own)
        {
            foreach (var result in own.Validate(new ValidationContext(options)))
            {
                var member = result.MemberNames.Select(KeyNames.Camel).FirstOrDefault();
                var keyPath = string.Join('.', new[] { path, member }.Where(part => !string.IsNullOrEmpty(part)));
                _problems.Add($"{OriginOf(keyPath)}: {keyPath}: {result.ErrorMessage}");
            }
        }
        foreach (var property in OptionsShape.KeysOf(options.GetType()))
        {
            var keyPath = path.Length == 0 ? KeyNames.Camel(property.Name) : $"{path}.{KeyNames.Camel(property.Name)}";
            foreach (var (item, itemPath) in Sections(property.GetValue(options), property.PropertyType, keyPath))
            {
                ValidateWhole(item, itemPath);
            }
        }
    }

    private static IEnumerable<(object Item, string Path)> Sections(object? value, Type type, string path)
    {
        switch (OptionsShape.KindOf(type))
        {
            case ShapeKind.Section when value is not null:
                yield return (value, path);
                break;
            case ShapeKind.List when OptionsShape.KindOf(OptionsShape.ItemOf(type)) == ShapeKind.Section:
                var index = 0;
                foreach (var item in (IEnumerable?)value ?? Array.Empty<object>())
                {
                    yield return (item, $"{path}[{index++}]");
                }
                break;
            case ShapeKind.Map when OptionsShape.KindOf(OptionsShape.ItemOf(type)) == ShapeKind.Section:
                foreach (DictionaryEntry entry in (IDictionary?)value ?? new Dictionary<string, object>())
                {
                    yield return (entry.Value!, $"{path}.{entry.Key}");
                }
                break;
        }
    }

    /// <summary>The place of the key, or of the nearest section around it; a default has none but its name.</summary>
    private string OriginOf(string path)
    {
        for (var at = path; at.Length > 0; at = at.LastIndexOfAny(['.', '[']) is > 0 and var cut ? at[..cut] : "")
        {
            if (_origins.TryGetValue(at, out var origin))
            {
                return origin.ToString();
            }
        }
        return "not set";
    }

    private bool TryConvert(
        Type type,
        ConfigNode node,
        string path,
        string expectation,
        object? present,
        out object? value
    )
    {
        value = null;
        switch (OptionsShape.KindOf(type), node)
        {
            case (ShapeKind.Section, ConfigMap map):
                value = present ?? Activator.CreateInstance(type)!;
                Bind(value, map, path);
                return true;
            case (ShapeKind.Section or ShapeKind.List or ShapeKind.Map, ConfigScalar { Text: null }):
                // "trunks:" with everything below commented out: as if it were not written.
                value = present;
                return true;
            case (ShapeKind.List, ConfigList list):
                return TryConvertList(type, list, path, out value);
            case (ShapeKind.Map, ConfigMap map):
                return TryConvertMap(type, map, path, out value);
            case (ShapeKind.Scalar, ConfigScalar { Text: null })
                when !type.IsValueType || Nullable.GetUnderlyingType(type) is not null:
                return true;
            case (ShapeKind.Scalar, ConfigScalar { Text: { } text }) when OptionsShape.TryParse(type, text, out value):
                return true;
            default:
                var written = node switch
                {
                    ConfigScalar { Text: not null } when OptionsShape.IsSecretName(path) => "a single value",
                    ConfigScalar { Text: { } text } => $"'{text}'",
                    ConfigScalar => "nothing",
                    ConfigList => "a list",
                    _ => "a section",
                };
                var names = type.IsEnum ? Enum.GetNames(type).Select(KeyNames.Camel) : [];
                var near = node is ConfigScalar { Text: { } wrong } ? KeyNames.Nearest(wrong, names) : null;
                var hint = near is null ? "" : $" Did you mean '{near}'?";
                _problems.Add($"{node.Origin}: {path} must be {expectation}, not {written}.{hint}");
                return false;
        }
    }

    private bool TryConvertList(Type type, ConfigList written, string path, out object? value)
    {
        var itemType = OptionsShape.ItemOf(type);
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType))!;
        var good = true;
        for (var i = 0; i < written.Items.Count; i++)
        {
            var itemPath = $"{path}[{i}]";
            _origins[itemPath] = written.Items[i].Origin;
            var expectation = OptionsShape.Expectation(itemType);
            if (TryConvert(itemType, written.Items[i], itemPath, expectation, null, out var item))
            {
                items.Add(item);
            }
            else
            {
                good = false;
            }
        }
        if (type.IsArray)
        {
            var array = Array.CreateInstance(itemType, items.Count);
            items.CopyTo(array, 0);
            value = array;
        }
        else
        {
            value = type.IsAssignableFrom(items.GetType()) ? items : Activator.CreateInstance(type, items);
        }
        return good;
    }

    private bool TryConvertMap(Type type, ConfigMap written, string path, out object? value)
    {
        var itemType = OptionsShape.ItemOf(type);
        var items = (IDictionary)Activator.CreateInstance(type)!;
        var good = true;
        foreach (var (key, node) in written.Items)
        {
            var itemPath = $"{path}.{key}";
            _origins[itemPath] = node.Origin;
            if (TryConvert(itemType, node, itemPath, OptionsShape.Expectation(itemType), null, out var item))
            {
                items[key] = item;
            }
            else
            {
                good = false;
            }
        }
        value = items;
        return good;
    }
}
