using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Hosting;
using OCPlatform.CallActors.Placement;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Contracts.Tests.Nodes;

namespace OCPlatform.CallActors.Tests.Placement;

/// <summary>Nodes of this process with everything that places calls; the calls themselves only note where they are taken up.</summary>
public abstract class CallNodes : IAsyncLifetime
{
    protected NodeCluster Cluster { get; } = new();

    /// <summary>Of the journals of the nodes that are started from now on; null: they are ready.</summary>
    protected JournalWarmth? Warmth { get; set; }

    /// <summary>Where each call was taken up, in order.</summary>
    protected ConcurrentDictionary<CallId, ConcurrentQueue<string>> Homes { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    protected sealed record CallNode(TestNode Node, LiveCalls Live, IActorRef Region, GatewayLog Gateway)
    {
        /// <summary>What a stop of the node does with its calls.</summary>
        public Task DrainAsync() =>
            new CallDrain(
                Node.System,
                ActorRegistry.For(Node.System),
                Live,
                new MediaGhosts(TimeProvider.System),
                Node.View,
                TimeProvider.System,
                TimeSpan.FromSeconds(15)
            ).RunAsync();
    }

    protected async Task<CallNode> StartAsync()
    {
        var node = await Cluster.StartAsync("call");
        var (system, view, live, address, gateway) = (
            node.System,
            node.View,
            new LiveCalls(),
            node.Address,
            new GatewayLog()
        );
        var registry = ActorRegistry.For(system);
        node.CountCalls = () => live.Count;
        var region = await NodeSharding.StartAsync(
            system,
            ShardKind.Calls,
            "call",
            id => Props.Create(() => new NotedCall(new CallId(id), address, live, Homes)),
            new CallShardExtractor(),
            CallCommands.LeaveNode.Instance,
            view
        );
        registry.Register<CallRegion>(region);
        registry.Register<SipGatewayKey>(system.ActorOf(Props.Create(() => new NotedGateway(gateway))));
        var calls = new RequiredActor<CallRegion>(registry);
        system.ActorOf(
            Props.Create(() => new Witness(live, view, new CallMetrics(), TimeProvider.System, calls)),
            Witness.Name
        );
        var warmth = Warmth;
        system.ActorOf(Props.Create(() => new ShardClaims(view, live, TimeProvider.System, calls, warmth)));
        if (Warmth is null or { IsReady: true })
        {
            await NodeCluster.EventuallyAsync(() => view.ClaimedShards == ShardClaims.Least);
        }
        return new CallNode(node, live, region, gateway);
    }

    /// <summary>New calls that are placed by this node, begun where they belong.</summary>
    protected async Task<CallId[]> BeginAsync(CallNode node, int count)
    {
        CallId[] calls = [.. Enumerable.Range(0, count).Select(_ => node.Node.View.NewCall())];
        foreach (var call in calls)
        {
            node.Region.Tell(new CallCommands.Recover(call));
        }
        await NodeCluster.EventuallyAsync(() => calls.All(Homes.ContainsKey));
        return calls;
    }

    protected static CallCommands.HangUp HangUp(CallId call) =>
        new(call, new EndCause(EndedBy.Platform, EndReason.HungUp, null, null));

    /// <summary>What the gateway was told.</summary>
    protected sealed class GatewayLog
    {
        public ConcurrentQueue<object> Commands { get; } = [];

        /// <summary>Calls that use it still.</summary>
        public volatile int Carried;
    }

    private sealed class NotedGateway : ReceiveActor
    {
        public NotedGateway(GatewayLog log) =>
            ReceiveAny(command =>
            {
                log.Commands.Enqueue(command);
                if (command is SipGatewayCommands.Leave)
                {
                    Sender.Tell(new SipGatewayEvents.Carrying(log.Carried));
                }
            });
    }

    private sealed class NotedCall : ReceiveActor
    {
        public NotedCall(
            CallId id,
            string address,
            LiveCalls live,
            ConcurrentDictionary<CallId, ConcurrentQueue<string>> homes
        )
        {
            homes.GetOrAdd(id, _ => []).Enqueue(address);
            live.Add(id, null!);
            Receive<CallCommands.Recover>(_ => { });
            Receive<CallCommands.HangUp>(_ =>
            {
                live.Remove(id, isOver: true);
                Context.Stop(Self);
            });
            Receive<CallCommands.LeaveNode>(_ =>
            {
                live.Remove(id, isOver: false);
                Context.Stop(Self);
            });
        }
    }
}
