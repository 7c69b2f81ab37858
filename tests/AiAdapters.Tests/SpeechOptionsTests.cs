namespace OCPlatform.AiAdapters.Tests;

public sealed class SpeechOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => SpeechOptionsValidator.Validate(new SpeechOptions()).Should().BeEmpty();

    [Fact]
    public void Every_fault_is_told_with_its_key()
    {
        var options = new SpeechOptions();
        options.Stt.Address = "nowhere";
        options.Stt.FallbackAddresses = ["ftp://x"];
        options.Stt.SpeculateAfterSilenceMs = 900;
        options.Tts.FallbackVoice = "kal";
        options.Tts.Speed = 9;
        options.Engines.Niceness = 20;
        options.Breaker.MaxOpenMs = 60;
        SpeechOptionsValidator
            .Validate(options)
            .Select(fault => fault[..fault.IndexOf(':')])
            .Should()
            .BeEquivalentTo(
                "speech.stt.address",
                "speech.stt.fallbackAddresses",
                "speech.stt.speculateAfterSilenceMs",
                "speech.tts.fallbackVoice",
                "speech.tts.speed",
                "speech.engines.niceness",
                "speech.breaker.maxOpenMs"
            );
    }
}
