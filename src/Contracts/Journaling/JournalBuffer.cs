using Akka.Actor;

namespace OCPlatform.Contracts.Journaling;

/// <summary>What the journals of a node keep in memory.</summary>
public static class JournalBuffer
{
    /// <summary>Events of all entities that are not durable yet: a few in passing, many while the database is away.</summary>
    public static long EventsOf(ActorSystem system) => JournalNode.Of(system).Events;
}
