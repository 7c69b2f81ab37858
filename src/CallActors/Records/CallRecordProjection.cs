using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Records;

/// <summary>
/// Follows the journal and keeps the call records up to date; one per cluster. Once it has caught up after a start, it
/// wakes every call that has begun and not ended: a live one ignores that, one whose process went away is taken up.
/// </summary>
public sealed class CallRecordProjection : ReceiveActor, IWithTimers
{
    private const int BatchEvents = 500;
    private static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(50);

    private readonly CallRecordStore _store;
    private readonly IActorRef _calls;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SharedKillSwitch _switch = KillSwitches.Shared("call-records");
    private readonly ActorMaterializer _materializer = Context.Materializer();

    public CallRecordProjection(CallRecordStore store, IRequiredActor<CallRegion> calls)
    {
        _store = store;
        _calls = calls.ActorRef;
        ReceiveAsync<Start>(_ => StartAsync());
        Receive<Follow>(follow => RunStream(follow.Offset));
        Receive<StreamEnded>(ended =>
        {
            Context.GetLogger().Warning(ended.Cause, "Call records fell behind the journal; starting over in 1 s");
            Timers.StartSingleTimer(nameof(Start), new Start(), TimeSpan.FromSeconds(1));
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Start;

    private sealed record Follow(long Offset);

    private sealed record StreamEnded(Exception? Cause);

    protected override void PreStart() => Self.Tell(new Start());

    protected override void PostStop()
    {
        _stopping.Cancel();
        _switch.Shutdown();
        _stopping.Dispose();
    }

    private async Task StartAsync()
    {
        try
        {
            var offset = await CatchUpAsync(await _store.ReadOffsetAsync(_stopping.Token));
            foreach (var call in await _store.ListLiveAsync(_stopping.Token))
            {
                _calls.Tell(new CallCommands.Recover(call));
            }
            Self.Tell(new Follow(offset));
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            Self.Tell(new StreamEnded(e));
        }
    }

    private async Task<long> CatchUpAsync(long offset)
    {
        await Journal()
            .CurrentAllEvents(Offset.Sequence(offset))
            .Via(Batched())
            .RunForeach(applied => offset = applied, _materializer);
        return offset;
    }

    private void RunStream(long offset)
    {
        var self = Self;
        Journal()
            .AllEvents(Offset.Sequence(offset))
            .Via(_switch.Flow<EventEnvelope>())
            .Via(Batched())
            .RunWith(Sink.Ignore<long>(), _materializer)
            .ContinueWith(task => self.Tell(new StreamEnded(task.Exception)), TaskScheduler.Default);
    }

    private SqlReadJournal Journal() =>
        PersistenceQuery.Get(Context.System).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier);

    private Flow<EventEnvelope, long, NotUsed> Batched() =>
        Flow.Create<EventEnvelope>()
            .GroupedWithin(BatchEvents, BatchTime)
            .SelectAsync(
                1,
                async batch =>
                {
                    var envelopes = batch.ToList();
                    var offset = ((Sequence)envelopes[^1].Offset).Value;
                    await _store.ApplyAsync(
                        envelopes.Select(e => e.Event).OfType<ICallEvent>(),
                        offset,
                        _stopping.Token
                    );
                    return offset;
                }
            );
}
