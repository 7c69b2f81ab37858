using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

public class HeardTextTests
{
    [Fact]
    public void Clauses_sent_in_full_are_heard_in_full() =>
        HeardText
            .Of([new ClausePlayed("Sure. ", 8000, 8000), new ClausePlayed("What day?", 8000, 8000)])
            .Should()
            .Be("Sure. What day?");

    [Fact]
    public void Of_a_cut_clause_only_whole_words_count() =>
        HeardText
            .Of([new ClausePlayed("Sure. ", 8000, 8000), new ClausePlayed("What day would suit you?", 10000, 5000)])
            .Should()
            .Be("Sure. What day");

    [Fact]
    public void What_was_not_sent_was_not_heard() =>
        HeardText.Of([new ClausePlayed("Sure.", 8000, 0), new ClausePlayed("Bye.", 0, 0)]).Should().BeEmpty();
}
