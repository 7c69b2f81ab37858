using System.Collections;
using System.Reflection;
using System.Text;

namespace OCPlatform.Host.Configuration;

/// <summary>
/// Writes docs/configuration.md and ocplatform.example.yaml from the options classes and their doc comments, and shows
/// the settings in force. A test compares the two files with what this writes, so they cannot go stale.
/// </summary>
public sealed class ConfigDocs
{
    private const int CommentWidth = 110;

    private readonly XmlDocs _docs = new();
    private readonly StringBuilder _text = new();

    /// <summary>The text of docs/configuration.md.</summary>
    public static string Markdown() => new ConfigDocs().WriteMarkdown();

    /// <summary>The text of ocplatform.example.yaml: every key with its default, commented out.</summary>
    public static string ExampleYaml() => new ConfigDocs().WriteExample();

    /// <summary>The settings in force as YAML, secrets masked; with the origin of each that is not a default.</summary>
    public static string Effective(LoadedConfig config) => new ConfigDocs().WriteEffective(config);

    private string WriteMarkdown()
    {
        _text.Append(
            """
            # Configuration

            <!-- Written by `./ocp config docs` from the options classes: change the doc comments there, not this file. -->

            The platform starts without any configuration. To change something, copy `ocplatform.example.yaml` to
            `ocplatform.yaml` and keep the keys that differ, or set the environment variable in the table. The environment
            wins over the file, the file over the defaults. Another file is named by `--config FILE` or `OCP_CONFIG`. An
            unknown key or a value that does not fit stops the start with the file, the line, the key and what is expected.
            `./ocp config check` checks without starting; `./ocp config show` prints what is in force, secrets masked.

            Items of a list of sections are counted from 0 in the environment: `OCP_SIP__TRUNKS__0__NAME`. Lists of plain
            values are written with commas. Durations are written as `500ms`, `30s`, `5m`, `2h`.

            """
        );
        foreach (var section in OptionsShape.KeysOf(typeof(PlatformOptions)))
        {
            var name = KeyNames.Camel(section.Name);
            _text.Append($"\n## {name}\n\n{_docs.SummaryOf(section)}\n\n");
            _text.Append("| key | default | what it is | environment |\n|---|---|---|---|\n");
            WriteRows(section.PropertyType, Activator.CreateInstance(section.PropertyType)!, name);
        }
        return _text.ToString();
    }

    private void WriteRows(Type section, object defaults, string path)
    {
        foreach (var property in OptionsShape.KeysOf(section))
        {
            var key = $"{path}.{KeyNames.Camel(property.Name)}";
            var value = property.GetValue(defaults);
            var kind = OptionsShape.KindOf(property.PropertyType);
            if (kind == ShapeKind.Section)
            {
                WriteRows(property.PropertyType, value ?? Activator.CreateInstance(property.PropertyType)!, key);
                continue;
            }
            var words = $"{_docs.SummaryOf(property)} ({OptionsShape.Expectation(property)})".Replace("|", "\\|");
            var shown = FormatInline(property.PropertyType, value);
            var ofSections = HasSectionItems(property.PropertyType);
            var variable = ofSections || kind == ShapeKind.Map ? "" : $"`{EnvironmentSource.NameOf(key)}`";
            _text.Append($"| `{key}` | {(shown.Length == 0 ? "" : $"`{shown}`")} | {words} | {variable} |\n");
            if (ofSections)
            {
                var item = OptionsShape.ItemOf(property.PropertyType);
                WriteRows(item, Activator.CreateInstance(item)!, kind == ShapeKind.Map ? $"{key}.NAME" : $"{key}[0]");
            }
        }
    }

    private string WriteExample()
    {
        _text.Append(
            """
            # OCPlatform: every setting with its default. Copy to ocplatform.yaml, keep what differs, remove the '#'.
            # The environment wins over this file: sip.port is also OCP_SIP_PORT. docs/configuration.md tells more.
            # Written by `./ocp config example` from the options classes.

            """
        );
        foreach (var section in OptionsShape.KeysOf(typeof(PlatformOptions)))
        {
            _text.Append('\n');
            WriteComment(_docs.SummaryOf(section), 0);
            _text.Append($"{KeyNames.Camel(section.Name)}:\n");
            WriteExampleKeys(section.PropertyType, Activator.CreateInstance(section.PropertyType)!, 1, "");
        }
        return _text.ToString();
    }

