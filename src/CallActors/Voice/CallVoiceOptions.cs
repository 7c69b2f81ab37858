using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors.TurnTaking;

namespace OCPlatform.CallActors.Voice;

/// <summary>The speech clients that all calls of a node share.</summary>
/// <param name="CreateVoiceActivityDetector">Makes the per-call state over the one shared model.</param>
public sealed record SpeechClients(
    SpeechToTextClient SpeechToText,
    TextToSpeechClient TextToSpeech,
    Func<IVoiceActivityDetector> CreateVoiceActivityDetector
);

/// <summary>How a call listens and speaks.</summary>
public sealed record CallVoiceOptions
{
    public TurnTakingOptions TurnTaking { get; init; } = new();

    /// <summary>From the end of the caller's turn; then the utterance counts as not understood.</summary>
    public TimeSpan RecognitionDeadline { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Voice and language; the rate is the session's, whatever stands here.</summary>
    public TextToSpeechOptions TextToSpeech { get; init; } = new();

    public Action<Exception>? OnRecognitionFailed { get; init; }

    public Action<Exception>? OnSynthesisFailed { get; init; }
}
