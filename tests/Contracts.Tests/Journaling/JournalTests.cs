using Akka.Actor;
using Akka.TestKit.Xunit2;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;

namespace OCPlatform.Contracts.Tests.Journaling;

public class JournalTests() : TestKit("akka.loglevel = WARNING")
{
    private static readonly CallId Id = CallId.New();

    [Fact]
    public void What_was_appended_is_told_again_after_a_restart_in_order()
    {
        var first = Open();
        ExpectMsg<JournalMessages.Recovered>().Events.Should().BeEmpty();
        first.Tell(new JournalMessages.Append([Event(1), Event(2)], 1), TestActor);
        first.Tell(new JournalMessages.Append([Event(3)], 2), TestActor);
        ExpectMsg<JournalMessages.Appended>().Cookie.Should().Be(1);
        ExpectMsg<JournalMessages.Appended>().Should().Be(new JournalMessages.Appended(2, 3));
        Watch(first);
        Sys.Stop(first);
        ExpectTerminated(first);

        Open();

        ExpectMsg<JournalMessages.Recovered>().Events.Should().Equal(Event(1), Event(2), Event(3));
    }

    [Fact]
    public void Appending_before_the_past_has_been_read_loses_nothing()
    {
        var journal = Open();
        journal.Tell(new JournalMessages.Append([Event(1)], 7), TestActor);

        // The past comes by way of the parent, so that the answer can be here first.
        var told = ReceiveN(2).ToList();
        told.OfType<JournalMessages.Recovered>().Should().ContainSingle();
        told.OfType<JournalMessages.Appended>().Should().ContainSingle().Which.Cookie.Should().Be(7);
    }

    [Fact]
    public void Nothing_to_append_is_acknowledged_all_the_same()
    {
        var journal = Open();
        ExpectMsg<JournalMessages.Recovered>();
        journal.Tell(new JournalMessages.Append([], 9), TestActor);
        ExpectMsg<JournalMessages.Appended>().Cookie.Should().Be(9);
    }

    // A child of the test actor's stand-in, because the journal speaks to its parent.
    private IActorRef Open()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Parent(TestActor)));
        return parent.Ask<IActorRef>("journal", RemainingOrDefault).Result;
    }

    private static CallEvents.Ringing Event(int second) => new(Id, DateTimeOffset.UnixEpoch.AddSeconds(second));

    private sealed class Parent : ReceiveActor
    {
        public Parent(IActorRef test)
        {
            var journal = Context.ActorOf(Journal.Props($"call-{Id}"));
            Receive<string>(_ => Sender.Tell(journal));
            ReceiveAny(test.Forward);
        }
    }
}
