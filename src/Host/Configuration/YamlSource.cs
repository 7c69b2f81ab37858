using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OCPlatform.Host.Configuration;

/// <summary>Reads a YAML file into <see cref="ConfigNode"/>s that remember their lines.</summary>
public static class YamlSource
{
    /// <param name="name">The file as complaints shall call it.</param>
    /// <param name="text">Its content.</param>
    /// <exception cref="ConfigurationException">The text is not YAML, has two of one key, or is no mapping.</exception>
    public static ConfigMap Parse(string name, string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new ConfigurationException([$"{name}, line {e.Start.Line}: not readable as YAML: {Cause(e)}"]);
        }
        if (yaml.Documents.Count == 0)
        {
            return new ConfigMap(new ConfigOrigin(name, 1));
        }
        return Convert(name, yaml.Documents[0].RootNode) switch
        {
            ConfigMap map => map,
            // A file of comments only is an empty scalar.
            ConfigScalar { Text: null } => new ConfigMap(new ConfigOrigin(name, 1)),
            var other => throw new ConfigurationException([$"{other.Origin}: expected sections such as 'sip:'."]),
        };
    }

    private static string Cause(YamlException e) => (e.InnerException?.Message ?? e.Message).TrimEnd('.') + ".";

    private static ConfigNode Convert(string file, YamlNode node)
    {
        var origin = new ConfigOrigin(file, (int)node.Start.Line);
        switch (node)
        {
            case YamlMappingNode mapping:
                var map = new ConfigMap(origin);
                foreach (var (key, value) in mapping.Children)
                {
                    // A value's complaint names the line of its key: that is where a person looks.
                    var child = Convert(file, value);
                    var keyed = new ConfigOrigin(file, (int)key.Start.Line);
                    map.Items[((YamlScalarNode)key).Value ?? ""] = child is ConfigScalar scalar
                        ? new ConfigScalar(scalar.Text, keyed)
                        : child;
                }
                return map;
            case YamlSequenceNode sequence:
                var list = new ConfigList(origin);
                list.Items.AddRange(sequence.Children.Select(child => Convert(file, child)));
                return list;
            case YamlScalarNode scalar:
                var plain = scalar.Style == ScalarStyle.Plain;
                return new ConfigScalar(
                    plain && scalar.Value is null or "" or "~" or "null" ? null : scalar.Value,
                    origin
                );
            default:
                throw new ConfigurationException([$"{origin}: {node.NodeType} is not supported here."]);
        }
    }
}
