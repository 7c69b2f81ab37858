using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

/// <summary>Nodes that know a name only.</summary>
public sealed class DnsDiscoveryTests : IAsyncLifetime
{
    private readonly TestMembers _members = new();
    private readonly ConcurrentDictionary<IPAddress, byte> _records = new();
    private readonly int _port = FreePort();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _members.DisposeAsync();

    [Fact]
    public async Task Nodes_that_start_together_form_one_cluster_begun_by_the_lowest_address()
    {
        TestMember[] members = [Start(3), Start(1), Start(2)];

        await TestMembers.UntilAsync(() => members.All(member => member.UpCount == 3), "one cluster of three");

        members[0]
            .Cluster.State.Members.Aggregate((oldest, member) => member.IsOlderThan(oldest) ? member : oldest)
            .Address.Host.Should()
            .Be("127.0.0.1");
    }

    [Fact]
    public async Task A_node_that_comes_later_with_the_lowest_address_joins_and_begins_nothing()
    {
        var first = Start(2);
        await TestMembers.UntilAsync(() => first.UpCount == 1, "a node alone begins");

        var later = Start(1);

        await TestMembers.UntilAsync(() => later.UpCount == 2 && first.UpCount == 2, "both are in one cluster");
    }

    [Fact]
    public async Task Nobody_begins_while_its_own_address_is_not_in_the_records()
    {
        _records.TryAdd(IPAddress.Parse("127.0.0.9"), 0);
        var asked = 0;
        var member = _members.Start(1, _port);
        Func<string, CancellationToken, Task<IPAddress[]>> resolve = (_, _) =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromResult<IPAddress[]>([.. _records.Keys]);
        };
        var options = Options();
        member.Create(Props.Create(() => new DnsDiscovery(options, resolve, TimeProvider.System)));

        await TestMembers.UntilAsync(() => Volatile.Read(ref asked) >= 4, "it has asked for longer than it waits");

        member.UpCount.Should().Be(0);
    }

    private TestMember Start(int number)
    {
        _records.TryAdd(IPAddress.Parse($"127.0.0.{number}"), 0);
        var member = _members.Start(number, _port);
        Func<string, CancellationToken, Task<IPAddress[]>> resolve = (_, _) =>
            Task.FromResult<IPAddress[]>([.. _records.Keys]);
        var options = Options();
        member.Create(Props.Create(() => new DnsDiscovery(options, resolve, TimeProvider.System)));
        return member;
    }

    private ClusterOptions Options() =>
        new()
        {
            Discovery = ClusterDiscovery.Dns,
            DnsName = "nodes.test",
            DnsPort = _port,
            BootstrapSeconds = 1,
        };

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
