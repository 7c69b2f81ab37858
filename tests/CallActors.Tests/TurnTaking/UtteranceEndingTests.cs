using OCPlatform.CallActors.TurnTaking;

namespace OCPlatform.CallActors.Tests.TurnTaking;

public class UtteranceEndingTests
{
    [Theory]
    [InlineData("My name is", true)]
    [InlineData("I would like to book an appointment for", true)]
    [InlineData("on tuesday at...", true)]
    [InlineData("um,", true)]
    [InlineData("My name is John Smith.", false)]
    [InlineData("tuesday at three pm", false)]
    [InlineData("", false)]
    public void Open_ends_are_told_from_finished_ones(string text, bool unfinished) =>
        UtteranceEnding.SoundsUnfinished(text).Should().Be(unfinished);

    [Theory]
    [InlineData("", true)]
    [InlineData("Mhm.", true)]
    [InlineData("uh, mm-hmm", true)]
    [InlineData("no", false)]
    [InlineData("yes", false)]
    [InlineData("stop", false)]
    public void Listening_noises_are_told_from_answers(string text, bool backchannel) =>
        UtteranceEnding.IsBackchannel(text).Should().Be(backchannel);
}
