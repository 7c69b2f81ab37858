using OCPlatform.Host.Configuration;
using OCPlatform.Host.LocalCluster;

namespace OCPlatform.Host.Tests;

public sealed class LocalNodeTests
{
    private static readonly LocalClusterPlan Plan = new(new PlatformOptions(), "folder", "Host=127.0.0.1;Database=x");

    [Fact]
    public void What_a_local_node_is_given_is_a_valid_configuration_of_a_node_among_several()
    {
        var variables = LocalNode
            .Settings(2, 3, Plan)
            .Select(setting => KeyValuePair.Create(EnvironmentSource.NameOf(setting.Key), setting.Value));

        var options = ConfigLoader.Load(null, "", variables).Options;

        options.Cluster.SeedNodes.Should().Equal("127.0.0.1:4053", "127.0.0.2:4053", "127.0.0.3:4053");
        options.Cluster.Host.Should().Be("127.0.0.2");
        options.Speech.Stt.Address.Should().Be("http://127.0.0.2:8081");
        options.Speech.Stt.FallbackAddresses.Should().Equal("http://127.0.0.3:8081", "http://127.0.0.1:8081");
        options.Sip.BindAddress.Should().Be("127.0.0.2");
    }

    [Fact]
    public void No_two_nodes_write_to_the_same_folder()
    {
        var folders = Enumerable
            .Range(1, 3)
            .SelectMany(number => LocalNode.Settings(number, 3, Plan))
            .Where(setting =>
                setting.Key is "recording.folder" or "calls.capture.folder" or "speech.tts.cacheDirectory"
            )
            .Select(setting => setting.Value)
            .ToList();

        folders.Should().HaveCount(9).And.OnlyHaveUniqueItems();
    }
}
