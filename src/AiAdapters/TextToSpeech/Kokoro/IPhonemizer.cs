namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>Writes English text in the phoneme alphabet that Kokoro was trained on.</summary>
internal interface IPhonemizer
{
    /// <summary>Names it in logs and cache keys: two phonemizers pronounce differently.</summary>
    string Name { get; }

    /// <param name="text">Words without punctuation, already normalised for speech.</param>
    string Phonemes(string text);
}
