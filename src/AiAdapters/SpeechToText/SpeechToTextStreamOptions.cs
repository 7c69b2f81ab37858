namespace OCPlatform.AiAdapters.SpeechToText;

/// <summary>What a <see cref="SpeechToTextStream"/> hears and what it reports.</summary>
public sealed record SpeechToTextStreamOptions
{
    /// <summary>Rate of the samples written: 8000 or 16000 Hz.</summary>
    public int SampleRateHz { get; init; } = 8000;

    /// <summary>BCP 47; null takes the configured language.</summary>
    public string? Language { get; init; }

    /// <summary>Phrases that are likely here; engines that cannot use them ignore them.</summary>
    public IReadOnlyList<string> PhraseHints { get; init; } = [];

    /// <summary>true: capitals and punctuation; false: lower case words.</summary>
    public bool Punctuation { get; init; } = true;

    /// <summary>Results that may still change; null asks for none. Called on a pool thread, one call at a time.</summary>
    public Action<SpeechToTextInterim>? OnInterim { get; init; }

    /// <summary>
    /// Utterances that the engine itself ended while the stream stays open. Called on a pool thread, one call at a time.
    /// </summary>
    public Action<SpeechToTextResult>? OnFinal { get; init; }

    /// <summary>Audio kept for a replay to another endpoint; writes beyond it are refused until a final result frees some, s.</summary>
    public int MaxPendingSeconds { get; init; } = 60;
}

/// <param name="Text">Everything heard since the last final result.</param>
/// <param name="Stability">0…1, how likely the text will stay; 1 when the speaker has already paused.</param>
public readonly record struct SpeechToTextInterim(string Text, float Stability);

/// <summary>What was said.</summary>
public sealed record SpeechToTextResult
{
    /// <summary>Empty when nothing was said.</summary>
    public required string Text { get; init; }

    /// <summary>0…1; 0 when the engine gives none.</summary>
    public float Confidence { get; init; }

    /// <summary>false: the deadline passed and this is the last interim result.</summary>
    public bool IsFinal { get; init; } = true;

    /// <summary>Audio that this result covers, s.</summary>
    public double AudioSeconds { get; init; }

    /// <summary>Time from the end of the audio to this result, ms; 0 for utterances that the engine ended.</summary>
    public double LatencyMs { get; init; }

    /// <summary>The endpoint that recognised it.</summary>
    public Uri? Endpoint { get; init; }
}
