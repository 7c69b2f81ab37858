using Akka.Actor;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Records;

/// <summary>The stored records, with a live call asked for its figures of this moment.</summary>
public sealed class CallRecords(CallRecordStore store, IRequiredActor<CallRegion> calls) : ICallRecords
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(1);

    public Task<IReadOnlyList<CallRecord>> ListAsync(int limit, bool liveOnly, CancellationToken cancellation) =>
        store.ListAsync(limit, liveOnly, cancellation);

    public async Task<CallRecord?> GetAsync(CallId id, CancellationToken cancellation)
    {
        var stored = await store.GetAsync(id, cancellation);
        if (stored?.State == CallPhase.Ended)
        {
            return stored;
        }
        try
        {
            var answer = await calls.ActorRef.Ask<CallQueries.Answer>(
                new CallQueries.Get(id),
                AskTimeout,
                cancellation
            );
            return answer.Record ?? stored;
        }
        catch (AskTimeoutException)
        {
            return stored;
        }
    }
}
