using Akka;
using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;

namespace OCPlatform.CallActors;

/// <summary>
/// Ends the node's calls politely when it is being stopped: first the gateway admits no more, then every call hangs up
/// with BYE, while sockets and shards still work.
/// </summary>
public static class CallDrain
{
    // A stop takes 5 s at most in all; what is not over by then is cut.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    internal static void Register(
        ActorSystem system,
        IActorRegistry registry,
        LiveCalls live,
        NodeFence fence,
        TimeProvider time
    ) =>
        CoordinatedShutdown
            .Get(system)
            .AddTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind,
                "hang-up-calls",
                async () =>
                {
                    // A fenced node's calls go on elsewhere: nobody says goodbye in their name.
                    if (!fence.HasFallen)
                    {
                        await RunAsync(registry, live, time);
                    }
                    return Done.Instance;
                }
            );

    private static async Task RunAsync(IActorRegistry registry, LiveCalls live, TimeProvider time)
    {
        if (registry.TryGet<SipGatewayKey>(out var gateway))
        {
            gateway.Tell(new SipGatewayCommands.Drain());
        }
        var cause = new EndCause(EndedBy.Platform, EndReason.ShuttingDown, null, "the platform is being stopped");
        var calls = registry.Get<CallRegion>();
        foreach (var id in live.Ids)
        {
            calls.Tell(new CallCommands.HangUp(id, cause));
        }
        var start = time.GetTimestamp();
        while (live.Count > 0 && time.GetElapsedTime(start) < Deadline)
        {
            await Task.Delay(Poll, time);
        }
    }
}
