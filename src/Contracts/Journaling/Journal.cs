using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Journaling;

/// <summary>What an entity and its journal say to each other. They live on one node and never cross the wire.</summary>
public static class JournalMessages
{
    /// <summary>Append these events, in order, as one atomic write. Answered by <see cref="Appended"/>.</summary>
    public sealed record Append(IReadOnlyList<IWireMessage> Events, long Cookie);

    /// <summary>The events behind the cookie are durable.</summary>
    public sealed record Appended(long Cookie, long SequenceNr);

    /// <summary>Sent once after start: the entity's past, oldest first; empty for a new one.</summary>
    public sealed record Recovered(IReadOnlyList<object> Events);

    /// <summary>The journal cannot be read or written; what was not Appended is not durable. It stops after this.</summary>
    public sealed record Failed(string Cause);

    /// <summary>
    /// Another owner of this entity has written since this one read: the entity lives elsewhere now. Whoever hears this stops
    /// without a word to anyone outside: no BYE, no audio, no event.
    /// </summary>
    public sealed record Fenced;
}

/// <summary>
/// The persistent half of an entity, as its child. A persistent actor takes no command before it has read its past,
/// and that costs two queries: far too long for a caller who waits for 180. So the entity acts at once, from memory,
/// and this child reads and writes behind it. The entity waits for <see cref="JournalMessages.Appended"/> only where
/// an effect must not outlive the loss of its cause (a tool call, an acknowledged chat message).
/// </summary>
public sealed class Journal : ReceivePersistentActor
{
    private readonly List<object> _replayed = [];

    public Journal(string persistenceId)
    {
        PersistenceId = persistenceId;
        // There are no snapshots: an entity's life is some hundred events, and None spares the query for one.
        var entity = Context.Parent;
        Recover<RecoveryCompleted>(_ =>
        {
            entity.Tell(new JournalMessages.Recovered([.. _replayed]));
            _replayed.Clear();
        });
        RecoverAny(_replayed.Add);
        Command<JournalMessages.Append>(OnAppend);
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

    /// <summary>Props of the journal of the entity with this persistence id, which may have a past.</summary>
    public static Props Props(string persistenceId) => Akka.Actor.Props.Create(() => new Journal(persistenceId));

    /// <summary>Props of the journal of an entity that is known to be new; it never tells <see cref="JournalMessages.Recovered"/>.</summary>
    public static Props NewProps(string persistenceId) => Akka.Actor.Props.Create(() => new NewJournal(persistenceId));

    private void OnAppend(JournalMessages.Append append)
    {
        var sender = Sender;
        var left = append.Events.Count;
        if (left == 0)
        {
            sender.Tell(new JournalMessages.Appended(append.Cookie, LastSequenceNr));
            return;
        }
        // Async: the next Append need not wait for this one; Akka keeps the order of both writes and callbacks.
        PersistAllAsync(
            append.Events,
            _ =>
            {
                if (--left == 0)
                {
                    sender.Tell(new JournalMessages.Appended(append.Cookie, LastSequenceNr));
                }
            }
        );
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Context.GetLogger().Error(reason, "Journal {PersistenceId} cannot be read", PersistenceId);
        Context.Parent.Tell(new JournalMessages.Failed($"read: {reason.Message}"));
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Context.GetLogger().Error(cause, "Journal {PersistenceId} cannot be written", PersistenceId);
        Context.Parent.Tell(new JournalMessages.Failed($"write: {cause.Message}"));
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Context
            .GetLogger()
            .Error(cause, "Journal {PersistenceId} refused {Event}", PersistenceId, @event.GetType().Name);
        Context.Parent.Tell(new JournalMessages.Failed($"refused: {cause.Message}"));
    }
}
