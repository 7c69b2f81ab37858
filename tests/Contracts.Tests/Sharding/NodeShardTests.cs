using System.Collections.Concurrent;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Tests.Nodes;

namespace OCPlatform.Contracts.Tests.Sharding;

/// <summary>Where shards live, in real clusters of this process; entities note where they are woken and when they leave.</summary>
public sealed class NodeShardTests : IAsyncLifetime
{
    private readonly NodeCluster _cluster = new();
    private readonly ConcurrentDictionary<CallId, ConcurrentQueue<string>> _homes = new();
    private readonly ConcurrentQueue<CallId> _left = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_shard_is_at_home_where_it_is_first_asked_for()
    {
        var (a, atA) = await StartAsync();
        var (b, atB) = await StartAsync();
        var (one, two) = (CallId.New(3), CallId.New(700));

        atA.Tell(new CallCommands.Recover(one));
        atB.Tell(new CallCommands.Recover(two));
        await WokenAsync(one, two);
        // From the other side too, now.
        atB.Tell(new CallCommands.Recover(CallId.New(3)));
        atA.Tell(new CallCommands.Recover(CallId.New(700)));
        await NodeCluster.EventuallyAsync(() => _homes.Count == 4);

        _homes
            .Where(home => ShardedId.NumberOfId(home.Key.Value) == 3)
            .Should()
            .OnlyContain(h => h.Value.Single() == a.Address);
        _homes
            .Where(home => ShardedId.NumberOfId(home.Key.Value) == 700)
            .Should()
            .OnlyContain(h => h.Value.Single() == b.Address);
    }

    [Fact]
    public async Task A_node_without_the_role_asks_and_another_one_holds()
    {
        var (a, _) = await StartAsync();
        var (_, proxy) = await StartAsync("gateway");
        var call = CallId.New();

        proxy.Tell(new CallCommands.Recover(call));
        await WokenAsync(call);

        _homes[call].Should().Equal(a.Address);
    }

    [Fact]
    public async Task After_a_crash_a_shard_goes_to_whoever_asks_and_not_before()
    {
        var (a, _) = await StartAsync();
        var (b, atB) = await StartAsync();
        var (c, atC) = await StartAsync();
        var calls = Enumerable.Range(0, 12).Select(shard => CallId.New(shard)).ToArray();
        foreach (var call in calls)
        {
            atC.Tell(new CallCommands.Recover(call));
        }
        await WokenAsync(calls);

        await _cluster.KillAsync(c);
        await NodeCluster.EventuallyAsync(() =>
        {
            // Again and again: the first may still be sent to the dead.
            var lost = calls.Where(call => _homes[call].Count < 2).ToList();
            lost.ForEach(call => atB.Tell(new CallCommands.Recover(call)));
            return lost.Count == 0;
        });

        calls.Should().OnlyContain(call => _homes[call].Last() == b.Address);
        a.Address.Should().NotBe(b.Address);
    }

    [Fact]
    public async Task A_node_that_drains_gives_away_all_its_shards_in_waves_and_they_go_to_who_asks()
    {
        var (a, atA) = await StartAsync();
        var (b, atB) = await StartAsync();
        var calls = Enumerable.Range(0, 40).Select(shard => CallId.New(shard * 7)).ToArray();
        foreach (var call in calls)
        {
            atA.Tell(new CallCommands.Recover(call));
        }
        await WokenAsync(calls);
        a.Calls = calls.Length;

        a.View.Drain();
        await NodeCluster.EventuallyAsync(() => !_left.IsEmpty);
        _left.Count.Should().BeLessThan(calls.Length, "they leave in waves");
        await NodeCluster.EventuallyAsync(() => _left.Count == calls.Length);
        foreach (var call in calls)
        {
            atB.Tell(new CallCommands.Recover(call));
        }

        await NodeCluster.EventuallyAsync(() => calls.All(call => _homes[call].Count == 2));
        calls.Should().OnlyContain(call => _homes[call].Last() == b.Address);
    }

    [Fact]
    public async Task A_node_that_drains_gets_no_shard_by_asking()
    {
        var (a, atA) = await StartAsync();
        var (b, atB) = await StartAsync();
        // Whose region has a shard is one that the coordinator knows.
        var other = CallId.New(1);
        atB.Tell(new CallCommands.Recover(other));
        await WokenAsync(other);
        a.View.Drain();
        await NodeCluster.EventuallyAsync(() => b.View.Nodes.Any(node => node.Draining));
        var call = CallId.New(2);

        atA.Tell(new CallCommands.Recover(call));
        await WokenAsync(call);

        _homes[call].Should().Equal(b.Address);
    }

    [Fact]
    public async Task A_message_for_a_shard_on_its_way_arrives_at_the_new_home()
    {
        var (a, atA) = await StartAsync();
        var (b, atB) = await StartAsync();
        var call = CallId.New();
        atA.Tell(new CallCommands.Recover(call));
        await WokenAsync(call);

        a.View.Drain();
        await NodeCluster.EventuallyAsync(() => !_left.IsEmpty);
        // Once only: whoever has heard that the call left may ask for it.
        atB.Tell(new CallCommands.Recover(call));

        await NodeCluster.EventuallyAsync(() => _homes[call].Count == 2);
        _homes[call].Last().Should().Be(b.Address);
    }

    [Fact]
    public async Task A_touch_wakes_a_shard_and_nothing_in_it()
    {
        var (a, atA) = await StartAsync();

        var here = await atA.Ask<ShardTouch.Here>(new ShardTouch("zz"), TimeSpan.FromSeconds(20));

        here.Shard.Should().Be("zz");
        _homes.Should().BeEmpty();
        a.View.ClaimedShards.Should().Be(0);
    }

    private async Task<(TestNode Node, IActorRef Region)> StartAsync(params string[] roles)
    {
        var node = await _cluster.StartAsync(roles);
        var address = node.Address;
        var region = await NodeSharding.StartAsync(
            node.System,
            ShardKind.Calls,
            "call",
            id => Props.Create(() => new Noted(new CallId(id), address, _homes, _left)),
            new CallShardExtractor(),
            CallCommands.LeaveNode.Instance,
            node.View
        );
        return (node, region);
    }

    private Task WokenAsync(params CallId[] calls) => NodeCluster.EventuallyAsync(() => calls.All(_homes.ContainsKey));

    private sealed class Noted : ReceiveActor
    {
        public Noted(
            CallId id,
            string address,
            ConcurrentDictionary<CallId, ConcurrentQueue<string>> homes,
            ConcurrentQueue<CallId> left
        )
        {
            homes.GetOrAdd(id, _ => []).Enqueue(address);
            Receive<CallCommands.Recover>(_ => { });
            Receive<CallCommands.LeaveNode>(_ =>
            {
                left.Enqueue(id);
                Context.Stop(Self);
            });
        }
    }
}
