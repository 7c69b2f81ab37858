using System.Runtime.CompilerServices;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech.Cache;
using OCPlatform.AiAdapters.TextToSpeech.Text;

namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>
/// Speaks texts clause by clause down a ladder: cached phrase, Kokoro if its audio can be expected in time, flite. Once flite
/// has taken over it keeps the rest of the text, so that the voice changes once at most.
/// </summary>
internal sealed class SpeechSynthesizer(
    IClauseSynthesizer? kokoro,
    IClauseSynthesizer flite,
    PhraseCache cache,
    TextToSpeechSettings settings,
    TimeProvider time
)
{
    // Clauses that are made ahead of the one being delivered.
    private const int Lookahead = 2;

    private static readonly int[] WideRatesHz = [16_000, 24_000];

    private readonly SharedSynthesis _shared = new();
    private IClauseSynthesizer? Kokoro { get; } = kokoro;
    private IClauseSynthesizer Flite { get; } = flite;
    private PhraseCache Cache { get; } = cache;
    private TextToSpeechSettings Settings { get; } = settings;
    private TimeProvider Time { get; } = time;
    private readonly TimeSpan _patience = TimeSpan.FromMilliseconds(settings.FirstAudioDeadlineMs);

    /// <summary>Requests that Kokoro was asked for and flite spoke, in part or whole.</summary>
    public long FellBack => Interlocked.Read(ref _fellBack);
    private long _fellBack;
    private int _atLeisure;

    /// <param name="text">As written; it is normalised here.</param>
    /// <param name="warmUp">Nobody waits: lowest priority, no deadline, no fallback.</param>
    /// <returns>Pieces of 16-bit samples, a clause or a pause each.</returns>
    public async IAsyncEnumerable<short[]> SpeakAsync(
        string text,
        VoiceName voice,
        int sampleRateHz,
        bool warmUp,
        [EnumeratorCancellation] CancellationToken ct
    )
    {
        var clauses = ClauseSplitter.Split(SpeechNormalizer.Normalize(text));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var ladder = new Ladder(this, clauses, voice, sampleRateHz, warmUp, stop.Token);
        try
        {
            for (var i = 0; i < clauses.Count; i++)
            {
                yield return await ladder.NextAsync(i).ConfigureAwait(false);
                if (i + 1 < clauses.Count)
                    yield return new short[clauses[i].PauseMs * sampleRateHz / 1000];
            }
        }
        finally
        {
            // Clauses made ahead that nobody will hear.
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A cached phrase; one that is there at a higher rate is converted, which costs next to nothing.</summary>
    private short[]? Cached(PhraseKey key)
    {
        if (Cache.TryGet(key) is { } known)
            return known;
        foreach (var rateHz in WideRatesHz)
        {
            if (rateHz <= key.SampleRateHz || Cache.TryGet(key with { SampleRateHz = rateHz }) is not { } wide)
                continue;
            var converted = PcmResampling.Convert(wide, rateHz, key.SampleRateHz);
            Cache.Put(key, converted);
            return converted;
        }

        return null;
    }

    private PhraseKey Key(IClauseSynthesizer engine, string clause, string voice, int sampleRateHz) =>
        new(engine.Fingerprint, voice, Settings.Speed, sampleRateHz, clause);

    private Task<short[]> MakeAsync(
        IClauseSynthesizer engine,
        string clause,
        string voice,
        int sampleRateHz,
        EnginePriority priority,
        CancellationToken ct
    )
    {
        var key = Key(engine, clause, voice, sampleRateHz);
        if (Cached(key) is { } known)
            return Task.FromResult(known);
        return _shared.RunAsync(
            key,
            async stop =>
            {
                var samples = await engine
                    .SpeakAsync(clause, voice, Settings.Speed, sampleRateHz, priority, stop)
                    .ConfigureAwait(false);
                Cache.Put(key, samples);
                return samples;
            },
            ct
        );
    }

    /// <summary>
    /// Has Kokoro make at leisure what flite just had to speak, one clause at a time: next time it is there, and by then it
    /// is known again how quick Kokoro is.
    /// </summary>
    private void MakeAtLeisure(string clause, string voice, int sampleRateHz)
    {
        if (Interlocked.Exchange(ref _atLeisure, 1) == 1)
            return;
        _ = MakeAsync(Kokoro!, clause, voice, sampleRateHz, EnginePriority.WarmUp, CancellationToken.None)
            .ContinueWith(
                made =>
                {
                    // A refusal by the full queue is looked at here, so that it does not count as unobserved.
                    _ = made.Exception;
                    Volatile.Write(ref _atLeisure, 0);
                },
                TaskScheduler.Default
            );
    }

    /// <summary>One request's way down the ladder.</summary>
    private sealed class Ladder(
        SpeechSynthesizer owner,
        List<Clause> clauses,
        VoiceName voice,
        int sampleRateHz,
        bool warmUp,
        CancellationToken ct
    )
    {
        private readonly Task<short[]>?[] _made = new Task<short[]>?[clauses.Count];
        private readonly CancellationTokenSource _kokoroStop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        private bool _onFlite = voice.IsFlite;
        private long _firstDelivered;
        private double _deliveredMs;

        public async Task<short[]> NextAsync(int index)
        {
            if (!_onFlite && owner.Kokoro is null)
                FallBack(index);
            if (!_onFlite && index == 0 && !warmUp && IsTooSlow(clauses[0].Text))
                FallBack(index);
            var samples = _onFlite ? null : await FromKokoroAsync(index).ConfigureAwait(false);
            samples ??= await FromFliteAsync(index).ConfigureAwait(false);
            if (_firstDelivered == 0)
                _firstDelivered = owner.Time.GetTimestamp();
            _deliveredMs += samples.Length * 1000.0 / sampleRateHz + clauses[index].PauseMs;
            return samples;
        }

        /// <returns>null when Kokoro has failed or was too late; flite goes on from here.</returns>
        private async Task<short[]?> FromKokoroAsync(int index)
        {
            for (var i = index; i < clauses.Count && i <= index + Lookahead; i++)
                _made[i] ??= owner.MakeAsync(
                    owner.Kokoro!,
                    clauses[i].Text,
                    voice.Voice,
                    sampleRateHz,
                    Priority(i),
                    _kokoroStop.Token
                );
            try
            {
                if (warmUp)
                    return await _made[index]!.ConfigureAwait(false);
                return await _made[index]!.WaitAsync(Patience(), owner.Time, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (!warmUp && !ct.IsCancellationRequested)
            {
                // Later clauses wait behind earlier ones, so that only the first one's time is its own.
                if (e is TimeoutException && index == 0)
                    owner.Kokoro!.ReportLate(clauses[index].Text, owner._patience);
                // Too late, refused, or broken: in every case the caller must not be kept waiting.
                FallBack(index);
                return null;
            }
        }

        private Task<short[]> FromFliteAsync(int index)
        {
            var fliteVoice = voice.IsFlite ? voice.Voice : owner.Settings.FallbackVoice;
            return owner.MakeAsync(
                owner.Flite,
                clauses[index].Text,
                fliteVoice,
                sampleRateHz,
                EnginePriority.FirstClause,
                ct
            );
        }

        private void FallBack(int index)
        {
            _onFlite = true;
            Interlocked.Increment(ref owner._fellBack);
            // Joins the clause's synthesis before this request lets go of it, so that what is begun is not lost.
            if (owner.Kokoro is not null)
                owner.MakeAtLeisure(clauses[index].Text, voice.Voice, sampleRateHz);
            _kokoroStop.Cancel();
        }

        private bool IsTooSlow(string clause)
        {
            var key = owner.Key(owner.Kokoro!, clause, voice.Voice, sampleRateHz);
            return owner.Cached(key) is null && owner.Kokoro!.Estimate(clause) > owner._patience;
        }

        /// <summary>Until what was delivered has been played, and the deadline on top.</summary>
        private TimeSpan Patience()
        {
            if (_firstDelivered == 0)
                return owner._patience;
            var played = owner.Time.GetElapsedTime(_firstDelivered).TotalMilliseconds;
            return owner._patience + TimeSpan.FromMilliseconds(Math.Max(0, _deliveredMs - played));
        }

        private EnginePriority Priority(int index) =>
            warmUp ? EnginePriority.WarmUp
            : index == 0 ? EnginePriority.FirstClause
            : EnginePriority.LaterClause;
    }
}
