using System.Text;
using Grpc.Core;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Asr;

namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>
/// Writes a stream's results, one at a time; an interim result that comes after the final one of its utterance is dropped.
/// </summary>
internal sealed class ResultWriter(
    IServerStreamWriter<StreamingRecognizeResponse> responses,
    RequestId? id,
    RecognitionConfig? config
) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly List<float> _voiceActivity = [];
    private readonly bool _punctuation = config?.EnableAutomaticPunctuation ?? false;
    private readonly bool _withVoiceActivity = config?.GetVadProbabilities ?? false;
    private int _utterance;
    private string[] _lastWords = [];

    /// <summary>Whether a final result was written.</summary>
    public bool HasFinal => _utterance > 0;

    /// <summary>Keeps a frame's voice activity for the next result, if the client wants it.</summary>
    public void AddVoiceActivity(float probability)
    {
        if (!_withVoiceActivity)
            return;
        lock (_voiceActivity)
            _voiceActivity.Add(probability);
    }

    /// <summary>
    /// Waits for a decode and writes it as an interim result. A decode that was dropped or cancelled writes nothing: interim
    /// results are the first thing to go when the machine is short.
    /// </summary>
    /// <param name="settled">The speaker has paused, so that the text will most likely stay.</param>
    public async Task WriteInterimAsync(Task<Transcript> decode, float seconds, bool settled)
    {
        var utterance = _utterance;
        Transcript transcript;
        try
        {
            transcript = await decode.ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or EngineBusyException)
        {
            return;
        }

        if (transcript.Text.Length == 0)
            return;
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (utterance != _utterance)
                return;
            var result = Result(transcript, seconds);
            result.Stability = settled ? 1 : Stability(transcript.Text);
            await WriteAsync(result).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException)
        {
            // The client has gone or the call has ended; its end is reported where the requests are read.
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task WriteFinalAsync(Transcript transcript, float seconds)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            _utterance++;
            _lastWords = [];
            var result = Result(transcript, seconds);
            result.IsFinal = true;
            result.Alternatives[0].Confidence = transcript.Confidence;
            await WriteAsync(result).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Text as Riva writes it without automatic punctuation: lower case, words only.</summary>
    public static string PlainWords(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var between = i > 0 && i + 1 < text.Length && char.IsLetterOrDigit(text[i - 1]);
            var joins = c is '\'' or '\u2019' && between && char.IsLetter(text[i + 1]);
            var inNumber = c is '.' or ':' && between && char.IsDigit(text[i - 1]) && char.IsDigit(text[i + 1]);
            if (char.IsLetterOrDigit(c) || joins || inNumber)
                plain.Append(char.ToLowerInvariant(c));
            else if (plain.Length > 0 && plain[^1] != ' ' && !(c == ',' && between && char.IsDigit(text[i + 1])))
                plain.Append(' ');
        }

        return plain.ToString().TrimEnd();
    }

    public void Dispose() => _one.Dispose();

    private StreamingRecognitionResult Result(Transcript transcript, float seconds)
    {
        var result = new StreamingRecognitionResult { ChannelTag = 1, AudioProcessed = seconds };
        var text = _punctuation ? transcript.Text : PlainWords(transcript.Text);
        result.Alternatives.Add(new SpeechRecognitionAlternative { Transcript = text });
        return result;
    }

    private Task WriteAsync(StreamingRecognitionResult result)
    {
        lock (_voiceActivity)
        {
            result.VadProbs.AddRange(_voiceActivity);
            _voiceActivity.Clear();
        }

        var response = new StreamingRecognizeResponse { Id = id };
        response.Results.Add(result);
        return responses.WriteAsync(response);
    }

    /// <summary>Share of the words that the interim result before had too.</summary>
    private float Stability(string text)
    {
        var words = PlainWords(text).Split(' ');
        var same = words.AsSpan().CommonPrefixLength(_lastWords);
        _lastWords = words;
        return 0.1f + 0.8f * same / words.Length;
    }
}
