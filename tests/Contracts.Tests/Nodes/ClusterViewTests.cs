using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Contracts.Tests.Nodes;

public sealed class ClusterViewTests : IDisposable
{
    private readonly Clock _clock = new();
    private readonly ClusterView _view;

    public ClusterViewTests()
    {
        _view = new ClusterView(new Described(), _clock);
        _view.Start("self");
    }

    public void Dispose() => _view.Drain();

    [Fact]
    public void A_node_that_knows_no_shards_still_gives_a_new_call_an_id() =>
        CallId.TryParse(_view.NewCall().Value, out _).Should().BeTrue();

    [Fact]
    public void New_calls_go_to_the_claimed_shards_of_nodes_with_room()
    {
        _view.SetClaimed(Set(1, 2, 3), Set(1, 2));
        Hear("b", calls: 500, claimed: [10]);
        Hear("c", calls: 0, claimed: [20, 21]);

        var shards = Draw(60);

        // Two of three are looked at, and b is never the better one.
        shards.Should().NotContain(10).And.NotContain(3).And.Contain([1, 2]).And.Contain([20, 21]);
    }

    [Fact]
    public void A_burst_between_two_announcements_does_not_all_go_to_the_same_node()
    {
        Hear("b", calls: 5, claimed: [10]);
        Hear("c", calls: 0, claimed: [20]);

        var shards = Draw(100);

        shards.Count(shard => shard == 10).Should().BeInRange(40, 48, "c has five more before they are even");
    }

    [Fact]
    public void Calls_share_a_shard_only_when_all_have_one()
    {
        int[] claimed = [.. Enumerable.Range(100, 16)];
        Hear("b", claimed: claimed);

        Draw(16).Should().BeEquivalentTo(claimed);
        Draw(16).Should().BeEquivalentTo(claimed);
    }

    [Fact]
    public void A_node_without_processor_time_gets_no_calls_however_few_it_has()
    {
        Hear("b", calls: 100, claimed: [10]);
        Hear("c", calls: 0, claimed: [20], cpuShare: 0.9);

        Draw(20).Should().OnlyContain(shard => shard == 10);
    }

    [Fact]
    public void Nodes_that_drain_or_have_no_role_for_calls_get_none()
    {
        _view.SetClaimed(Set(1), Set(1));
        Hear("b", claimed: [10], draining: true);
        Hear("c", claimed: [20], role: "gateway");

        Draw(20).Should().OnlyContain(shard => shard == 1);
        _view.TakingCalls.Should().Equal("self");
        _view.OthersTakeCalls.Should().BeFalse();
    }

    [Fact]
    public void This_node_gets_no_calls_once_it_drains_and_tells_so_at_once()
    {
        var told = 0;
        _view.MustTell += () => told++;
        _view.SetClaimed(Set(1), Set(1));
        Hear("b", calls: 1_000, claimed: [10]);

        _view.Drain();

        told.Should().Be(1);
        Draw(20).Should().OnlyContain(shard => shard == 10);
        _view.Self.Draining.Should().BeTrue();
        var said = _view.Announce();
        said.State.Draining.Should().BeTrue();
        new ShardSet(said.Claimed).Count.Should().Be(0);
    }

    [Fact]
    public void A_node_that_says_nothing_for_seconds_is_not_counted_on()
    {
        _view.SetClaimed(Set(1), Set(1));
        Hear("b", claimed: [10]);
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        _view.Nodes.Should().HaveCount(2);

        _clock.Advance(TimeSpan.FromSeconds(0.2));

        _view.Nodes.Should().ContainSingle();
        Draw(20).Should().OnlyContain(shard => shard == 1);
    }

    [Fact]
    public void A_node_that_is_not_reached_gets_no_call_until_it_speaks_again()
    {
        _view.SetClaimed(Set(1), Set(1));
        Hear("b", claimed: [10]);

        _view.DoubtReachable("b");
        Draw(20).Should().OnlyContain(shard => shard == 1);
        _view.OthersTakeCalls.Should().BeFalse();

        Hear("b", claimed: [10]);
        Draw(60).Should().Contain(10);
    }

    [Fact]
    public void All_rank_the_nodes_alike_and_one_that_goes_leaves_the_order_of_the_others()
    {
        string[] nodes = ["akka.tcp://ocp@127.0.0.1:1", "akka.tcp://ocp@127.0.0.2:1", "akka.tcp://ocp@127.0.0.3:1"];
        var firsts = new List<string>();
        for (var shard = 0; shard < ShardedId.ShardCount; shard++)
        {
            var key = ShardedId.NameOf(shard);
            var rank = Rendezvous.Rank(key, nodes);
            Rendezvous.Rank(key, nodes.Reverse()).Should().Equal(rank);
            Rendezvous.Rank(key, nodes[1..]).Should().Equal(rank.Where(node => node != nodes[0]));
            firsts.Add(rank[0]);
        }
        firsts
            .GroupBy(node => node)
            .Should()
            .OnlyContain(group => group.Count() > 290, "each has about a third of 1024");
    }

    private List<int> Draw(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => ShardedId.NumberOfId(_view.NewCall().Value))];

    private void Hear(
        string node,
        int calls = 0,
        int[]? claimed = null,
        bool draining = false,
        string role = "call",
        double cpuShare = 0
    ) =>
        _view.Hear(
            new NodeMessages.Announcement(
                new NodeState(node, node, [role], draining, calls, cpuShare, null, "1.0"),
                Set(claimed ?? []).ToBytes(),
                Set(claimed ?? []).ToBytes(),
                [],
                []
            )
        );

    private static ShardSet Set(params int[] shards)
    {
        var set = new ShardSet();
        foreach (var shard in shards)
        {
            set.Add(shard);
        }
        return set;
    }

    private sealed class Described : INodeSelf
    {
        public NodeState Describe(string address, bool draining) =>
            new("self", address, ["call"], draining, 0, 0, null, "1.0");
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
