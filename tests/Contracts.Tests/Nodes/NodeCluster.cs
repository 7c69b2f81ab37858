using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Tests.Nodes;

/// <summary>Several nodes in this process, each an actor system with remoting on a free port and the product's own tuning.</summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<TestNode> _nodes = [];

    /// <summary>Starts a node, and waits until every node sees it Up.</summary>
    public async Task<TestNode> StartAsync(params string[] roles)
    {
        var node = new TestNode(roles.Length > 0 ? roles : ["call"]);
        var cluster = Cluster.Get(node.System);
        var seed = _nodes.Count > 0 ? Cluster.Get(_nodes[0].System).SelfAddress : cluster.SelfAddress;
        _nodes.Add(node);
        await cluster.JoinAsync(seed);
        await EventuallyAsync(() => _nodes.TrueForAll(n => n.UpMembers == _nodes.Count));
        return node;
    }

    /// <summary>Ends a node as `kill -9` would: no word to the others, one of which then declares it down.</summary>
    public async Task KillAsync(TestNode node)
    {
        _nodes.Remove(node);
        var address = Cluster.Get(node.System).SelfAddress;
        await node.System.Terminate();
        ToldFailureDetector.Tell(address);
        Cluster.Get(_nodes[0].System).Down(address);
        await EventuallyAsync(() => _nodes.TrueForAll(n => n.UpMembers == _nodes.Count));
    }

    public static async Task EventuallyAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.System.Terminate();
        }
    }
}

/// <summary>One node: its actor system, its view of the others, and what it says of itself.</summary>
public sealed class TestNode : INodeSelf
{
    private readonly string[] _roles;

    internal TestNode(string[] roles)
    {
        _roles = roles;
        System = ActorSystem.Create("ocp", Tuning(roles));
        View = new ClusterView(this, TimeProvider.System);
        System.ActorOf(Props.Create(() => new ClusterViewActor(View)), ClusterViewActor.Name);
    }

    public ActorSystem System { get; }

    public ClusterView View { get; }

    public string Address => Cluster.Get(System).SelfAddress.ToString();

    /// <summary>As it will say that it has.</summary>
    public int Calls { get; set; }

    /// <summary>In place of <see cref="Calls"/>, where something counts them.</summary>
    public Func<int>? CountCalls { get; set; }

    internal int UpMembers => Cluster.Get(System).State.Members.Count(member => member.Status == MemberStatus.Up);

    public NodeState Describe(string address, bool draining) =>
        new(address, address, _roles, draining, CountCalls?.Invoke() ?? Calls, 0, null, "1.0");

    private static Config Tuning(string[] roles)
    {
        var tuning = ConfigurationFactory.ParseString(
            $$"""
            akka.loglevel = WARNING
            akka.stdout-loglevel = WARNING
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            # The Host's own is not here.
            akka.cluster.failure-detector.implementation-class = "{{typeof(ToldFailureDetector).AssemblyQualifiedName}}"
            # The test's word is proof.
            akka.cluster.down-removal-margin = 1ms
            akka.cluster.roles = [{{string.Join(',', roles)}}]
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            akka.actor {
              serializers.ocp-wire = "{{typeof(WireSerializer).AssemblyQualifiedName}}"
              serialization-bindings { "{{typeof(IWireMessage).AssemblyQualifiedName}}" = ocp-wire }
            }
            """
        );
        foreach (var file in new[] { "sharding", "cluster", "dispatchers", "akka" })
        {
            tuning = tuning.WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(HoconOf(file))));
        }
        return tuning;
    }

    /// <summary>Where the product's tuning of that name is.</summary>
    internal static string HoconOf(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.GetFiles("OCPlatform.sln").Length == 0)
        {
            folder =
                folder.Parent ?? throw new InvalidOperationException("The repository's root is not above the tests.");
        }
        return Path.Combine(folder.FullName, "hocon", $"{name}.hocon");
    }
}

/// <summary>
/// Knows the nodes that the test has killed, and takes no other one for dead: a busy machine is no reason. A downed member is
/// removed once it is unavailable, so a detector that waits would hold up every test.
/// </summary>
public sealed class ToldFailureDetector(Config config, EventStream stream) : PhiAccrualFailureDetector(config, stream)
{
    // By address with the port, which no two nodes of this process share.
    private static readonly ConcurrentDictionary<string, byte> Killed = new();

    public override bool IsAvailable => Address is null || !Killed.ContainsKey(Address);

    internal static void Tell(Address killed) => Killed[killed.ToString()] = 0;
}
