using System.Diagnostics.Metrics;

namespace OCPlatform.AiAdapters;

/// <summary>What the speech clients measure, whoever serves them: instruments of the meter "OCPlatform.Speech".</summary>
internal static class SpeechMetrics
{
    private static readonly Meter Meter = new("OCPlatform.Speech");

    private static readonly Histogram<double> SttFinal = Meter.CreateHistogram<double>(
        "ocp_stt_final_seconds",
        "s",
        "End of the audio to the text; outcome partial: the deadline passed and the interim text was taken."
    );

    private static readonly Histogram<double> TtsFirstAudio = Meter.CreateHistogram<double>(
        "ocp_tts_first_audio_seconds",
        "s",
        "Text handed over to its first audio; voice local: no endpoint could speak, flite did in this process."
    );

    public static void TextCame(bool isFinal, double latencyMs) =>
        SttFinal.Record(latencyMs / 1000, new KeyValuePair<string, object?>("outcome", isFinal ? "final" : "partial"));

    public static void AudioCame(bool fromEndpoint, TimeSpan latency) =>
        TtsFirstAudio.Record(
            latency.TotalSeconds,
            new KeyValuePair<string, object?>("voice", fromEndpoint ? "endpoint" : "local")
        );
}
