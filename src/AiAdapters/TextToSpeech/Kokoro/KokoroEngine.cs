using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech.Service;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>Kokoro on the pool's workers.</summary>
internal sealed class KokoroEngine(KokoroSynthesizer synthesizer, EnginePool pool, TimeProvider time)
    : IClauseSynthesizer
{
    private readonly SynthesisPace _pace = new();

    public string Fingerprint { get; } = $"kokoro-1+{synthesizer.Phonemizer.Name}";

    public KokoroVoices Voices => synthesizer.Voices;

    public TimeSpan Estimate(string clause) =>
        _pace.Estimate(clause.Length, (double)pool.Ahead(EnginePriority.FirstClause) / pool.Workers);

    public void ReportLate(string clause, TimeSpan waited) => _pace.Late(clause.Length, waited);

    public Task<short[]> SpeakAsync(
        string clause,
        string voice,
        double speed,
        int sampleRateHz,
        EnginePriority priority,
        CancellationToken ct
    ) =>
        pool.RunAsync(
            priority,
            stop =>
            {
                var start = time.GetTimestamp();
                var waveform = synthesizer.Synthesize(clause, voice, (float)speed, stop);
                _pace.Finished(clause.Length, time.GetElapsedTime(start));
                var samples = PcmResampling.Convert(waveform, KokoroSynthesizer.SampleRateHz, sampleRateHz);
                return SilenceTrimmer.Trim(samples, sampleRateHz).ToArray();
            },
            ct
        );
}
