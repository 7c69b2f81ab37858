using Akka.Actor;
using Akka.Actor.Setup;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.Contracts.Journaling;

/// <summary>What the journals of an actor system are set up with. Without it they know nothing of the database's health.</summary>
public sealed class JournalSetup(DatabaseOptions options, IDatabaseHealth health) : Setup
{
    public DatabaseOptions Options { get; } = options;

    public IDatabaseHealth Health { get; } = health;
}

/// <summary>What the journals of a node share: one measure of memory, one gate to the database, one view of its health.</summary>
internal sealed class JournalNode : IExtension
{
    // A node that takes up many calls at once must not starve the writes of those that live.
    private const int ReadsAtOnce = 50;

    private readonly long _mostEvents;
    private long _events;

    public JournalNode(ActorSystem system)
    {
        var setup = system.Settings.Setup.Get<JournalSetup>();
        var options = setup.HasValue ? setup.Value.Options : new DatabaseOptions();
        _mostEvents = options.BufferEvents;
        MostEventsOfOne = options.BufferEventsPerEntity;
        Health = setup.HasValue ? setup.Value.Health : PresentDatabase.Instance;
    }

    public IDatabaseHealth Health { get; }

    /// <summary>Events that one entity may keep waiting.</summary>
    public int MostEventsOfOne { get; }

    /// <summary>Reads wait here for their turn.</summary>
    public SemaphoreSlim Reads { get; } = new(ReadsAtOnce);

    /// <summary>Events that wait for the database now, of all entities.</summary>
    public long Events => Volatile.Read(ref _events);

    public static JournalNode Of(ActorSystem system) => system.WithExtension<JournalNode, Provider>();

    /// <summary>Takes memory for the events; false when there is none left.</summary>
    public bool TryKeep(int events)
    {
        if (Interlocked.Add(ref _events, events) <= _mostEvents)
        {
            return true;
        }
        Interlocked.Add(ref _events, -events);
        return false;
    }

    public void Release(int events) => Interlocked.Add(ref _events, -events);

    private sealed class Provider : ExtensionIdProvider<JournalNode>
    {
        public override JournalNode CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
