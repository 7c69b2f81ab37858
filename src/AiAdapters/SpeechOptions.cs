using System.ComponentModel.DataAnnotations;

namespace OCPlatform.AiAdapters;

/// <summary>Which of the two Moonshine sizes recognises speech.</summary>
public enum MoonshineSize
{
    /// <summary>9.4 % WER on the phone, 0.04 CPU s per audio s, ~370 MB.</summary>
    Base,

    /// <summary>9.8 % WER on human speech but 24 % on digits, half the cost, ~250 MB.</summary>
    Tiny,
}

/// <summary>Section <c>speech</c> of the configuration.</summary>
public sealed class SpeechOptions
{
    /// <summary>Directory that holds the fetched models.</summary>
    [Required]
    public string ModelsDirectory { get; set; } = "models";

    /// <summary>Speech to text.</summary>
    public SpeechToTextOptions Stt { get; set; } = new();

    /// <summary>Text to speech.</summary>
    public TextToSpeechSettings Tts { get; set; } = new();

    /// <summary>The embedded engines' threads and queue.</summary>
    public EnginePoolOptions Engines { get; set; } = new();

    /// <summary>When an endpoint counts as broken.</summary>
    public SpeechBreakerOptions Breaker { get; set; } = new();
}

/// <summary>Section <c>speech.stt</c>.</summary>
public sealed class SpeechToTextOptions
{
    /// <summary>Riva-compatible gRPC endpoint; the default is the Host's own (http:// is HTTP/2 cleartext).</summary>
    [Required, Url]
    public string Address { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Further endpoints, in order, for when the preferred one fails. It is returned to once it heals.</summary>
    public List<string> FallbackAddresses { get; set; } = [];

    /// <summary>Model of the embedded engine.</summary>
    public MoonshineSize Model { get; set; } = MoonshineSize.Base;

    /// <summary>Language asked for, BCP 47.</summary>
    [Required]
    public string Language { get; set; } = "en-US";

    /// <summary>Silence after which the embedded engine decodes ahead of the end of the utterance, ms.</summary>
    [Range(60, 1000)]
    public int SpeculateAfterSilenceMs { get; set; } = 130;

    /// <summary>Silence that ends an utterance on a stream that stays open, ms.</summary>
    [Range(200, 5000)]
    public int EndOfUtteranceSilenceMs { get; set; } = 800;

    /// <summary>Least time between two interim decodes of one utterance, ms.</summary>
    [Range(100, 10_000)]
    public int InterimIntervalMs { get; set; } = 600;

    /// <summary>Longest utterance, s; beyond it the embedded engine ends the utterance and begins another.</summary>
    [Range(5, 60)]
    public int MaxUtteranceSeconds { get; set; } = 20;

    /// <summary>How long a final decode may wait and run before the request fails, ms.</summary>
    [Range(100, 60_000)]
    public int FinalDecodeDeadlineMs { get; set; } = 4000;

    /// <summary>How long a client waits for an endpoint's final result before it replays the audio to the next one, ms.</summary>
    [Range(100, 60_000)]
    public int ClientFinalDeadlineMs { get; set; } = 2000;
}

/// <summary>Section <c>speech.tts</c>.</summary>
public sealed class TextToSpeechSettings
{
    /// <summary>Riva-compatible gRPC endpoint; the default is the Host's own (http:// is HTTP/2 cleartext).</summary>
    [Required, Url]
    public string Address { get; set; } = "http://127.0.0.1:8081";

    /// <summary>Further endpoints, in order, for when the preferred one fails. It is returned to once it heals.</summary>
    public List<string> FallbackAddresses { get; set; } = [];

    /// <summary>Voice: a Kokoro voice such as <c>af_heart</c>, or <c>flite/rms</c>, <c>flite/slt</c>.</summary>
    [Required]
    public string Voice { get; set; } = "af_heart";

    /// <summary>flite voice (rms or slt) that speaks when Kokoro cannot, or not soon enough.</summary>
    [RegularExpression("^(rms|slt)$")]
    public string FallbackVoice { get; set; } = "slt";

    /// <summary>Speed of speech; 1 is the voice's own.</summary>
    [Range(0.5, 2.0)]
    public double Speed { get; set; } = 1.0;

    /// <summary>Where synthesised phrases are kept across restarts.</summary>
    [Required]
    public string CacheDirectory { get; set; } = "data/tts-cache";

    /// <summary>Phrases kept in memory, MB; least recently used go first.</summary>
    [Range(1, 4096)]
    public int CacheMemoryMb { get; set; } = 64;

    /// <summary>Phrases kept on disk, MB; the oldest used go first.</summary>
    [Range(0, 65_536)]
    public int CacheDiskMb { get; set; } = 512;

    /// <summary>
    /// flite speaks when Kokoro is not expected to give the first clause's audio within this time, or did not, ms.
    /// </summary>
    [Range(50, 30_000)]
    public int FirstAudioDeadlineMs { get; set; } = 1000;

    /// <summary>How long a client waits for an endpoint's first audio before it asks the next one, ms.</summary>
    [Range(100, 30_000)]
    public int ClientFirstAudioDeadlineMs { get; set; } = 2000;

    /// <summary>Audio that is not served by any endpoint is spoken by flite in the client's own process.</summary>
    public bool LocalFallback { get; set; } = true;
}

/// <summary>Section <c>speech.engines</c>.</summary>
public sealed class EnginePoolOptions
{
    /// <summary>Worker threads of the embedded engines, one core's worth of work each; 0 means one per core.</summary>
    [Range(0, 256)]
    public int Workers { get; set; }

    /// <summary>Jobs that may wait; beyond it partial decodes are dropped and Kokoro gives way to flite.</summary>
    [Range(1, 10_000)]
    public int QueueLimit { get; set; } = 64;

    /// <summary>Linux nice value of the workers, so that the media clock is never kept waiting.</summary>
    [Range(0, 19)]
    public int Niceness { get; set; } = 10;
}

/// <summary>Section <c>speech.breaker</c>.</summary>
public sealed class SpeechBreakerOptions
{
    /// <summary>Failures in a row after which an endpoint is left alone.</summary>
    [Range(1, 100)]
    public int FailuresToOpen { get; set; } = 3;

    /// <summary>How long it is left alone at first, ms; doubles with each failed trial.</summary>
    [Range(50, 600_000)]
    public int OpenMs { get; set; } = 1000;

    /// <summary>Longest time it is left alone, ms.</summary>
    [Range(50, 3_600_000)]
    public int MaxOpenMs { get; set; } = 30_000;
}
