using System.Text.RegularExpressions;

namespace OCPlatform.Architecture.Tests;

/// <summary>What the compiler does not see: how long files are, and what is left unfinished in them.</summary>
public sealed partial class StyleTests
{
    private const int MostLines = 800;

    internal static readonly string Root = FindRoot();

    private static IEnumerable<(string Name, string Text)> Sources(params string[] folders) =>
        folders
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            )
            .Where(file => !file.Contains("/obj/") && !file.Contains("/bin/"))
            .Select(file => (Path.GetRelativePath(Root, file), File.ReadAllText(file)));

    [Fact]
    public void A_source_file_fits_in_the_head()
    {
        var tooLong = Sources("src", "tests")
            .Select(source => (source.Name, Lines: source.Text.Count(c => c == '\n')))
            .Where(source => source.Lines > MostLines);

        tooLong.Should().BeEmpty();
    }

    [Fact]
    public void Nothing_is_left_unfinished()
    {
        var unfinished = Sources("src")
            .SelectMany(source => Unfinished().Matches(source.Text).Select(match => $"{source.Name}: {match.Value}"));

        unfinished.Should().BeEmpty();
    }

    [Fact]
    public void No_thread_sleeps_and_no_clock_is_read_behind_the_analyzers_back()
    {
        var offences = Sources("src")
            .SelectMany(source => Suppressed().Matches(source.Text).Select(match => $"{source.Name}: {match.Value}"));

        offences.Should().BeEmpty();
    }

    [Fact]
    public void No_dependency_of_the_platform_is_floating_and_every_version_is_central()
    {
        var local = Directory
            .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Where(file => Regex.IsMatch(File.ReadAllText(file), "<PackageReference[^>]*\\bVersion="))
            .Select(file => Path.GetRelativePath(Root, file));
        var floating = Regex
            .Matches(
                File.ReadAllText(Path.Combine(Root, "Directory.Packages.props")),
                "Version=\"[^\"]*[*\\[(][^\"]*\""
            )
            .Select(match => match.Value);

        local.Should().BeEmpty();
        floating.Should().BeEmpty();
    }

    [GeneratedRegex(
        @"\bNotImplementedException\b|//\s*(TODO|FIXME|HACK|XXX)\b|\bNotSupportedException\(""(later|todo)",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"#pragma warning disable RS0030.*")]
    private static partial Regex Suppressed();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OCPlatform.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"No OCPlatform.sln above {AppContext.BaseDirectory}.");
    }
}
