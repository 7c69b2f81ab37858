using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech.Service;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>Kokoro on the pool's workers.</summary>
internal sealed class KokoroEngine(KokoroSynthesizer synthesizer, EnginePool pool, TimeProvider time)
    : IClauseSynthesizer
{
    private const float Smoothing = 0.2f;

    private readonly Lock _lock = new();

    // A first guess that the first clauses correct: 15 characters a second at 0.3 CPU s per second.
    private double _msPerCharacter = 20;
    private double _msPerClause = 600;

    public string Fingerprint { get; } = $"kokoro-1+{synthesizer.Phonemizer.Name}";

    public KokoroVoices Voices => synthesizer.Voices;

    public TimeSpan Estimate(string clause)
    {
        // Synthesis never takes the last worker; see EnginePool.
        var ahead = pool.Ahead(EnginePriority.FirstClause);
        lock (_lock)
        {
            var waiting = (double)ahead / pool.Workers * _msPerClause;
            return TimeSpan.FromMilliseconds(waiting + clause.Length * _msPerCharacter);
        }
    }

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
                Learn(clause.Length, time.GetElapsedTime(start).TotalMilliseconds);
                var samples = PcmResampling.Convert(waveform, KokoroSynthesizer.SampleRateHz, sampleRateHz);
                return SilenceTrimmer.Trim(samples, sampleRateHz).ToArray();
            },
            ct
        );

    private void Learn(int characters, double elapsedMs)
    {
        lock (_lock)
        {
            _msPerCharacter += Smoothing * (elapsedMs / Math.Max(characters, 1) - _msPerCharacter);
            _msPerClause += Smoothing * (elapsedMs - _msPerClause);
        }
    }
}
