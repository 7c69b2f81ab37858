using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

/// <summary>Members of a cluster as actor systems of this process, on loopback addresses, with the platform's own timings.</summary>
internal sealed class TestMembers : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly List<TestMember> _members = [];

    /// <summary>Starts a member and does not have it join anything.</summary>
    public TestMember Start(int number, int port = 0)
    {
        var member = new TestMember(number, port);
        _members.Add(member);
        return member;
    }

    /// <summary>Starts members that form one cluster, and waits until each sees them all.</summary>
    public async Task<TestMember[]> FormAsync(int count)
    {
        TestMember[] members = [.. Enumerable.Range(1, count).Select(number => Start(number))];
        foreach (var member in members)
        {
            // One after the other: the first to join is the oldest.
            member.Cluster.Join(members[0].Address);
            await UntilAsync(() => member.UpCount == Array.IndexOf(members, member) + 1, "the member is up");
        }
        await UntilAsync(() => members.All(member => member.UpCount == count), "all see all");
        return members;
    }

    public static async Task UntilAsync(Func<bool> condition, string what, int withinMs = 20_000)
    {
        using var deadline = new CancellationTokenSource(withinMs);
        using var timer = new PeriodicTimer(Poll);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {withinMs} ms: {what}");
            }
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_members.Select(member => member.EndAsync()));
}

/// <summary>One member, with the fence and what watches over it.</summary>
internal sealed class TestMember
{
    private const string Overrides = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        akka.coordinated-shutdown.exit-clr = off
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        akka.coordinated-shutdown.terminate-actor-system = off
        akka.remote.dot-netty.tcp.applied-adapters = ["trttl"]
        """;

    private readonly ActorSystem _system;

    public TestMember(int number, int port)
    {
        _system = ActorSystem.Create(
            "ocp",
            ConfigurationFactory
                .ParseString(
                    $"akka.remote.dot-netty.tcp {{ hostname = \"127.0.0.{number}\", port = {port} }}\n{Overrides}"
                )
                .WithFallback(Hocon("cluster"))
                .WithFallback(Hocon("dispatchers"))
        );
        Cluster = Akka.Cluster.Cluster.Get(_system);
        var times = new FenceTimes(
            _system.Settings.Config.GetTimeSpan("ocp.fence.minority-after"),
            _system.Settings.Config.GetTimeSpan("ocp.fence.stood-still-after")
        );
        Fence.OnFall(() => FellAt = TimeProvider.System.GetTimestamp());
        Create(Props.Create(() => new FenceWatch(Fence, times, TimeProvider.System)));
        Create(Props.Create(() => new CrashProbe(Probe)));
    }

    public Akka.Cluster.Cluster Cluster { get; }

    public Address Address => Cluster.SelfAddress;

    public ActorSystem System => _system;

    public NodeFence Fence { get; } = new();

    public long? FellAt { get; private set; }

    /// <summary>What the crash probe sees; the real answer unless a test says otherwise.</summary>
    public PortAnswer? PretendedAnswer { get; set; }

    public int Probes { get; private set; }

    public int UpCount => Cluster.State.Members.Count(member => member.Status == MemberStatus.Up);

    public bool Sees(TestMember other) =>
        Cluster.State.Members.Any(member => member.Address == other.Address && member.Status == MemberStatus.Up);

    /// <summary>Ends without leaving the cluster, as a killed process does: connections close, the port refuses.</summary>
    public Task EndAsync() => _system.Terminate();

    /// <summary>Nothing passes between the two any more, in neither direction, and no connection is closed.</summary>
    public static async Task SplitAsync(TestMember one, TestMember other)
    {
        await one.BlackholeAsync(other);
        await other.BlackholeAsync(one);
    }

    public void Tell(object remotingEvent) => _system.EventStream.Publish(remotingEvent);

    public void Create(Props props) => _system.ActorOf(props.WithDispatcher("ocp.membership-dispatcher"));

    private Task BlackholeAsync(TestMember other) =>
        ((IRemoteActorRefProvider)((ExtendedActorSystem)_system).Provider).Transport.ManagementCommand(
            new SetThrottle(other.Address, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance)
        );

    private PortAnswer Probe(IPEndPoint peer, TimeSpan deadline)
    {
        Probes++;
        return PretendedAnswer ?? PortProbe.Try(peer, deadline);
    }

    private static Config Hocon(string name) =>
        ConfigurationFactory.ParseString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", $"{name}.hocon"))
        );
}
