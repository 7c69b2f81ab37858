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

    /// <summary>
    /// The database does not answer: what is appended waits in memory, and is written when it is back. Nothing is asked of
    /// the entity but patience.
    /// </summary>
    public sealed record Away(string Cause);

    /// <summary>The database answers again, and everything that had waited is durable.</summary>
    public sealed record Back
    {
        public static readonly Back Instance = new();
    }

    /// <summary>
    /// The past cannot be read, an event cannot be written by anybody, or more waits than may: what was not Appended is
    /// not durable. The journal stops after this.
    /// </summary>
    public sealed record Failed(string Cause);

    /// <summary>
    /// Another owner of this entity has written since this one read: the entity lives elsewhere now. Whoever hears this stops
    /// without a word to anyone outside: no BYE, no audio, no event.
    /// </summary>
    public sealed record Fenced;
}
