using System.Net;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>Every node has its own loopback address: needs no rights, and cannot be split.</summary>
/// <param name="count">Nodes.</param>
/// <param name="ports">Gives a first free port of so many in a row; null: the platform's usual ones.</param>
public sealed class LoopbackNetwork(int count, Func<int, int>? ports = null) : INodeNetwork
{
    private const int RtpPorts = 4000;

    public IReadOnlyList<NodePlace> Nodes { get; } =
    [.. Enumerable.Range(1, count).Select(number => PlaceOf(number, ports))];

    public IPAddress HarnessAddress => IPAddress.Loopback;

    public string Range => "127.0.0.0/8";

    public IReadOnlyList<string> Within(NodePlace node, IReadOnlyList<string> command) => command;

    public Task IsolateAsync(NodePlace node) =>
        throw new LabException("Loopback addresses cannot be split: run it as root, with network namespaces.");

    public Task HealAsync(NodePlace node) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NodePlace PlaceOf(int number, Func<int, int>? ports)
    {
        var address = IPAddress.Parse($"127.0.1.{number}");
        var rtp = ports?.Invoke(RtpPorts / 10) ?? 10_000;
        return new NodePlace(number, address, address)
        {
            SipPort = ports?.Invoke(1) ?? 5060,
            HttpPort = ports?.Invoke(1) ?? 8080,
            // The engines listen on 127.0.0.1, which all nodes share here.
            AiPort = ports?.Invoke(1) ?? 18_080 + number,
            ClusterPort = ports?.Invoke(1) ?? 4053,
            RtpFirst = rtp,
            RtpLast = rtp + (ports is null ? RtpPorts : RtpPorts / 10) - 1,
        };
    }
}
