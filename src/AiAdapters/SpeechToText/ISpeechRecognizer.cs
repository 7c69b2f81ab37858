using OCPlatform.AiAdapters.Engines;

namespace OCPlatform.AiAdapters.SpeechToText;

/// <param name="Text">Capitals and punctuation as the model writes them; empty when it hears nothing.</param>
/// <param name="Confidence">Geometric mean of the tokens' probabilities, 0…1.</param>
public readonly record struct Transcript(string Text, float Confidence);

/// <summary>An engine that turns one utterance into text.</summary>
public interface ISpeechRecognizer
{
    /// <summary>Name as GetRivaSpeechRecognitionConfig tells it.</summary>
    string Name { get; }

    /// <summary>Whether a decode that may prove to be needless should be left out now.</summary>
    bool IsBusy(EnginePriority priority);

    /// <param name="samples">16 kHz, −1…1; must not change until the task ends.</param>
    /// <param name="priority"><see cref="EnginePriority.FinalDecode"/> or <see cref="EnginePriority.PartialDecode"/>.</param>
    /// <exception cref="EngineBusyException">The queue is full.</exception>
    Task<Transcript> RecognizeAsync(ReadOnlyMemory<float> samples, EnginePriority priority, CancellationToken ct);
}
