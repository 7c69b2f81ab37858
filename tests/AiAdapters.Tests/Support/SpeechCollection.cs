namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>One server with the real engines for all tests that hear or speak; they run one after the other.</summary>
public sealed class SpeechFixture : IAsyncLifetime
{
    public SpeechServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var models = await TestModels.GetAsync();
        Server = await SpeechServer.StartAsync(
            models.Directory,
            options =>
            {
                // Judged is what is said and heard, however busy the machine is that runs the tests.
                options.Tts.FirstAudioDeadlineMs = 30_000;
                options.Tts.ClientFirstAudioDeadlineMs = 30_000;
                options.Stt.FinalDecodeDeadlineMs = 30_000;
            }
        );
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>Sends a recording through the client and the service, as fast as it goes, with silence behind it.</summary>
    public async Task<string> HearAsync(short[] samples8k)
    {
        await using var stream = Server.SpeechToText.Open(new());
        foreach (var frame in samples8k.Concat(new short[2400]).Chunk(160))
            stream.TryWrite(frame).Should().BeTrue();
        return (await stream.CompleteAsync(TimeSpan.FromSeconds(60))).Text;
    }

    /// <summary>Has the service speak a text.</summary>
    public async Task<short[]> SpeakAsync(string text, string? voice, int sampleRateHz)
    {
        var all = new List<short>();
        var options = new AiAdapters.TextToSpeech.TextToSpeechOptions { Voice = voice, SampleRateHz = sampleRateHz };
        await foreach (var piece in Server.TextToSpeech.SynthesizeAsync(text, options))
            all.AddRange(piece.Span);
        return [.. all];
    }
}

[CollectionDefinition(Name)]
public sealed class SpeechCollection : ICollectionFixture<SpeechFixture>
{
    public const string Name = "speech";
}
