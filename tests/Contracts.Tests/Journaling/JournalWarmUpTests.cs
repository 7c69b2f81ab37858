using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Tests.Nodes;
using OCPlatform.Tests.Shared;

namespace OCPlatform.Contracts.Tests.Journaling;

/// <summary>A node that has just started uses its journal once before calls come.</summary>
public sealed class JournalWarmUpTests
{
    [Fact]
    public async Task Each_start_of_a_node_writes_one_event_and_reads_it_back_before_the_node_is_ready()
    {
        await using var database = new JournalDatabase(DatabaseProvider.Sqlite);
        for (var starts = 1; starts <= 2; starts++)
        {
            var (node, warmth) = (database.StartNode(), new JournalWarmth());
            warmth.IsReady.Should().BeFalse();

            Start(node, warmth);
            await NodeCluster.EventuallyAsync(() => warmth.IsReady);

            warmth.Doubt.Should().BeNull();
            var events = await JournalOwner.ReadAsync(node, "node-n1");
            events.Should().HaveCount(starts).And.AllBeOfType<NodeEvents.Started>();
        }
    }

    [Fact]
    public async Task A_database_that_is_away_keeps_no_node_from_being_ready()
    {
        using var node = ActorSystem.Create("node", ConfigurationFactory.ParseString(AbsentDatabase.Config));
        var warmth = new JournalWarmth();

        Start(node, warmth);
        await NodeCluster.EventuallyAsync(() => warmth.IsReady);

        warmth.Doubt.Should().Be("the server is away");
    }

    private static void Start(ActorSystem node, JournalWarmth warmth) =>
        node.ActorOf(Props.Create(() => new JournalWarmUp("n1", warmth, TimeProvider.System)));

    /// <summary>A journal whose database cannot be reached.</summary>
    public sealed class AbsentDatabase : AsyncWriteJournal
    {
        public static readonly string Config = $$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.persistence.journal.plugin = "absent"
            absent { class = "{{typeof(AbsentDatabase).AssemblyQualifiedName}}" }
            """;

        private static readonly InvalidOperationException Away = new("the server is away");

        public override Task ReplayMessagesAsync(
            IActorContext context,
            string persistenceId,
            long fromSequenceNr,
            long toSequenceNr,
            long max,
            Action<IPersistentRepresentation> recoveryCallback
        ) => Task.FromException(Away);

        public override Task<long> ReadHighestSequenceNrAsync(
            string persistenceId,
            long fromSequenceNr,
            CancellationToken cancellationToken
        ) => Task.FromException<long>(Away);

        protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(
            IEnumerable<AtomicWrite> messages,
            CancellationToken cancellationToken
        ) => Task.FromException<IImmutableList<Exception?>>(Away);

        protected override Task DeleteMessagesToAsync(
            string persistenceId,
            long toSequenceNr,
            CancellationToken cancellationToken
        ) => Task.FromException(Away);
    }
}
