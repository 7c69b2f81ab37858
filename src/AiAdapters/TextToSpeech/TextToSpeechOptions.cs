namespace OCPlatform.AiAdapters.TextToSpeech;

/// <summary>How a text is to be spoken.</summary>
public sealed record TextToSpeechOptions
{
    /// <summary>A Kokoro voice such as <c>af_heart</c>, or <c>flite/rms</c>, <c>flite/slt</c>; null takes the configured one.</summary>
    public string? Voice { get; init; }

    /// <summary>8000, 16000 or 24000 Hz.</summary>
    public int SampleRateHz { get; init; } = 8000;

    /// <summary>BCP 47.</summary>
    public string Language { get; init; } = "en-US";
}
