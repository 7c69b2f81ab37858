using Akka;
using Akka.Actor;
using Akka.Cluster;
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
/// Follows the journal and keeps the call records up to date; one per cluster. Once it has caught up after a start, and some
/// time after a node has gone, it wakes every call that has begun and not ended: a live one ignores that, one whose process
/// went away is taken up. So what no other node knew of comes back too (<see cref="Placement.Witness"/>).
/// </summary>
public sealed class CallRecordProjection : ReceiveActor, IWithTimers
{
    private const int BatchEvents = 500;
    private static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The witnesses take up their shares first: whoever asks for a shard has it, and this node would have all. A node alone
    /// has no witness, and waits for nothing.
    /// </summary>
    private static readonly TimeSpan AfterWitnesses = TimeSpan.FromSeconds(3);

    // Each woken call reads its past from the database.
    private const int Wave = 50;
    private static readonly TimeSpan WaveEvery = TimeSpan.FromMilliseconds(100);

    private readonly Queue<CallId> _toWake = new();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly CallRecordStore _store;
    private readonly IActorRef _calls;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SharedKillSwitch _switch = KillSwitches.Shared("call-records");
    private readonly ActorMaterializer _materializer = Context.Materializer();
    private bool _isBehind;

    public CallRecordProjection(CallRecordStore store, IRequiredActor<CallRegion> calls)
    {
        _store = store;
        _calls = calls.ActorRef;
        ReceiveAsync<Start>(_ => StartAsync());
        ReceiveAsync<ListUnended>(_ => ListUnendedAsync());
        Receive<Wake>(_ => WakeSome());
        Receive<ClusterEvent.MemberRemoved>(_ =>
            Timers.StartSingleTimer(nameof(ListUnended), new ListUnended(), AfterWitnesses)
        );
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
        Receive<Follow>(follow =>
        {
            _isBehind = false;
            RunStream(follow.Offset);
        });
        Receive<StreamEnded>(ended =>
        {
            // Said once for an absence of the database, which says so itself.
            if (!_isBehind)
            {
                _isBehind = true;
                var cause = ended.Cause?.GetBaseException().Message;
                Context
                    .GetLogger()
                    .Warning("Call records fall behind the journal until it can be read: {Cause}", cause);
            }
            Timers.StartSingleTimer(nameof(Start), new Start(), TimeSpan.FromSeconds(1));
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Start;

    private sealed record ListUnended;

    private sealed record Wake;

    private sealed record Follow(long Offset);

    private sealed record StreamEnded(Exception? Cause);

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, typeof(ClusterEvent.MemberRemoved));
        Self.Tell(new Start());
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _stopping.Cancel();
        _switch.Shutdown();
        _stopping.Dispose();
    }

    private async Task StartAsync()
    {
        try
        {
            var offset = await CatchUpAsync(await _store.ReadOffsetAsync(_stopping.Token));
            var isAlone = _cluster.State.Members.Count(member => member.HasRole(CallHosting.Role)) <= 1;
            Timers.StartSingleTimer(nameof(ListUnended), new ListUnended(), isAlone ? TimeSpan.Zero : AfterWitnesses);
            Self.Tell(new Follow(offset));
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            Self.Tell(new StreamEnded(e));
        }
    }

    private async Task ListUnendedAsync()
    {
        try
        {
            _toWake.Clear();
            foreach (var call in await _store.ListLiveAsync(_stopping.Token))
            {
                _toWake.Enqueue(call);
            }
            WakeSome();
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            Context
                .GetLogger()
                .Warning("Which calls have not ended cannot be read, and is tried again: {Cause}", e.Message);
            Timers.StartSingleTimer(nameof(ListUnended), new ListUnended(), AfterWitnesses);
        }
    }

    private void WakeSome()
    {
        for (var i = 0; i < Wave && _toWake.TryDequeue(out var call); i++)
        {
            _calls.Tell(new CallCommands.Recover(call));
        }
        if (_toWake.Count > 0)
        {
            Timers.StartSingleTimer(nameof(Wake), new Wake(), WaveEvery);
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
