using OCPlatform.AiAdapters.Engines;

namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>An engine that speaks one clause.</summary>
internal interface IClauseSynthesizer
{
    /// <summary>Names the engine and all that shapes its sound, for the cache.</summary>
    string Fingerprint { get; }

    /// <summary>How long a clause would take from now on to its audio, waiting included.</summary>
    TimeSpan Estimate(string clause);

    /// <summary>A clause was still not there after this wait, so that later estimates are less hopeful.</summary>
    void ReportLate(string clause, TimeSpan waited);

    /// <returns>Samples of the wanted rate, without silence at the ends.</returns>
    /// <exception cref="EngineBusyException">The queue is full.</exception>
    Task<short[]> SpeakAsync(
        string clause,
        string voice,
        double speed,
        int sampleRateHz,
        EnginePriority priority,
        CancellationToken ct
    );
}
