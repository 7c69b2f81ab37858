using CsCheck;
using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

public class ClauseSplitterTests
{
    [Fact]
    public void Sentences_and_long_comma_clauses_are_cut_apart()
    {
        Split("Sure. What day would suit you? On Tuesday, at three PM, I have time; shall I book it?")
            .Should()
            .Equal(
                "Sure. ",
                "What day would suit you? ",
                "On Tuesday, at three PM, ",
                "I have time; ",
                "shall I book it?"
            );
    }

    [Theory]
    [InlineData("We open at 9 a.m. on Monday. Bye.")]
    [InlineData("Dr. Miller is in. Bye.")]
    public void A_full_stop_of_an_abbreviation_ends_no_clause(string text) => Split(text).Should().HaveCount(2);

    [Fact]
    public void The_clauses_joined_are_the_text_however_it_was_streamed() =>
        Gen.Select(Gen.String[Gen.Char["ab .,?!;:é"]], Gen.Int[1, 7])
            .Sample(
                (text, step) =>
                {
                    var splitter = new ClauseSplitter();
                    var clauses = text.Chunk(step).SelectMany(piece => splitter.Add(new string(piece))).ToList();
                    var rest = splitter.Flush();
                    return string.Concat(clauses) + rest == text
                        || string.IsNullOrWhiteSpace(text[string.Concat(clauses).Length..]);
                }
            );

    private static List<string> Split(string text)
    {
        var splitter = new ClauseSplitter();
        List<string> clauses = [.. splitter.Add(text)];
        if (splitter.Flush() is { } rest)
        {
            clauses.Add(rest);
        }
        return clauses;
    }
}
