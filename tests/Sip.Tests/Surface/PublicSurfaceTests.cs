using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using PublicApiGenerator;

namespace OCPlatform.Sip.Tests.Surface;

/// <summary>What users of the library build on: it changes only on purpose, and none of it is without a word.</summary>
public sealed class PublicSurfaceTests
{
    private static readonly Assembly Library = typeof(SipMessage).Assembly;

    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        var approved = Path.Combine(Folder(), "PublicSurface.approved.txt");
        var surface = Library.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }) + "\n";
        var before = File.Exists(approved) ? File.ReadAllText(approved) : "";
        if (surface == before)
        {
            return;
        }
        var received = Path.Combine(Path.GetTempPath(), "PublicSurface.received.txt");
        File.WriteAllText(received, surface);
        var changed = surface
            .Split('\n')
            .Except(before.Split('\n'))
            .Concat(before.Split('\n').Except(surface.Split('\n')));
        Assert.Fail(
            $"The public surface of src/Sip changed. If it is meant to, copy {received} to {approved}.\n"
                + string.Join('\n', changed.Take(20))
        );
    }

    [Fact]
    public void Every_public_type_and_method_is_documented()
    {
        var documented = XDocument
            .Load(Path.ChangeExtension(Library.Location, ".xml"))
            .Descendants("member")
            .Where(member => member.Elements().Any())
            .Select(member => NameOf(member.Attribute("name")!.Value))
            .ToHashSet();

        var missing = Library
            .GetExportedTypes()
            .SelectMany(type => Members(type).Prepend($"T:{type.FullName}"))
            .Select(name => name.Replace('+', '.'))
            .Where(name => !documented.Contains(name))
            .Distinct()
            .ToList();

        string.Join(", ", missing).Should().BeEmpty("each of these wants a doc comment: shapes, units, errors, RFC section");
    }

    /// <summary>Methods by name: overloads are documented by one of them, the others refer to it.</summary>
    private static IEnumerable<string> Members(Type type)
    {
        const BindingFlags own =
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        // What an interface asks for is documented there.
        var asked = type.IsInterface
            ? []
            : type.GetInterfaces().SelectMany(i => type.GetInterfaceMap(i).TargetMethods).ToHashSet();
        return type.GetMethods(own)
            .Where(method => !method.IsSpecialName && !IsWellKnown(method) && !IsGenerated(method))
            .Where(method => !asked.Contains(method))
            .Select(method => $"M:{type.FullName}.{method.Name}");
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    // What object, IEquatable, IDisposable and collections ask for says itself.
    private static bool IsWellKnown(MethodInfo method) =>
        method.GetBaseDefinition().DeclaringType == typeof(object)
        || method.GetBaseDefinition() != method
        || method.Name is "Equals" or "GetHashCode" or "GetEnumerator" or "DisposeAsync" or "Dispose" or "Deconstruct";

    private static string NameOf(string documentId)
    {
        var parameters = documentId.IndexOf('(');
        var name = parameters < 0 ? documentId : documentId[..parameters];
        var generic = name.IndexOf("``", StringComparison.Ordinal);
        return generic < 0 ? name : name[..generic];
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
