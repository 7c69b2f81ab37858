using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech.Service;

namespace OCPlatform.AiAdapters.TextToSpeech.Flite;

/// <summary>
/// flite on the thread pool: it is quick enough not to wait behind the networks, which is the point of it. Priorities and
/// speed do not apply.
/// </summary>
internal sealed class FliteEngine : IClauseSynthesizer
{
    public string Fingerprint => "flite-2";

    public TimeSpan Estimate(string clause) => TimeSpan.Zero;

    public void ReportLate(string clause, TimeSpan waited)
    {
        // It is the last rung: nothing is decided by how quick it is.
    }

    public Task<short[]> SpeakAsync(
        string clause,
        string voice,
        double speed,
        int sampleRateHz,
        EnginePriority priority,
        CancellationToken ct
    ) =>
        Task.Run(
            () =>
            {
                var samples = FliteVoice.Get(voice).Synthesize(clause, sampleRateHz);
                return SilenceTrimmer.Trim(samples, sampleRateHz).ToArray();
            },
            ct
        );
}
