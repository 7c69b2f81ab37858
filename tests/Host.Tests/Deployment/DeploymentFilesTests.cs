using System.Text.RegularExpressions;
using OCPlatform.Host.Configuration;
using YamlDotNet.RepresentationModel;

namespace OCPlatform.Host.Tests.Deployment;

/// <summary>What lies in docker/, as far as it can be judged without an engine.</summary>
public sealed partial class DeploymentFilesTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> YamlFiles =>
        [
            .. Directory
                .GetFiles(Path.Combine(Root, "docker"), "*.yaml", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Root, file)),
        ];

    [Theory]
    [MemberData(nameof(YamlFiles))]
    public void Every_file_is_yaml_and_every_setting_in_it_is_one_of_ours(string file)
    {
        var settings = Read(file).SelectMany(Settings).ToList();

        ProblemsOf(settings).Should().BeEmpty();
    }

    [Fact]
    public void The_environment_of_the_image_is_made_of_our_settings()
    {
        var text = File.ReadAllText(Path.Combine(Root, "docker", "Dockerfile"));
        var settings = Assignment()
            .Matches(text)
            .Select(m => KeyValuePair.Create(m.Groups[1].Value, m.Groups[2].Value));

        ProblemsOf([.. settings]).Should().BeEmpty();
        text.Should().MatchRegex("(?m)^USER ocp$").And.Contain("HEALTHCHECK");
    }

    [Fact]
    public void The_cluster_files_do_set_what_makes_a_cluster()
    {
        foreach (var file in (string[])["docker/compose.cluster.yaml", "docker/k8s/ocplatform.yaml"])
        {
            var names = Read(file).SelectMany(Settings).Select(setting => setting.Key).ToHashSet();

            names.Should().Contain(["OCP_CLUSTER_HOST", "OCP_CLUSTER_DNS_NAME", "OCP_DATABASE_PROVIDER"], file);
        }
    }

    [Theory]
    [InlineData("docker/prometheus/alerts.yaml")]
    [InlineData("docker/grafana/dashboards/ocplatform.json")]
    public void Alerts_and_dashboards_ask_for_metrics_that_there_are(string file)
    {
        var known = Directory
            .GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(source => Metric().Matches(File.ReadAllText(source)).Select(m => m.Value))
            .ToHashSet();
        var asked = Metric()
            .Matches(File.ReadAllText(Path.Combine(Root, file)))
            .Select(m => Suffix().Replace(m.Value, ""))
            .Distinct()
            .ToList();

        asked.Should().NotBeEmpty();
        known.Should().Contain(asked);
    }

    private static IReadOnlyList<string> ProblemsOf(IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        var problems = new List<string>();
        foreach (var setting in settings)
        {
            EnvironmentSource.Overlay(
                new ConfigMap(new ConfigOrigin("test", null)),
                typeof(PlatformOptions),
                [setting],
                problems
            );
        }
        return problems;
    }

    private static IEnumerable<YamlNode> Read(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(Root, file))));
        stream.Documents.Should().NotBeEmpty();
        return stream.Documents.Select(document => document.RootNode);
    }

    /// <summary>Compose writes `NAME: value`, Kubernetes `name: NAME` with `value` or `valueFrom`.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Settings(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode list:
                return list.SelectMany(Settings);
            case YamlMappingNode map:
                var own = map.Children.SelectMany(pair => Setting(map, pair.Key, pair.Value));
                return own.Concat(map.Children.Values.SelectMany(Settings));
            default:
                return [];
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Setting(YamlMappingNode map, YamlNode key, YamlNode value)
    {
        if (key is not YamlScalarNode { Value: { } name } || value is not YamlScalarNode { Value: { } text })
        {
            yield break;
        }
        if (name.StartsWith("OCP_", StringComparison.Ordinal))
        {
            yield return new(name, text);
        }
        else if (name == "name" && text.StartsWith("OCP_", StringComparison.Ordinal))
        {
            yield return new(text, map.Children.TryGetValue("value", out var given) ? given.ToString() : "given");
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OCPlatform.sln")))
        {
            folder = folder.Parent;
        }
        return folder.FullName;
    }

    [GeneratedRegex(@"(?m)^(?:ENV)?\s*(OCP_[A-Z0-9_]+)=(\S+?)\s*\\?$")]
    private static partial Regex Assignment();

    [GeneratedRegex("ocp_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(total|bucket|sum|count)$")]
    private static partial Regex Suffix();
}
