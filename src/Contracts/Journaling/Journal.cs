using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Journaling;

/// <summary>
/// The persistent half of an entity, as its child. A persistent actor takes no command before it has read its past,
/// and that costs two queries: far too long for a caller who waits for 180. So the entity acts at once, from memory,
/// and this child reads and writes behind it. The entity waits for <see cref="JournalMessages.Appended"/> only where
/// an effect must not outlive the loss of its cause (a tool call, an acknowledged chat message).
/// </summary>
/// <remarks>
/// <para>
/// It speaks to Akka's journal plugin by the messages with which Akka's own persistent actors do, because those stop
/// when a write fails. This one keeps what is not durable, and asks the journal what became of it. What is found there
/// at the numbers it meant to write decides: nothing, and it writes again; its own events, and they are durable, though
/// the answer was lost; anything else, and somebody else owns the entity by now (<see cref="JournalMessages.Fenced"/>).
/// The fence is the unique key of the journal's table, (persistence id, sequence number): of two owners one collides.
/// </para>
/// <para>
/// One collision fails the whole transaction, which holds events of other entities as well (the plugin writes many at
/// once); they look, find nothing, and write again, without the one that collided.
/// </para>
/// <para>One write is under way at a time, so that no event can become durable whose forerunner did not.</para>
/// </remarks>
public sealed class Journal : ReceiveActor, IWithTimers
{
    // As many as the plugin writes in one transaction.
    private const int MostEventsOfWrite = 200;

    // The plugin's own deadline for a write is shorter; beyond this its answer is lost.
    private static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(40);

    // Who waits for a past has given up by then.
    private static readonly TimeSpan ReadPatience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAtHealth = TimeSpan.FromMilliseconds(250);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly JournalNode _node = JournalNode.Of(Context.System);
    private readonly IActorRef _plugin = Akka.Persistence.Persistence.Instance.Apply(Context.System).JournalFor("");
    private readonly Queue<Batch> _waiting = new();
    private readonly List<Batch> _writing = [];
    private readonly string _persistenceId;
    private readonly string _writer = Guid.NewGuid().ToString("N");
    private readonly DateTime _startedAt = Context.System.Scheduler.Now.UtcDateTime;
    private IActorRef? _reader;
    private Stage _stage;
    private bool _knowsPast;
    private bool _isAway;
    private long _durable;
    private int _kept;
    private int _write;
    private int _writeFailures;
    private int _pauses;
    private bool _isOutcomeKnown;

    /// <param name="isNew">Nothing is read: it has no past.</param>
    public Journal(string persistenceId, bool isNew)
    {
        _persistenceId = persistenceId;
        _knowsPast = isNew;
        Receive<JournalMessages.Append>(OnAppend);
        Receive<WriteMessageSuccess>(
            written => OnWritten(written.Persistent.SequenceNr),
            written => written.ActorInstanceId == _write
        );
        Receive<WriteMessageRejected>(
            rejected => Fail($"refused: {rejected.Cause.Message}", rejected.Cause),
            rejected => rejected.ActorInstanceId == _write
        );
        Receive<WriteMessageFailure>(
            failed => OnNotWritten(failed.Cause),
            failed => failed.ActorInstanceId == _write && _stage == Stage.Writing
        );
        Receive<JournalReader.Outcome>(OnRead, outcome => outcome.Reader.Equals(_reader));
        Receive<Overdue>(_ => OnNotWritten(new TimeoutException("no answer from the journal")), o => o.Write == _write);
        Receive<Again>(_ => OnAgain());
        // What is told for the batch stands beside the single outcomes; answers to writes that were given up are void.
        Receive<IJournalResponse>(_ => { });
        Receive<JournalReader.Outcome>(_ => { });
        Receive<Overdue>(_ => { });
    }

    private enum Stage
    {
        Idle,
        Writing,
        Reading,
        Pausing,
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>One Append.</summary>
    private sealed record Batch(IReadOnlyList<IWireMessage> Events, long Cookie, IActorRef Sender);

