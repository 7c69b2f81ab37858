using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

public class TextAfterHeardTests
{
    [Theory]
    [InlineData("Sure.", "[Sure. ][I can do that.]", "[][I can do that.]")]
    [InlineData("Sure. I can", "[Sure. ][I can do that. ][Monday?]", "[][do that. ][Monday?]")]
    // Cut elsewhere than the first time.
    [InlineData("Sure. I can", "[Sure. I can do that. ][ Monday?]", "[do that. ][ Monday?]")]
    [InlineData("Sure. I can do that.", "[Sure. ][I can do that.]", "[][]")]
    [InlineData("", "[Sure. ][I can.]", "[Sure. ][I can.]")]
    // White space does not count.
    [InlineData("Sure. I  can", "[Sure.][I can do that.]", "[][do that.]")]
    // Thought of anew: from the start of the piece that differs.
    [InlineData("Sure. I can do", "[Sure. ][I will do that. ][Monday?]", "[][I will do that. ][Monday?]")]
    [InlineData("Sure. I can", "[Certainly. ][I can do that.]", "[Certainly. ][I can do that.]")]
    [InlineData("I can", "[I cannot do that.]", "[I cannot do that.]")]
    public void What_is_told_again_goes_on_with_the_next_word(string heard, string told, string said)
    {
        var after = new TextAfterHeard(heard);

        var pieces = told[1..^1].Split("][").Select(piece => $"[{after.Take(piece)}]");

        string.Concat(pieces).Should().Be(said);
    }
}
