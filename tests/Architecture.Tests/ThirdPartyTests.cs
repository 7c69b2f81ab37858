using System.Text.Json;

namespace OCPlatform.Architecture.Tests;

/// <summary>THIRD-PARTY.md names every package that is really resolved, transitive ones included, in its version.</summary>
public sealed class ThirdPartyTests
{
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void Every_resolved_NuGet_package_is_named_with_its_version(string folder)
    {
        var page = File.ReadAllText(Path.Combine(StyleTests.Root, "THIRD-PARTY.md"));
        var missing = Directory
            .EnumerateFiles(Path.Combine(StyleTests.Root, folder), "project.assets.json", SearchOption.AllDirectories)
            .SelectMany(ResolvedPackages)
            .Distinct()
            .Where(package => !page.Contains($"| {package.Name} | {package.Version} |", StringComparison.Ordinal))
            .Select(package => $"{package.Name} {package.Version}");

        missing.Should().BeEmpty("a new or updated package needs a line with version, licence and source");
    }

    [Fact]
    public void Every_model_package_is_named_with_its_version()
    {
        var page = File.ReadAllText(Path.Combine(StyleTests.Root, "THIRD-PARTY.md"));
        using var locked = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(StyleTests.Root, "src/AiAdapters/Models/models.lock.json"))
        );

        foreach (var package in locked.RootElement.GetProperty("packages").EnumerateArray())
        {
            page.Should().Contain($"| {package.GetProperty("name")} | {package.GetProperty("version")} |");
        }
    }

    private static IEnumerable<(string Name, string Version)> ResolvedPackages(string assetsFile)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(assetsFile));
        foreach (var target in assets.RootElement.GetProperty("targets").EnumerateObject())
        {
            foreach (var library in target.Value.EnumerateObject())
            {
                if (library.Value.GetProperty("type").GetString() == "package")
                {
                    var name = library.Name.Split('/');
                    yield return (name[0], name[1]);
                }
            }
        }
    }
}