    private sealed record Overdue(int Write);

    private sealed record Again
    {
        public static readonly Again Instance = new();
    }

    /// <summary>Props of the journal of the entity with this persistence id, which may have a past.</summary>
    public static Props Props(string persistenceId) =>
        Akka.Actor.Props.Create(() => new Journal(persistenceId, isNew: false));

    /// <summary>
    /// Props of the journal of an entity that is known to be new, so that nothing needs to be read; it never tells
    /// <see cref="JournalMessages.Recovered"/>. If the id is not new after all, it is fenced.
    /// </summary>
    public static Props NewProps(string persistenceId) =>
        Akka.Actor.Props.Create(() => new Journal(persistenceId, isNew: true));

    protected override void PreStart()
    {
        if (!_knowsPast)
        {
            Read();
        }
    }

    protected override void PostStop() => _node.Release(_kept);

    // ---- from the entity ----

    private void OnAppend(JournalMessages.Append append)
    {
        var count = append.Events.Count;
        if (_kept + count > _node.MostEventsOfOne || !_node.TryKeep(count))
        {
            Fail($"{_kept + count} events wait for the database: too many to keep", cause: null);
            return;
        }
        _kept += count;
        _waiting.Enqueue(new Batch(append.Events, append.Cookie, Sender));
        if (_stage == Stage.Idle)
        {
            Write();
        }
    }

    // ---- writing ----

    private void Write()
    {
        var count = 0;
        while (_waiting.TryPeek(out var batch) && (count == 0 || count + batch.Events.Count <= MostEventsOfWrite))
        {
            count += batch.Events.Count;
            _writing.Add(_waiting.Dequeue());
        }
        if (count == 0)
        {
            AcknowledgeWriting();
            _stage = Stage.Idle;
            Rest();
            return;
        }
        _stage = Stage.Writing;
        _write++;
        var sequenceNr = _durable;
        var events = _writing
            .SelectMany(batch => batch.Events)
            .Select(
                IPersistentRepresentation (e) =>
                    new Persistent(e, ++sequenceNr, _persistenceId, writerGuid: _writer, sender: ActorRefs.NoSender)
            );
        _plugin.Tell(new WriteMessages([new AtomicWrite(events.ToImmutableList())], Self, actorInstanceId: _write));
        Timers.StartSingleTimer(nameof(Overdue), new Overdue(_write), WriteDeadline);
    }

    private void OnWritten(long sequenceNr)
    {
        if (_stage != Stage.Writing || sequenceNr < _durable + _writing.Sum(batch => batch.Events.Count))
        {
            return;
        }
        _node.Health.Succeeded();
        _writeFailures = 0;
        Timers.Cancel(nameof(Overdue));
        AcknowledgeWriting();
        Write();
    }

    private void AcknowledgeWriting()
    {
        foreach (var batch in _writing)
        {
            Acknowledge(batch);
        }
        _writing.Clear();
    }

    private void Acknowledge(Batch batch)
    {
        _durable += batch.Events.Count;
        _kept -= batch.Events.Count;
        _node.Release(batch.Events.Count);
        batch.Sender.Tell(new JournalMessages.Appended(batch.Cookie, _durable));
    }

    private void OnNotWritten(Exception cause)
    {
        Timers.Cancel(nameof(Overdue));
        if (!DatabaseErrors.IsUniqueViolation(cause))
        {
            _node.Health.Failed(cause.Message);
        }
        _log.Debug("Journal {0}: a write has failed: {1}", _persistenceId, cause.Message);
        _writeFailures++;
        _isOutcomeKnown = false;
        // Whatever the cause says: only the journal knows what became of the events.
        Read();
    }

    // ---- reading ----

    private void Read()
    {
        _stage = Stage.Reading;
        _reader = Context.ActorOf(JournalReader.Props(_persistenceId, _durable + 1));
    }

