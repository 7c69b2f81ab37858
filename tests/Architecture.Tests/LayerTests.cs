using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace OCPlatform.Architecture.Tests;

/// <summary>{Sip, Media, Contracts} &lt; AiAdapters &lt; {Gateways, CallActors, Dialog} &lt; Host; siblings meet in Contracts.</summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Sip"] = [],
        ["Media"] = [],
        ["Contracts"] = [],
        ["AiAdapters"] = ["Sip", "Media", "Contracts"],
        ["Gateways"] = ["Sip", "Media", "Contracts", "AiAdapters"],
        ["CallActors"] = ["Sip", "Media", "Contracts", "AiAdapters"],
        ["Dialog"] = ["Sip", "Media", "Contracts", "AiAdapters"],
        ["Host"] = ["Sip", "Media", "Contracts", "AiAdapters", "Gateways", "CallActors", "Dialog"],
        ["LoadTest"] = ["Sip", "Media", "Contracts", "AiAdapters"],
    };

    private static readonly Dictionary<string, Assembly> Assemblies = Allowed.Keys.ToDictionary(
        name => name,
        name => Assembly.Load($"OCPlatform.{name}")
    );

    private static readonly ArchUnitNET.Domain.Architecture Platform = new ArchLoader()
        .LoadAssemblies([.. Assemblies.Values])
        .Build();

    public static TheoryData<string> Modules() => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_references_only_what_lies_below_it(string module)
    {
        var referenced = Assemblies[module]
            .GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("OCPlatform.", StringComparison.Ordinal))
            .Select(name => name["OCPlatform.".Length..]);

        referenced.Should().BeSubsetOf(Allowed[module]);
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_keeps_to_its_own_namespace(string module)
    {
        var strangers = Assemblies[module]
            .GetTypes()
            .Where(type => type.Namespace?.StartsWith("OCPlatform.", StringComparison.Ordinal) == true)
            .Where(type => type.Namespace != $"OCPlatform.{module}")
            .Where(type => !type.Namespace!.StartsWith($"OCPlatform.{module}.", StringComparison.Ordinal))
            .Select(type => type.FullName);

        strangers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Sip")]
    [InlineData("Media")]
    public void The_protocol_libraries_know_no_Akka_and_no_web_server(string module)
    {
        var references = Assemblies[module].GetReferencedAssemblies().Select(name => name.Name!);

        references.Should().NotContain(name => name.StartsWith("Akka") || name.StartsWith("Microsoft.AspNetCore"));
    }

    [Theory]
    [InlineData("Sip")]
    [InlineData("Media", "BouncyCastle.Cryptography")] // DTLS, which the base class library has not.
    public void The_protocol_libraries_depend_on_the_base_class_library_alone(string module, params string[] besides)
    {
        var references = Assemblies[module].GetReferencedAssemblies().Select(name => name.Name!);

        references
            .Except(besides)
            .Should()
            .OnlyContain(name => name.StartsWith("System") || name.StartsWith("Microsoft.Win32"));
    }

    [Fact]
    public void Actors_live_in_the_modules_of_actors_only()
    {
        var elsewhere = new[] { "Sip", "Media", "AiAdapters", "Host", "LoadTest" }
            .SelectMany(module => Assemblies[module].GetTypes())
            .Where(typeof(Akka.Actor.ActorBase).IsAssignableFrom)
            // Who watches over the node's membership belongs to none of its parts.
            .Where(type => type.Namespace != "OCPlatform.Host.Membership")
            .Select(type => type.FullName);

        elsewhere.Should().BeEmpty();
    }

    [Fact]
    public void Messages_and_events_are_sealed_so_that_a_manifest_names_one_shape()
    {
        Classes()
            .That()
            .HaveAnyAttributes(typeof(Contracts.Serialization.WireNameAttribute))
            .Should()
            .BeSealed()
            .Check(Platform);
    }

    [Fact]
    public void No_type_is_called_plain_Dialog()
    {
        Types().Should().NotHaveName("Dialog").Check(Platform);
    }

    [Fact]
    public void Options_are_sealed_classes_that_the_Host_can_bind()
    {
        var options = typeof(Host.Configuration.PlatformOptions)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => property.PropertyType);

        options.Should().OnlyContain(type => type.IsSealed && type.GetConstructor(System.Type.EmptyTypes) != null);
    }
}
