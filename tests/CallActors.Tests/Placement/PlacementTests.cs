using Akka.Actor;
using OCPlatform.CallActors.Placement;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Contracts.Tests.Nodes;

namespace OCPlatform.CallActors.Tests.Placement;

public sealed class PlacementTests : CallNodes
{
    [Fact]
    public async Task A_new_node_takes_new_calls_at_once_and_those_that_live_stay()
    {
        var a = await StartAsync();
        var before = await BeginAsync(a, 10);
        a.Live.Count.Should().Be(10);

        var b = await StartAsync();
        await NodeCluster.EventuallyAsync(() => a.Node.View.Nodes.Any(node => node.Calls == 0));
        await NodeCluster.EventuallyAsync(() => ShardOf(b).All(a.Node.View.IsClaimedElsewhere));
        var after = await BeginAsync(a, 10);

        after.Should().OnlyContain(call => Homes[call].Single() == b.Node.Address, "it had none, and the other ten");
        before.Should().OnlyContain(call => Homes[call].Single() == a.Node.Address);
        a.Live.Count.Should().Be(10);
    }

    [Fact]
    public async Task A_node_claims_no_shards_for_new_calls_before_its_journal_is_ready()
    {
        Warmth = new JournalWarmth();
        var a = await StartAsync();
        // What it had touched before would have answered before.
        await a.Region.Ask<ShardTouch.Here>(new ShardTouch("00"), TimeSpan.FromSeconds(60));
        a.Node.View.ClaimedShards.Should().Be(0);

        Warmth.Settle(doubt: null);

        await NodeCluster.EventuallyAsync(() => a.Node.View.ClaimedShards == ShardClaims.Least);
    }

    [Fact]
    public async Task Calls_have_shards_of_their_own_and_the_node_claims_more_as_it_gets_more_calls()
    {
        var a = await StartAsync();
        var calls = await BeginAsync(a, ShardClaims.Least);
        calls.Select(call => ShardedId.ShardOf(call.Value)).Should().OnlyHaveUniqueItems();
        await NodeCluster.EventuallyAsync(() => a.Node.View.ClaimedShards >= 40);
        await NodeCluster.EventuallyAsync(() => new ShardSet(a.Node.View.Announce().Open).Count == 8);

        var more = await BeginAsync(a, 8);

        calls.Concat(more).Select(call => ShardedId.ShardOf(call.Value)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Every_call_of_a_killed_node_is_taken_up_once_and_what_had_ended_is_not()
    {
        var (a, b, c) = (await StartAsync(), await StartAsync(), await StartAsync());
        await NodeCluster.EventuallyAsync(() => c.Node.View.Nodes.Count == 3);
        var calls = await BeginAsync(c, 90);
        var (onC, over) = Split(calls.Where(call => Homes[call].Single() == c.Node.Address).ToList());
        over.ForEach(call => c.Region.Tell(HangUp(call), ActorRefs.NoSender));
        var elsewhere = calls.Except(onC).Except(over).ToList();
        await NodeCluster.EventuallyAsync(() => c.Live.Count == onC.Count);
        // The others have heard of all that: a node announces itself five times as seldom as it tells of its calls.
        foreach (var count in new[] { 1_000, 1_001 })
        {
            c.Node.CountCalls = () => count;
            await NodeCluster.EventuallyAsync(() => Sees(a, count) && Sees(b, count));
        }

        await Cluster.KillAsync(c.Node);

        await NodeCluster.EventuallyAsync(() => a.Live.Count + b.Live.Count == elsewhere.Count + onC.Count);
        onC.Should().NotBeEmpty().And.OnlyContain(call => Homes[call].Count == 2);
        over.Should().NotBeEmpty().And.OnlyContain(call => Homes[call].Count == 1);
        elsewhere.Should().OnlyContain(call => Homes[call].Count == 1);
        onC.Select(call => Homes[call].Last()).Distinct().Should().BeEquivalentTo([a.Node.Address, b.Node.Address]);
    }

    [Fact]
    public async Task A_node_that_is_stopped_gives_its_calls_to_the_others_then_its_gateway_and_hangs_up_nobody()
    {
        var (a, b) = (await StartAsync(), await StartAsync());
        var calls = await BeginAsync(a, 40);
        await NodeCluster.EventuallyAsync(() => a.Live.Count + b.Live.Count == calls.Length);
        await NodeCluster.EventuallyAsync(() => a.Node.View.OthersTakeCalls);
        a.Live.Count.Should().BePositive();
        a.Gateway.Carried = 1;

        var drain = a.DrainAsync();
        await NodeCluster.EventuallyAsync(() => a.Gateway.Commands.OfType<SipGatewayCommands.Leave>().Any());
        (a.Live.Count, a.Live.Leaving.Count, b.Live.Count).Should().Be((0, 0, calls.Length), "calls go first");
        drain.IsCompleted.Should().BeFalse();
        a.Gateway.Commands.OfType<SipGatewayCommands.Drain>().Should().BeEmpty("new calls are held elsewhere");
        a.Gateway.Carried = 0;
        await drain;

        await NodeCluster.EventuallyAsync(() => a.Gateway.Commands.Last() is SipGatewayCommands.Drain);
        calls.Should().OnlyContain(call => Homes[call].Last() == b.Node.Address);
        calls.Should().OnlyContain(call => Homes[call].Count <= 2, "each has moved once at most");
        var placed = Enumerable.Range(0, 20).Select(_ => ShardedId.NumberOfId(a.Node.View.NewCall().Value));
        placed.Should().BeSubsetOf(ShardOf(b));
    }

    [Fact]
    public async Task A_node_alone_says_goodbye_when_it_is_stopped()
    {
        var a = await StartAsync();
        var calls = await BeginAsync(a, 5);

        await a.DrainAsync();

        await NodeCluster.EventuallyAsync(() => a.Gateway.Commands.Any());
        a.Gateway.Commands.Should().ContainSingle().Which.Should().BeOfType<SipGatewayCommands.Drain>();
        a.Live.Count.Should().Be(0);
        calls.Should().OnlyContain(call => Homes[call].Count == 1);
    }

    private static bool Sees(CallNode node, int calls) => node.Node.View.Nodes.Any(other => other.Calls == calls);

    private static (List<CallId> Half, List<CallId> Other) Split(List<CallId> calls) =>
        (calls[..(calls.Count / 2)], calls[(calls.Count / 2)..]);

    /// <summary>The shards that a node claims, as it announces them.</summary>
    private static IReadOnlyList<int> ShardOf(CallNode node) =>
        new ShardSet(node.Node.View.Announce().Claimed).ToList();
}
