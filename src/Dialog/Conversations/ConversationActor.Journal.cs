using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.Dialog.Conversations;

public sealed partial class ConversationActor
{
    // Long enough not to make a storm of restarts.
    private static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(1);

    // A node that is being stopped waits no longer for a database.
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(2);

    private readonly Queue<(long Cookie, Action Then)> _onceDurable = [];
    private readonly List<IConversationMessage> _tooLate = [];
    private long _journaled;
    private long _durable;

    private sealed record Restart(string Cause);

    private sealed record LeaveOverdue;

    private void JournalTrouble()
    {
        Receive<JournalMessages.Failed>(OnJournalFailed);
        Receive<JournalMessages.Fenced>(_ => OnFenced());
        // What waits for the journal waits; what need not, goes on.
        Receive<JournalMessages.Away>(_ => { });
        Receive<JournalMessages.Back>(_ => { });
        Receive<Restart>(OnRestart);
    }

    private void Record(IConversationEvent @event) => Record(@event, @event);

    /// <param name="journaled">What is written of it.</param>
    private void Record(IConversationEvent @event, IConversationEvent journaled)
    {
        _state = _state.Apply(@event);
        _journal!.Tell(new JournalMessages.Append([journaled], ++_journaled));
    }

    /// <summary>Runs the action once everything recorded so far is durable; at once when it is.</summary>
    private void OnceDurable(Action then)
    {
        if (_durable == _journaled)
        {
            then();
            return;
        }
        _onceDurable.Enqueue((_journaled, then));
    }

    private void OnAppended(JournalMessages.Appended appended)
    {
        _durable = appended.Cookie;
        while (_onceDurable.TryPeek(out var waiting) && waiting.Cookie <= appended.Cookie)
        {
            _onceDurable.Dequeue().Then();
        }
    }

    /// <summary>
    /// Nothing can be promised without a journal: after a pause the conversation starts anew, from what the journal
    /// holds, with the same listener.
    /// </summary>
    private void OnJournalFailed(JournalMessages.Failed failed)
    {
        _log.Error("Conversation {0} lost its journal: {1}", _id, failed.Cause);
        Timers.StartSingleTimer(nameof(Restart), new Restart(failed.Cause), RestartAfter);
    }

    private static void OnRestart(Restart restart) => throw new InvalidOperationException(restart.Cause);

    /// <summary>It lives elsewhere: whoever watches this actor attaches there. What its tools do is done once, by their keys.</summary>
    private void OnFenced()
    {
        _log.Warning("Conversation {0} has another owner; this one stops", _id);
        Context.Stop(Self);
    }

    // ---- to another node ----

    /// <summary>
    /// The turn that is open is thought again on the next node, from its last step. A tool that runs is not waited for:
    /// it takes effect under its key, and is asked there for what it did.
    /// </summary>
    private void Leave()
    {
        CancelTurn();
        _onceDurable.Clear();
        Timers.StartSingleTimer(nameof(LeaveOverdue), new LeaveOverdue(), LeaveWithin);
        Become(Leaving);
        StopWhenDurable();
    }

    private void Leaving()
    {
        Receive<JournalMessages.Appended>(appended =>
        {
            _durable = appended.Cookie;
            StopWhenDurable();
        });
        Receive<JournalMessages.Fenced>(_ => OnFenced());
        Receive<JournalMessages.Failed>(_ => Context.Stop(Self));
        Receive<LeaveOverdue>(_ =>
        {
            _log.Warning("Conversation {0} leaves {1} events behind that are not durable", _id, _journaled - _durable);
            Context.Stop(Self);
        });
        Receive<IConversationMessage>(_tooLate.Add);
        ReceiveAny(_ => { });
    }

    private void StopWhenDurable()
    {
        if (_durable == _journaled)
        {
            Context.Stop(Self);
        }
    }

    /// <summary>What came while this actor was leaving is for the next one; its region keeps it until that is there.</summary>
    private void PassOn()
    {
        if (_tooLate.Count > 0 && ActorRegistry.For(Context.System).TryGet<ConversationRegion>(out var region))
        {
            foreach (var message in _tooLate)
            {
                region.Tell(message, _listener ?? ActorRefs.NoSender);
            }
        }
    }
}