    private void WriteExampleKeys(Type section, object defaults, int depth, string firstLead)
    {
        var lead = firstLead;
        foreach (var property in OptionsShape.KeysOf(section))
        {
            var key = KeyNames.Camel(property.Name);
            var value = property.GetValue(defaults);
            var type = property.PropertyType;
            WriteComment($"{_docs.SummaryOf(property)} ({OptionsShape.Expectation(property)})", depth);
            var indent = Indent(depth - (lead.Length / 2)) + lead;
            lead = lead.Length == 0 ? "" : "  ";
            if (OptionsShape.KindOf(type) == ShapeKind.Section)
            {
                _text.Append($"#{indent}{key}:\n");
                WriteExampleKeys(type, value ?? Activator.CreateInstance(type)!, depth + 1, "");
            }
            else if (HasSectionItems(type))
            {
                _text.Append($"#{indent}{key}:\n");
                var map = OptionsShape.KindOf(type) == ShapeKind.Map;
                if (map)
                {
                    _text.Append($"#{Indent(depth + 1)}name:\n");
                }
                var item = OptionsShape.ItemOf(type);
                WriteExampleKeys(item, Activator.CreateInstance(item)!, depth + 2, map ? "" : "- ");
            }
            else
            {
                _text.Append($"#{indent}{key}: {FormatInline(type, value)}".TrimEnd()).Append('\n');
            }
        }
    }

    private void WriteComment(string words, int depth)
    {
        var lead = $"#{Indent(depth)}# ";
        if (depth == 0)
        {
            lead = "# ";
        }
        var line = new StringBuilder(lead);
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > lead.Length && line.Length + word.Length > CommentWidth)
            {
                _text.Append(line.ToString().TrimEnd()).Append('\n');
                line.Clear().Append(lead);
            }
            line.Append(word).Append(' ');
        }
        _text.Append(line.ToString().TrimEnd()).Append('\n');
    }

    private string WriteEffective(LoadedConfig config)
    {
        WriteValues(config.Options, "", 0, config.Origins);
        return _text.ToString();
    }

    private void WriteValues(object options, string path, int depth, IReadOnlyDictionary<string, ConfigOrigin> origins)
    {
        foreach (var property in OptionsShape.KeysOf(options.GetType()))
        {
            WriteValue(property, property.GetValue(options), path, depth, origins);
        }
    }

    private void WriteValue(
        PropertyInfo property,
        object? value,
        string path,
        int depth,
        IReadOnlyDictionary<string, ConfigOrigin> origins
    )
    {
        var key = KeyNames.Camel(property.Name);
        var keyPath = path.Length == 0 ? key : $"{path}.{key}";
        if (OptionsShape.KindOf(property.PropertyType) == ShapeKind.Section && value is not null)
        {
            _text.Append($"{Indent(depth)}{key}:\n");
            WriteValues(value, keyPath, depth + 1, origins);
        }
        else if (HasSectionItems(property.PropertyType) && value is IList { Count: > 0 } items)
        {
            _text.Append($"{Indent(depth)}{key}:\n");
            for (var i = 0; i < items.Count; i++)
            {
                _text.Append($"{Indent(depth + 1)}-\n");
                WriteValues(items[i]!, $"{keyPath}[{i}]", depth + 2, origins);
            }
        }
        else
        {
            var set = value switch
            {
                null or "" => false,
                ICollection collection => collection.Count > 0,
                _ => true,
            };
            var shown = OptionsShape.IsSecret(property) && set ? "'***'" : FormatInline(property.PropertyType, value);
            var origin = origins.TryGetValue(keyPath, out var from) ? $"  # {from}" : "";
            _text.Append($"{Indent(depth)}{key}: {shown}{origin}".TrimEnd()).Append('\n');
        }
    }

    private static bool HasSectionItems(Type type) =>
        OptionsShape.KindOf(type) is ShapeKind.List or ShapeKind.Map
        && OptionsShape.KindOf(OptionsShape.ItemOf(type)) == ShapeKind.Section;

    private static string FormatInline(Type type, object? value) =>
        OptionsShape.KindOf(type) switch
        {
            ShapeKind.List => "["
                + string.Join(", ", ((IEnumerable?)value ?? Array.Empty<object>()).Cast<object>().Select(QuoteScalar))
                + "]",
            ShapeKind.Map => "{}",
            _ => value is null ? "" : QuoteScalar(value),
        };

    private static string QuoteScalar(object value)
    {
        var text = OptionsShape.Format(value);
        var plain = value is not string || (text.Length > 0 && !text.Any(c => "#:{}[],&*!|>'\"%@`".Contains(c)));
        return plain ? text : $"'{text.Replace("'", "''")}'";
    }

    private static string Indent(int depth) => new(' ', depth * 2);
}
