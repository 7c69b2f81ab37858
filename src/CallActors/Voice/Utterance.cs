using OCPlatform.AiAdapters.SpeechToText;

namespace OCPlatform.CallActors.Voice;

/// <summary>The recognition of one utterance: audio in while the caller speaks, the whole text at the end.</summary>
internal sealed class Utterance : IAsyncDisposable
{
    private readonly SpeechToTextStream _stream;

    /// <param name="onInterim">Gets what was understood so far, on any thread.</param>
    public Utterance(SpeechToTextClient stt, int sampleRateHz, Action<string> onInterim)
    {
        _stream = stt.Open(
            new SpeechToTextStreamOptions
            {
                SampleRateHz = sampleRateHz,
                OnInterim = interim => onInterim(interim.Text),
            }
        );
    }

    /// <summary>Adds audio. When recognition is a minute behind the newest is refused: its deadline ends the wait.</summary>
    public void Write(ReadOnlySpan<short> pcm) => _stream.TryWrite(pcm);

    /// <summary>No more audio comes: the text. Throws when recognition failed or missed the deadline with nothing.</summary>
    public async Task<string> CompleteAsync(TimeSpan deadline)
    {
        // A recogniser ends utterances by its own judgement too; the stream's text has all of them.
        return (await _stream.CompleteAsync(deadline, CancellationToken.None)).Text;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
