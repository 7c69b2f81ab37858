using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Persistence;

namespace OCPlatform.Contracts.Journaling;

/// <summary>
/// Reads an entity's events once, tells its parent, and stops. An actor of its own, so that what a read says that has
/// taken too long is not mistaken for the answer to the next one.
/// </summary>
internal sealed class JournalReader : ReceiveActor
{
    // Beyond it the answer is lost: the plugin's own deadlines are shorter.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);

    private readonly List<object> _events = [];
    private readonly JournalNode _node = JournalNode.Of(Context.System);
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _persistenceId;
    private readonly long _from;
    private Task _turn = Task.CompletedTask;

    public JournalReader(string persistenceId, long from)
    {
        _persistenceId = persistenceId;
        _from = from;
        Receive<Turn>(_ => Read());
        Receive<NoTurn>(_ => { });
        Receive<ReplayedMessage>(replayed => _events.Add(replayed.Persistent.Payload));
        Receive<RecoverySuccess>(_ => Tell(new Outcome(Self, _events, null)));
        Receive<ReplayMessagesFailure>(failure => Tell(new Outcome(Self, [], failure.Cause)));
        Receive<ReceiveTimeout>(_ => Tell(new Outcome(Self, [], new TimeoutException("no answer from the journal"))));
    }

    /// <summary>What was read, oldest first, or why it could not be.</summary>
    public sealed record Outcome(IActorRef Reader, IReadOnlyList<object> Events, Exception? Cause)
    {
        /// <summary>Whether reading again would fail in the same way: a newer version wrote what this one does not know.</summary>
        public bool IsForGood => Cause is SerializationException or { InnerException: SerializationException };
    }

    private sealed record Turn
    {
        public static readonly Turn Instance = new();
    }

    private sealed record NoTurn
    {
        public static readonly NoTurn Instance = new();
    }

    public static Props Props(string persistenceId, long from) =>
        Akka.Actor.Props.Create(() => new JournalReader(persistenceId, from));

    protected override void PreStart()
    {
        _turn = _node.Reads.WaitAsync(_stopping.Token);
        _turn.PipeTo(Self, success: () => Turn.Instance, failure: _ => NoTurn.Instance);
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        // Also a turn that was given and not heard of any more.
        var reads = _node.Reads;
        _ = _turn.ContinueWith(
            _ => reads.Release(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default
        );
        _stopping.Dispose();
    }

    private void Read()
    {
        Akka.Persistence.Persistence.Instance.Apply(Context.System)
            .JournalFor("")
            .Tell(new ReplayMessages(_from, long.MaxValue, long.MaxValue, _persistenceId, Self));
        Context.SetReceiveTimeout(Deadline);
    }

    private void Tell(Outcome outcome)
    {
        Context.Parent.Tell(outcome);
        Context.Stop(Self);
    }
}