    private void OnRead(JournalReader.Outcome read)
    {
        _reader = null;
        if (read.Cause is { } cause)
        {
            OnNotRead(cause, read.IsForGood);
            return;
        }
        if (!_knowsPast)
        {
            _knowsPast = true;
            _durable = read.Events.Count;
            Context.Parent.Tell(new JournalMessages.Recovered(read.Events));
        }
        else if (!TakeAsWritten(read.Events))
        {
            _log.Info("Journal {0}: somebody else has written after event {1}", _persistenceId, _durable);
            Context.Parent.Tell(new JournalMessages.Fenced());
            Context.Stop(Self);
            return;
        }
        else if (_writeFailures > 1)
        {
            // It can be read and not written: a full disk, or others that collide again and again.
            _isOutcomeKnown = true;
            Pause(_writeFailures > 2 ? "it takes no writes" : null);
            return;
        }
        WriteAgain();
    }

    /// <summary>What of the failed write is durable all the same; false when it is not ours that stands there.</summary>
    private bool TakeAsWritten(IReadOnlyList<object> events)
    {
        var mine = _writing.SelectMany(batch => batch.Events).Take(events.Count).ToList();
        if (mine.Count < events.Count || !mine.Zip(events, IsSame).All(same => same))
        {
            return false;
        }
        var durable = events.Count;
        while (_writing.Count > 0 && _writing[0].Events.Count <= durable)
        {
            durable -= _writing[0].Events.Count;
            Acknowledge(_writing[0]);
            _writing.RemoveAt(0);
        }
        return durable == 0;
    }

    // Times to 100 ns, node names and texts are in events: two owners never write the same.
    private static bool IsSame(IWireMessage mine, object found) =>
        found.GetType() == mine.GetType() && Bytes(found).AsSpan().SequenceEqual(Bytes(mine));

    private static byte[] Bytes(object e) => JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), WireSerializer.Json);

    private void OnNotRead(Exception cause, bool isForGood)
    {
        var waited = Context.System.Scheduler.Now.UtcDateTime - _startedAt;
        if (isForGood || (!_knowsPast && waited > ReadPatience))
        {
            Fail($"read: {cause.Message}", cause);
            return;
        }
        _node.Health.Failed(cause.Message);
        Pause(cause.Message);
    }

    // ---- the database away ----

    private void Pause(string? cause)
    {
        _stage = Stage.Pausing;
        if (cause is not null && !_isAway)
        {
            _isAway = true;
            _log.Warning("Journal {0} waits for the database: {1}", _persistenceId, cause);
            Context.Parent.Tell(new JournalMessages.Away(cause));
        }
        var pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(_pauses++, 10)));
        Timers.StartSingleTimer(nameof(Again), Again.Instance, Jittered(pause));
    }

    private void OnAgain()
    {
        if (_node.Health.IsAway)
        {
            // Somebody looks for all of us whether it is back.
            Timers.StartSingleTimer(nameof(Again), Again.Instance, Jittered(LookAtHealth));
            return;
        }
        if (_isOutcomeKnown)
        {
            WriteAgain();
            return;
        }
        Read();
    }

    // A thousand journals do not all come at the same moment.
    private static TimeSpan Jittered(TimeSpan pause) => pause * (0.5 + Random.Shared.NextDouble());

    private void WriteAgain()
    {
        // What failed goes first, in its old order, together with what came since.
        var waiting = _waiting.ToList();
        _waiting.Clear();
        foreach (var batch in _writing.Concat(waiting))
        {
            _waiting.Enqueue(batch);
        }
        _writing.Clear();
        Write();
    }

    /// <summary>Everything is durable.</summary>
    private void Rest()
    {
        _pauses = 0;
        if (_isAway)
        {
            _isAway = false;
            _log.Info("Journal {0} is complete again", _persistenceId);
            Context.Parent.Tell(JournalMessages.Back.Instance);
        }
    }

    private void Fail(string what, Exception? cause)
    {
        _log.Error(cause, "Journal {0} has failed: {1}", _persistenceId, what);
        Context.Parent.Tell(new JournalMessages.Failed(what));
        Context.Stop(Self);
    }
}
