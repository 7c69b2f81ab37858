using OCPlatform.CallActors.Placement;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.CallActors.Tests.Placement;

public sealed class WitnessBookTests
{
    private static readonly string[] Survivors = ["a", "b", "c"];
    private static readonly CallId[] Calls = [.. Enumerable.Range(0, 300).Select(shard => CallId.New(shard))];

    [Fact]
    public void Each_lost_call_falls_to_one_survivor_and_to_the_next_when_that_one_does_nothing()
    {
        var books = Survivors.Select(node => new WitnessBook(node)).ToList();
        foreach (var book in books)
        {
            book.Hear(Begun("dead", Calls));
            book.Bury("dead", Survivors, At(0)).Should().Be(Calls.Length);
        }

        var first = books.Select(book => book.Due(At(0), 1_000)).ToList();
        first.Should().OnlyContain(share => share.Count > 60, "each has about a third of 300");
        first.SelectMany(share => share).Should().BeEquivalentTo(Calls);

        // The one whose they were is dead as well: all of its share is asked for by the others, in time.
        var others = books.Skip(1).SelectMany(book => book.Due(At(4.5), 1_000)).ToHashSet();
        others.Should().Contain(first[0]);
    }

    [Fact]
    public void Calls_of_one_shard_fall_to_the_same_survivor()
    {
        var calls = Enumerable.Range(0, 50).Select(_ => CallId.New(77)).ToArray();
        var book = new WitnessBook("a");
        book.Hear(Begun("dead", calls));
        book.Bury("dead", Survivors, At(0));

        book.Due(At(0), 1_000).Count.Should().BeOneOf(0, 50);
    }

    [Fact]
    public void Lost_calls_are_asked_for_in_waves_and_again_until_they_are_back()
    {
        var book = Lonely(Calls);

        var firstWave = book.Due(At(0), 50);
        firstWave.Should().HaveCount(50);
        book.Due(At(0.1), 50).Should().HaveCount(50).And.NotIntersectWith(firstWave);

        foreach (var call in Calls[1..])
        {
            book.Begun("a", call).Should().BeTrue();
        }
        book.LostCalls.Should().Be(1);
        book.Due(At(1), 50).Should().Equal(Calls[0]);
        book.Due(At(1.1), 50).Should().BeEmpty("it was just asked for");
        book.TakeHopeless(At(61)).Should().Equal(Calls[0]);
        book.LostCalls.Should().Be(0);
    }

    [Fact]
    public void A_lost_call_is_asked_for_each_second_while_a_caller_can_wait_and_then_ever_more_seldom()
    {
        var book = Lonely(Calls[..1]);
        var asked = Enumerable
            .Range(0, 600)
            .Select(tick => At(tick / 10.0))
            .Where(now => book.Due(now, 50).Count > 0)
            .ToList();

        var pauses = asked.Zip(asked.Skip(1), (one, next) => (At: one, Pause: next - one)).ToList();

        pauses.Where(p => p.At < At(30)).Should().OnlyContain(p => p.Pause >= At(0.4) && p.Pause <= At(1.1));
        var later = pauses.Where(p => p.At >= At(30)).Select(p => p.Pause).ToList();
        later.Should().HaveCountGreaterThan(3).And.BeInAscendingOrder();
        later[^1].Should().BeGreaterThan(At(5));
    }

    [Fact]
    public void Others_wait_while_calls_of_a_dead_node_are_taken_up_but_not_for_ever()
    {
        var book = Lonely(Calls[..2]);
        book.TakesUp(At(1)).Should().BeTrue();
        book.Begun("a", Calls[0]);
        book.TakesUp(At(1)).Should().BeTrue();
        book.Begun("b", Calls[1]);
        book.TakesUp(At(1)).Should().BeFalse("all are back");

        book = Lonely(Calls);
        book.TakesUp(At(10)).Should().BeFalse("they were long enough about it");

        book = new WitnessBook("a");
        book.Begun("a", Calls[0]);
        book.Leave(Calls[0], At(0));
        book.TakesUp(At(1)).Should().BeFalse("it left in good order, and its shard has a home");
    }

    [Fact]
    public void What_ended_before_its_node_died_is_not_taken_up()
    {
        var book = new WitnessBook("a");
        book.Hear(Begun("dead", Calls));
        book.Hear(new NodeMessages.Calls("dead", false, [], Calls[10..]));
        // Begun and ended within one message.
        book.Hear(new NodeMessages.Calls("dead", false, [CallId.New(5)], []) with { Gone = [] });
        var brief = CallId.New();
        book.Hear(new NodeMessages.Calls("dead", false, [brief], [brief]));

        book.Bury("dead", ["a"], At(0)).Should().Be(11);
    }

    [Fact]
    public void A_call_that_moved_is_not_taken_up_when_its_former_node_goes()
    {
        var book = new WitnessBook("a");
        book.Hear(Begun("old", Calls));
        book.Hear(Begun("new", Calls[..100]));
        book.Hear(new NodeMessages.Calls("old", false, [], Calls[..10]));

        book.CallsOf("new").Should().BeEquivalentTo(Calls[..100]);
        book.Bury("old", ["a"], At(0)).Should().Be(200);
    }

    [Fact]
    public void A_complete_message_voids_what_was_said_before()
    {
        var book = new WitnessBook("a");
        book.Hear(Begun("b", Calls));
        book.Hear(Begun("b", Calls[..3]) with { Complete = true });

        book.CallsOf("b").Should().BeEquivalentTo(Calls[..3]);
    }

    [Fact]
    public void A_call_that_left_is_asked_for_when_whom_it_was_handed_to_did_not_take_it_up()
    {
        var book = new WitnessBook("a");
        book.Begun("a", Calls[0]);
        book.Leave(Calls[0], At(0)).Should().BeTrue();

        book.Due(At(1), 50).Should().BeEmpty();
        book.Due(At(2), 50).Should().Equal(Calls[0]);
        book.Hear(Begun("b", Calls[..1])).Should().Equal(Calls[0]);
        book.Due(At(10), 50).Should().BeEmpty();
        book.Leave(Calls[0], At(11)).Should().BeFalse("it is b's");
    }

    [Fact]
    public void What_is_witnessed_is_bounded()
    {
        var book = new WitnessBook("a");
        for (var i = 0; i < WitnessBook.MostCalls + 10; i++)
        {
            book.Begun("b", new CallId($"c{i}"));
        }

        book.CallsOf("b").Should().HaveCount(WitnessBook.MostCalls);
    }

    private static WitnessBook Lonely(CallId[] calls)
    {
        var book = new WitnessBook("a");
        book.Hear(Begun("dead", calls));
        book.Bury("dead", ["a"], At(0));
        return book;
    }

    private static NodeMessages.Calls Begun(string node, CallId[] calls) => new(node, false, calls, []);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
