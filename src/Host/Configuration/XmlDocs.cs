using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OCPlatform.Host.Configuration;

/// <summary>The doc comments of the options classes, read from the XML files that lie beside the assemblies.</summary>
public sealed partial class XmlDocs
{
    private readonly Dictionary<Assembly, Dictionary<string, string>> _files = [];

    /// <summary>The property's summary as one line of text, or "" when it has none.</summary>
    public string SummaryOf(PropertyInfo property)
    {
        var declaring = property.DeclaringType!;
        return Members(declaring.Assembly)
            .GetValueOrDefault($"P:{declaring.FullName!.Replace('+', '.')}.{property.Name}", "");
    }

    private Dictionary<string, string> Members(Assembly assembly)
    {
        if (!_files.TryGetValue(assembly, out var members))
        {
            var file = Path.ChangeExtension(assembly.Location, ".xml");
            members = File.Exists(file)
                ? XDocument
                    .Load(file)
                    .Descendants("member")
                    .ToDictionary(
                        member => member.Attribute("name")!.Value,
                        member => Flatten(member.Element("summary"))
                    )
                : [];
            _files[assembly] = members;
        }
        return members;
    }

    private static string Flatten(XElement? summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary?.DescendantNodes() ?? [])
        {
            switch (node)
            {
                case XElement { Name.LocalName: "see" or "paramref" } reference:
                    var target = (
                        reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name")
                    )?.Value;
                    text.Append('`').Append(target?.Split('.', ':')[^1]).Append('`');
                    break;
                case XText plain when plain.Parent?.Name.LocalName is "c" or "code":
                    text.Append('`').Append(plain.Value).Append('`');
                    break;
                case XText plain:
                    text.Append(plain.Value);
                    break;
            }
        }
        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
