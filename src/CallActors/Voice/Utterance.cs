using System.Collections.Concurrent;
using OCPlatform.AiAdapters.SpeechToText;

namespace OCPlatform.CallActors.Voice;

/// <summary>The recognition of one utterance: audio in while the caller speaks, the whole text at the end.</summary>
internal sealed class Utterance : IAsyncDisposable
{
    // A recogniser ends utterances by its own judgement too; its pieces are put together again.
    private readonly ConcurrentQueue<string> _pieces = new();
    private readonly SpeechToTextStream _stream;

    /// <param name="onInterim">Gets what was understood so far, on any thread.</param>
    public Utterance(SpeechToTextClient stt, int sampleRateHz, Action<string> onInterim)
    {
        _stream = stt.Open(
            new SpeechToTextStreamOptions
            {
                SampleRateHz = sampleRateHz,
                OnInterim = interim => onInterim(interim.Text),
                OnFinal = result => _pieces.Enqueue(result.Text),
            }
        );
    }

    /// <summary>Adds audio. When recognition is a minute behind the newest is refused: its deadline ends the wait.</summary>
    public void Write(ReadOnlySpan<short> pcm) => _stream.TryWrite(pcm);

    /// <summary>No more audio comes: the text. Throws when recognition failed or missed the deadline with nothing.</summary>
    public async Task<string> CompleteAsync(TimeSpan deadline)
    {
        var rest = await _stream.CompleteAsync(deadline, CancellationToken.None);
        return string.Join(' ', _pieces.Append(rest.Text).Where(text => text.Length > 0));
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
