using System.Text.RegularExpressions;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Tests.Configuration;

public sealed partial class ConfigDocsTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void The_example_file_is_what_the_options_say()
    {
        File.ReadAllText(Path.Combine(Root, "ocplatform.example.yaml"))
            .Should()
            .Be(ConfigDocs.ExampleYaml(), "run: ./ocp config example > ocplatform.example.yaml");
    }

    [Fact]
    public void The_configuration_page_is_what_the_options_say()
    {
        File.ReadAllText(Path.Combine(Root, "docs", "configuration.md"))
            .Should()
            .Be(ConfigDocs.Markdown(), "run: ./ocp config docs > docs/configuration.md");
    }

    [Fact]
    public void The_example_file_loads_and_changes_nothing()
    {
        var config = ConfigLoader.Load("example", ConfigDocs.ExampleYaml(), []);

        config.Options.Should().BeEquivalentTo(ConfigLoader.Load("empty", "", []).Options);
    }

    [Fact]
    public void The_example_file_with_every_key_in_force_is_good_but_for_its_samples()
    {
        var uncommented = CommentedKey().Replace(ConfigDocs.ExampleYaml(), "$1");
        var load = () => ConfigLoader.Load("example", uncommented, []);

        load.Should()
            .Throw<ConfigurationException>()
            .Which.Problems.Should()
            .OnlyContain(problem =>
                problem.Contains("sip.trunks[0].name must not be empty")
                || problem.Contains("calls.services[0].number must not be empty")
            );
    }

    [Fact]
    public void Every_key_is_explained()
    {
        var unexplained = ConfigDocs
            .Markdown()
            .Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Where(line => line.Split(" | ")[2].TrimStart().StartsWith('('));

        unexplained.Should().BeEmpty();
    }

    [Fact]
    public void The_README_s_examples_are_good()
    {
        var readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        var trunks = FencedYaml()
            .Matches(readme)
            .Select(example => ConfigLoader.Load("README.md", example.Groups[1].Value, []).Options.Sip.Trunks.Count);

        trunks.Should().Equal(1, 2);
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FencedYaml();

    [GeneratedRegex(@"(?m)^#(  .*)$(?<!^#\s*#.*)")]
    private static partial Regex CommentedKey();

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
