using OCPlatform.AiAdapters.SpeechToText.Moonshine;

namespace OCPlatform.AiAdapters.Tests.SpeechToText;

public sealed class RepetitionGuardTests
{
    [Fact]
    public void A_phrase_in_circles_is_cut_down_to_one_round()
    {
        List<int> tokens = [1, 2, .. Repeat([10, 11, 12, 13, 14, 15, 16, 17, 18], 3)];
        RepetitionGuard.Cut(tokens).Should().BeTrue();
        tokens.Should().Equal(1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18);
    }

    [Fact]
    public void A_token_in_circles_is_cut_down()
    {
        List<int> tokens = [5, .. Repeat([7], 8)];
        RepetitionGuard.Cut(tokens).Should().BeTrue();
        tokens.Should().Equal(5, 7);
    }

    [Fact]
    public void Digits_that_people_repeat_are_left_alone()
    {
        List<int> tokens = [.. Repeat([7, 3], 6)];
        RepetitionGuard.Cut(tokens).Should().BeFalse();
        tokens.Should().HaveCount(12);
    }

    [Fact]
    public void Something_said_twice_is_left_alone()
    {
        List<int> tokens = [.. Repeat([20, 21, 22, 23, 24, 25], 2)];
        RepetitionGuard.Cut(tokens).Should().BeFalse();
    }

    private static IEnumerable<int> Repeat(int[] pattern, int rounds) =>
        Enumerable.Repeat(pattern, rounds).SelectMany(p => p);
}
