using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.SpeechToText;

namespace OCPlatform.LoadTest;

/// <summary>A stretch of the agent's speech as a caller heard it: 8 kHz PCM.</summary>
/// <param name="Call">The call's index in the run.</param>
/// <param name="Turn">The turn it answers; −1: the greeting.</param>
public sealed record HeardAudio(int Call, int Turn, short[] Pcm)
{
    public const int Greeting = -1;

    /// <summary>The greeting and every reply of a recorded call.</summary>
    public static IEnumerable<HeardAudio> Of(CallerResult result)
    {
        var index = result.Measurement.Index;
        if (result.HeardGreeting() is { Length: > 0 } greeting)
        {
            yield return new(index, Greeting, greeting);
        }
        for (var turn = 0; turn < result.Measurement.Turns.Count; turn++)
        {
            if (result.HeardReply(turn) is { Length: > 0 } reply)
            {
                yield return new(index, turn, reply);
            }
        }
    }
}

/// <summary>Turns what was heard into text, one after the other, so that it disturbs the platform little.</summary>
public sealed class ReplyTranscriber(SpeechToTextClient client)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // Recognisers want to hear that the speech is over.
    private const int TrailingSilenceSamples = SpeechDetector.SampleRateHz;
    private const int ChunkSamples = 1600;

    /// <exception cref="SpeechException">No endpoint could recognise it in time.</exception>
    public async Task<string> TranscribeAsync(short[] pcm8k, CancellationToken stop = default)
    {
        await using var stream = client.Open(
            new SpeechToTextStreamOptions
            {
                SampleRateHz = SpeechDetector.SampleRateHz,
                Punctuation = false,
                // All of it is handed over at once.
                MaxPendingSeconds = pcm8k.Length / SpeechDetector.SampleRateHz + 5,
            },
            stop
        );
        for (var at = 0; at < pcm8k.Length; at += ChunkSamples)
        {
            stream.TryWrite(pcm8k.AsSpan(at, Math.Min(ChunkSamples, pcm8k.Length - at)));
        }
        stream.TryWrite(new short[TrailingSilenceSamples]);
        return (await stream.CompleteAsync(Deadline, stop)).Text;
    }
}
