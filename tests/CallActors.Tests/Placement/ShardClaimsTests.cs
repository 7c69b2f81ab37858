using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using OCPlatform.CallActors.Placement;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Tests.Placement;

/// <summary>A node's claims of shards for new calls, seen from the region.</summary>
public sealed class ShardClaimsTests() : TestKit("akka.loglevel = WARNING"), INodeSelf
{
    [Fact]
    public void Nothing_is_claimed_while_calls_of_a_dead_node_are_taken_up_and_then_what_is_at_home_here_first()
    {
        var region = CreateTestProbe();
        var live = new LiveCalls { TakesUp = true };
        var taken = Enumerable.Range(900, 5).Select(shard => CallId.New(shard)).ToList();
        taken.ForEach(call => live.Add(call, null!));
        var view = new ClusterView(this, TimeProvider.System);
        var registry = ActorRegistry.For(Sys);
        registry.Register<CallRegion>(region);
        var calls = new RequiredActor<CallRegion>(registry);
        Sys.ActorOf(Props.Create(() => new ShardClaims(view, live, TimeProvider.System, calls, null)));
        // Three times as long as it takes to claim.
        region.ExpectNoMsg(TimeSpan.FromMilliseconds(600));

        live.TakesUp = false;

        var touched = region.ReceiveN(ShardClaims.Least).Cast<ShardTouch>().Select(touch => touch.Shard).ToList();
        touched[..taken.Count].Should().BeEquivalentTo(taken.Select(call => ShardedId.ShardOf(call.Value)));
    }

    NodeState INodeSelf.Describe(string address, bool draining) =>
        new("test-node", address, ["call"], draining, 0, 0, SipGateway: null, Version: "");
}
