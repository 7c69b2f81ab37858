using System.Collections.Immutable;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace OCPlatform.CallActors.Tests;

/// <summary>A journal that takes everything and never answers, as a database does whose disk hangs.</summary>
public sealed class StuckJournal : AsyncWriteJournal
{
    public static readonly string Config = $$"""
        akka.persistence.journal.plugin = "stuck"
        stuck { class = "{{typeof(StuckJournal).AssemblyQualifiedName}}" }
        """;

    private readonly TaskCompletionSource _never = new();

    public override async Task ReplayMessagesAsync(
        Akka.Actor.IActorContext context,
        string persistenceId,
        long fromSequenceNr,
        long toSequenceNr,
        long max,
        Action<IPersistentRepresentation> recoveryCallback
    ) => await _never.Task;

    public override async Task<long> ReadHighestSequenceNrAsync(
        string persistenceId,
        long fromSequenceNr,
        CancellationToken cancellationToken
    )
    {
        await _never.Task;
        return 0;
    }

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages,
        CancellationToken cancellationToken
    )
    {
        await _never.Task;
        return [];
    }

    protected override Task DeleteMessagesToAsync(
        string persistenceId,
        long toSequenceNr,
        CancellationToken cancellationToken
    ) => _never.Task;
}
