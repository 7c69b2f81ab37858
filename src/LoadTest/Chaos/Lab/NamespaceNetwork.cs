using System.Net;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// Every node in a network namespace of its own, with two wires: one to a bridge that callers, database and nodes share, one to a
/// bridge between the nodes alone, which can be pulled. Needs root. Names carry the process id, so that runs do not meet.
/// </summary>
public sealed class NamespaceNetwork : INodeNetwork
{
    private readonly string _prefix = $"ocp{Environment.ProcessId % 100_000}";
    private readonly int _net = 1 + Environment.ProcessId % 120;

    private NamespaceNetwork(int count) =>
        Nodes = [
            .. Enumerable
                .Range(1, count)
                .Select(number => new NodePlace(
                    number,
                    IPAddress.Parse($"10.99.{_net}.{number + 1}"),
                    IPAddress.Parse($"10.99.{_net + 120}.{number + 1}")
                )
                {
                    SipPort = 5060,
                    HttpPort = 8080,
                    AiPort = 8081,
                    ClusterPort = 4053,
                    RtpFirst = 10_000,
                    RtpLast = 19_999,
                }),
        ];

    public IReadOnlyList<NodePlace> Nodes { get; }

    public IPAddress HarnessAddress => IPAddress.Parse($"10.99.{_net}.1");

    public string Range => "10.99.0.0/16";

    private string OuterBridge => $"{_prefix}b";

    private string InnerBridge => $"{_prefix}c";

    /// <exception cref="LabException">Not root, or the system has no namespaces.</exception>
    public static async Task<NamespaceNetwork> CreateAsync(int count)
    {
        var network = new NamespaceNetwork(count);
        try
        {
            await network.BuildAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyList<string> Within(NodePlace node, IReadOnlyList<string> command) =>
        ["ip", "netns", "exec", NameOf(node), .. command];

    public Task IsolateAsync(NodePlace node) => Shell.RunAsync("ip", "link", "set", $"{NameOf(node)}i", "down");

    public Task HealAsync(NodePlace node) => Shell.RunAsync("ip", "link", "set", $"{NameOf(node)}i", "up");

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await TryAsync("ip", "netns", "del", NameOf(node));
        }
        await TryAsync("ip", "link", "del", OuterBridge);
        await TryAsync("ip", "link", "del", InnerBridge);
    }

    private string NameOf(NodePlace node) => $"{_prefix}n{node.Number}";

    private async Task BuildAsync()
    {
        foreach (var bridge in (string[])[OuterBridge, InnerBridge])
        {
            await Shell.RunAsync("ip", "link", "add", bridge, "type", "bridge");
            await Shell.RunAsync("ip", "link", "set", bridge, "up");
        }
        await Shell.RunAsync("ip", "addr", "add", $"{HarnessAddress}/24", "dev", OuterBridge);
        foreach (var node in Nodes)
        {
            var name = NameOf(node);
            await Shell.RunAsync("ip", "netns", "add", name);
            await Shell.RunAsync("ip", "-n", name, "link", "set", "lo", "up");
            await WireAsync(name, $"{name}o", OuterBridge, "eth0", node.Address);
            await WireAsync(name, $"{name}i", InnerBridge, "eth1", node.ClusterAddress);
        }
    }

    private static async Task WireAsync(string space, string outside, string bridge, string inside, IPAddress address)
    {
        await Shell.RunAsync("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", space);
        await Shell.RunAsync("ip", "link", "set", outside, "master", bridge, "up");
        await Shell.RunAsync("ip", "-n", space, "addr", "add", $"{address}/24", "dev", inside);
        await Shell.RunAsync("ip", "-n", space, "link", "set", inside, "up");
    }

    private static async Task TryAsync(params string[] command)
    {
        try
        {
            await Shell.RunAsync(command);
        }
        catch (LabException)
        {
            // It was never made, or went with its namespace.
        }
    }
}
