using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;

namespace OCPlatform.CallActors;

/// <summary>
/// What happens to the node's calls when it is being stopped, while sockets and shards still work. Where other nodes can
/// hold calls they move there, one shard after the other, then those move that live elsewhere and use this node's gateway.
/// A node that is alone ends its calls politely: its gateway admits no more, and every call hangs up with BYE.
/// </summary>
public sealed class CallDrain(
    ActorSystem system,
    IActorRegistry registry,
    LiveCalls live,
    MediaGhosts ghosts,
    ClusterView view,
    TimeProvider time,
    TimeSpan drain
)
{
    // A stop takes 5 s at most in all when nobody takes the calls; what is not over by then is cut.
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AskTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a gateway whose calls move away admits new ones, which move in their turn.</summary>
    private static readonly TimeSpan KeepAdmitting = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Logging.GetLogger(system, typeof(CallDrain));
    private readonly long _startedTicks = time.GetTimestamp();

    /// <summary>What the phase of a shutdown in which calls move may take.</summary>
    internal static TimeSpan PhaseTimeout(TimeSpan drain) => drain + Goodbye + TimeSpan.FromMilliseconds(200);

    internal static void Register(ActorSystem system, IActorRegistry registry, NodeFence fence, Func<CallDrain> create)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind,
            "move-or-end-calls",
            async () =>
            {
                // A node that was declared dead has no calls any more: nobody says goodbye in their name.
                if (!fence.HasFallen && shutdown.ShutdownReason is not CoordinatedShutdown.ClusterDowningReason)
                {
                    await create().RunAsync();
                }
                return Done.Instance;
            }
        );
    }

    internal async Task RunAsync()
    {
        if (view.OthersTakeCalls)
        {
            view.Drain();
            _log.Info("The node drains: {Calls} calls move to other nodes", live.Count);
            await UntilAsync(async () => IsEmpty && await ConversationsAsync() == 0, drain * 2 / 3);
            await LeaveGatewayAsync();
        }
        else
        {
            view.Drain();
        }
        registry.TryGet<SipGatewayKey>(out var gateway);
        gateway?.Tell(new SipGatewayCommands.Drain());
        await EndAsync();
    }

    private bool IsEmpty => live is { Count: 0, Leaving.Count: 0 } && ghosts.Count == 0;

    private TimeSpan Elapsed => time.GetElapsedTime(_startedTicks);

    /// <summary>Waits, within the drain's time from its start, and no longer than somebody takes the calls.</summary>
    private async Task UntilAsync(Func<Task<bool>> isDone, TimeSpan deadline)
    {
        while (view.OthersTakeCalls && Elapsed < deadline && !await isDone())
        {
            await Task.Delay(Poll, time);
        }
    }

    private async Task<int> ConversationsAsync()
    {
        // A proxy holds none, and does not answer.
        if (!Cluster.Get(system).SelfRoles.Contains("dialog") || !registry.TryGet<ConversationRegion>(out var region))
        {
            return 0;
        }
        try
        {
            var stats = await region.Ask<ShardRegionStats>(GetShardRegionStats.Instance, AskTimeout);
            return stats.Stats.Values.Sum();
        }
        catch (AskTimeoutException)
        {
            return int.MaxValue;
        }
    }

    private async Task LeaveGatewayAsync()
    {
        if (!registry.TryGet<SipGatewayKey>(out var gateway))
        {
            return;
        }
        var (begun, admits) = (Elapsed, true);
        await UntilAsync(
            async () =>
            {
                if (admits && Elapsed - begun > KeepAdmitting)
                {
                    admits = false;
                    gateway.Tell(new SipGatewayCommands.Drain());
                }
                return await CarriedAsync(gateway) == 0;
            },
            drain
        );
    }

    private static async Task<int> CarriedAsync(IActorRef gateway)
    {
        try
        {
            var answer = await gateway.Ask<SipGatewayEvents.Carrying>(new SipGatewayCommands.Leave(), AskTimeout);
            return answer.Calls;
        }
        catch (AskTimeoutException)
        {
            return int.MaxValue;
        }
    }

    private async Task EndAsync()
    {
        var cause = new EndCause(EndedBy.Platform, EndReason.ShuttingDown, null, "the platform is being stopped");
        var calls = registry.Get<CallRegion>();
        foreach (var id in live.Ids)
        {
            calls.Tell(new CallCommands.HangUp(id, cause));
        }
        var start = time.GetTimestamp();
        while (live.Count > 0 && time.GetElapsedTime(start) < Goodbye)
        {
            await Task.Delay(Poll, time);
        }
    }
}
