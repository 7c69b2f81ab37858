using Microsoft.Extensions.Logging;
using OCPlatform.AiAdapters.Models;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.SpeechToText.Moonshine;
using OCPlatform.AiAdapters.TextToSpeech.Cache;
using OCPlatform.AiAdapters.TextToSpeech.Flite;
using OCPlatform.AiAdapters.TextToSpeech.Kokoro;
using OCPlatform.AiAdapters.TextToSpeech.Service;
using OCPlatform.AiAdapters.VoiceActivity;

namespace OCPlatform.AiAdapters.Engines;

/// <summary>
/// The embedded engines: one set of model sessions and one pool of workers for all calls of a process. Loading takes one to
/// two seconds and happens in the constructor.
/// </summary>
public sealed partial class SpeechEngines : IAsyncDisposable
{
    private static readonly string[] FliteVoices = ["slt", "rms"];

    private readonly EnginePool _pool;
    private readonly MoonshineRecognizer _moonshine;
    private readonly KokoroSynthesizer? _kokoro;
    private readonly PhraseCache _cache;
    private readonly string _voice;

    /// <exception cref="ModelStoreException">A model that speech recognition needs is missing.</exception>
    public SpeechEngines(
        SpeechOptions options,
        ModelStore models,
        VoiceActivityModel voiceActivity,
        TimeProvider time,
        ILogger<SpeechEngines> logger
    )
    {
        VoiceActivity = voiceActivity;
        _voice = options.Tts.Voice;
        _moonshine = new MoonshineRecognizer(models, options.Stt.Model);
        _kokoro = TryLoadKokoro(models, options, out var reason);
        KokoroUnavailable = reason;
        _pool = new EnginePool(options.Engines);
        Recognizer = new MoonshineEngine(_moonshine, _pool, options.Stt.Model);
        _cache = new PhraseCache(
            options.Tts.CacheDirectory,
            options.Tts.CacheMemoryMb * 1_000_000L,
            options.Tts.CacheDiskMb * 1_000_000L
        );
        var kokoro = _kokoro is null ? null : new KokoroEngine(_kokoro, _pool, time);
        Synthesizer = new SpeechSynthesizer(kokoro, new FliteEngine(), _cache, options.Tts, time);
        Voices = _kokoro is null
            ? [(VoiceName.Flite, FliteVoices)]
            : [(VoiceName.Kokoro, [.. _kokoro.Voices.Names]), (VoiceName.Flite, FliteVoices)];
        if (reason is null)
            LogReady(logger, Recognizer.Name, _kokoro!.Phonemizer.Name, _pool.Workers);
        else
            LogWithoutKokoro(logger, Recognizer.Name, _pool.Workers, reason);
    }

    /// <summary>Why Kokoro does not speak, and what mends it; null when it does.</summary>
    public string? KokoroUnavailable { get; }

    public ISpeechRecognizer Recognizer { get; }
    public VoiceActivityModel VoiceActivity { get; }

    /// <summary>Each engine with its voices, the preferred engine first.</summary>
    public IReadOnlyList<(string Engine, string[] Voices)> Voices { get; }

    /// <summary>Work that waits, over all priorities.</summary>
    public int QueueLength => Enum.GetValues<EnginePriority>().Sum(_pool.Waiting);

    /// <summary>Requests for Kokoro that flite spoke, in part or whole.</summary>
    public long SpokenByFallback => Synthesizer.FellBack;

    internal SpeechSynthesizer Synthesizer { get; }

    /// <summary>Runs every network once, at the lowest priority.</summary>
    internal async Task PrimeAsync(CancellationToken ct)
    {
        try
        {
            await _pool
                .RunAsync(EnginePriority.WarmUp, stop => _moonshine.Recognize(new float[16_000], stop), ct)
                .ConfigureAwait(false);
            if (_kokoro is not { } kokoro)
                return;
            var voice = VoiceName.Parse(_voice).Voice;
            await _pool
                .RunAsync(EnginePriority.WarmUp, stop => kokoro.Synthesize("Hello.", voice, 1, stop), ct)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or EngineBusyException or ObjectDisposedException)
        {
            // Busy or stopping: the first calls then do what priming would have done.
        }
    }

    /// <summary>A Kokoro voice is accepted while Kokoro is unavailable: flite speaks for it.</summary>
    internal bool HasVoice(VoiceName voice) =>
        voice.IsFlite
            ? FliteVoices.Contains(voice.Voice)
            : voice.Engine == VoiceName.Kokoro && (_kokoro is null || _kokoro.Voices.Names.Contains(voice.Voice));

    public async ValueTask DisposeAsync()
    {
        // Nothing runs on the sessions any more once the workers are gone.
        _pool.Dispose();
        await _cache.DisposeAsync().ConfigureAwait(false);
        _moonshine.Dispose();
        _kokoro?.Dispose();
    }

    private static KokoroSynthesizer? TryLoadKokoro(ModelStore models, SpeechOptions options, out string? reason)
    {
        reason = null;
        if (VoiceName.Parse(options.Tts.Voice).IsFlite)
        {
            reason = "speech.tts.voice names a flite voice.";
            return null;
        }

        IPhonemizer? phonemizer = (IPhonemizer?)EspeakPhonemizer.TryCreate() ?? DictionaryPhonemizer.TryCreate();
        if (phonemizer is null)
        {
            reason =
                "Kokoro needs phonemes: install the Debian package libespeak-ng1, or pocketsphinx-en-us for its dictionary.";
            return null;
        }

        try
        {
            return new KokoroSynthesizer(models, phonemizer);
        }
        catch (ModelStoreException e)
        {
            reason = e.Message;
            return null;
        }
    }

    [LoggerMessage(
        LogLevel.Information,
        "Speech engines ready: {Recognizer}, kokoro with {Phonemizer} phonemes, {Workers} workers"
    )]
    private static partial void LogReady(ILogger logger, string recognizer, string phonemizer, int workers);

    [LoggerMessage(
        LogLevel.Warning,
        "Speech engines ready: {Recognizer}, {Workers} workers. flite speaks for Kokoro: {Reason}"
    )]
    private static partial void LogWithoutKokoro(ILogger logger, string recognizer, int workers, string reason);
}
