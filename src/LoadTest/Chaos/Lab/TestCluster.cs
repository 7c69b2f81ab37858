namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// Several Host processes with one PostgreSQL, as a cluster: for the chaos runner, the benchmark and the end-to-end tests.
/// Disposing it ends all and removes what it made, except the folder of logs.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly string _folder;

    private TestCluster(INodeNetwork network, PostgresServer postgres, IReadOnlyList<ClusterNode> nodes, string folder)
    {
        Network = network;
        Postgres = postgres;
        Nodes = nodes;
        _folder = folder;
    }

    public INodeNetwork Network { get; }

    public PostgresServer Postgres { get; }

    public IReadOnlyList<ClusterNode> Nodes { get; }

    /// <summary>Starts the database and the nodes, and waits until all are ready.</summary>
    /// <param name="network">Is disposed with the cluster.</param>
    /// <param name="logs">Folder for a log per node.</param>
    /// <param name="readyWithin">For all of them together.</param>
    /// <exception cref="LabException">Something of it did not start.</exception>
    public static async Task<TestCluster> StartAsync(
        INodeNetwork network,
        ClusterSettings settings,
        string logs,
        TimeSpan readyWithin
    )
    {
        var folder = Directory.CreateTempSubdirectory("ocp-cluster-").FullName;
        Directory.CreateDirectory(logs);
        PostgresServer? postgres = null;
        var nodes = new List<ClusterNode>();
        try
        {
            postgres = await PostgresServer.StartAsync(network.HarnessAddress, network.Range);
            settings.CopyAgents(Path.Combine(folder, "agents"));
            foreach (var place in network.Nodes)
            {
                var own = Directory.CreateDirectory(Path.Combine(folder, $"node{place.Number}")).FullName;
                var config = Path.Combine(own, "ocplatform.yaml");
                await File.WriteAllTextAsync(
                    config,
                    settings.YamlFor(place, network, postgres.ConnectionString, own, folder)
                );
                nodes.Add(
                    new ClusterNode(
                        place,
                        network,
                        settings,
                        config,
                        Path.GetFullPath(Path.Combine(logs, $"node{place.Number}.log"))
                    )
                );
            }
            // The first seed forms the cluster; the others join it.
            nodes.ForEach(node => node.Start());
            await Task.WhenAll(nodes.Select(node => node.WaitUntilReadyAsync(readyWithin)));
            return new TestCluster(network, postgres, nodes, folder);
        }
        catch
        {
            await EndAsync(network, postgres, nodes, folder);
            throw;
        }
    }

    public ValueTask DisposeAsync() => EndAsync(Network, Postgres, Nodes, _folder);

    private static async ValueTask EndAsync(
        INodeNetwork network,
        PostgresServer? postgres,
        IReadOnlyList<ClusterNode> nodes,
        string folder
    )
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
        await network.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
