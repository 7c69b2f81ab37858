namespace OCPlatform.LoadTest.Tests;

public sealed class SpokenLineTests
{
    [Fact]
    public void Silence_at_both_ends_is_cut_off()
    {
        var line = SpokenLine.FromPcm(
            "hello",
            Signals.Join(Signals.Silence(250), Signals.Voice(600), Signals.Silence(420))
        );

        line.Duration.Should().BeCloseTo(TimeSpan.FromMilliseconds(600), TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void The_noise_of_a_recording_is_not_its_speech()
    {
        var pcm = Signals.Join(Signals.Silence(300), Signals.Voice(500, -18), Signals.Silence(300));

        SpokenLine
            .FromPcm("hello", Signals.Add(pcm, Signals.Noise(1100, -60)))
            .Duration.Should()
            .BeCloseTo(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void A_recording_without_speech_is_refused() =>
        FluentActions
            .Invoking(() => SpokenLine.FromPcm("nothing", Signals.Silence(1000)))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*nothing*");
}
