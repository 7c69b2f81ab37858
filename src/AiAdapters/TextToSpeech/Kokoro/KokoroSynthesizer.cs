using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Models;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>
/// Kokoro-82M: phonemes and a style in, a 24 kHz waveform out, at about 0.26 CPU s per second of speech. One shared session;
/// <see cref="Synthesize"/> may run on any number of threads at once.
/// </summary>
internal sealed class KokoroSynthesizer : IDisposable
{
    public const int SampleRateHz = 24_000;

    // The model's context is 512 with a pad at both ends.
    private const int MaxPhonemes = 510;
    private const string Punctuation = ";:,.!?—…\"()“”";

    private readonly InferenceSession _session;
    private readonly Dictionary<char, long> _ids;

    public KokoroSynthesizer(ModelStore models, IPhonemizer phonemizer)
    {
        Phonemizer = phonemizer;
        Voices = new KokoroVoices(models);
        _ids = ReadAlphabet(models.PathOf("kokoro/tokenizer.json"));
        _session = OnnxSessions.Load(models.PathOf("kokoro/kokoro-quantized.onnx"));
    }

    public IPhonemizer Phonemizer { get; }
    public KokoroVoices Voices { get; }

    /// <summary>Speaks one clause.</summary>
    /// <param name="text">Normalised for speech; punctuation shapes the melody.</param>
    /// <param name="speed">1 is the voice's own.</param>
    /// <param name="stop">Ends the inference between two operators.</param>
    /// <returns>24 kHz, −1…1; empty when there is nothing to say.</returns>
    public float[] Synthesize(string text, string voice, float speed, CancellationToken stop)
    {
        var ids = Ids(text);
        if (ids.Length <= 2)
            return [];
        using var run = new RunOptions();
        // The flag is looked at between operators; that it is set late is harmless, that it is set after disposal is not.
        using var registration = stop.Register(() => run.Terminate = true);
        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using var style = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            Voices.Style(voice, ids.Length - 2),
            [1, KokoroVoices.StyleLength]
        );
        using var speedValue = OrtValue.CreateTensorValueFromMemory(new[] { speed }, [1]);
        try
        {
            using var outputs = _session.Run(
                run,
                ["input_ids", "style", "speed"],
                [idsValue, style, speedValue],
                ["waveform"]
            );
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        catch (OnnxRuntimeException) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
    }

    public void Dispose() => _session.Dispose();

    /// <summary>Phonemes as the model's ids, with the pad 0 at both ends.</summary>
    private long[] Ids(string text)
    {
        var ids = new List<long>(text.Length * 2) { 0 };
        foreach (var symbol in Phonemes(text))
        {
            if (ids.Count <= MaxPhonemes && _ids.TryGetValue(symbol, out var id))
                ids.Add(id);
        }

        ids.Add(0);
        return [.. ids];
    }

    /// <summary>Words go through the phonemizer, punctuation stays where it is.</summary>
    private string Phonemes(string text)
    {
        var all = new StringBuilder();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAny(Punctuation);
            var words = end < 0 ? rest : rest[..end];
            if (!words.IsWhiteSpace())
            {
                if (all.Length > 0 && all[^1] != ' ')
                    all.Append(' ');
                all.Append(Phonemizer.Phonemes(words.Trim().ToString()));
            }

            if (end >= 0)
                all.Append(rest[end]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return all.ToString();
    }

    private static Dictionary<char, long> ReadAlphabet(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var ids = new Dictionary<char, long>();
        foreach (var symbol in json.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject())
            ids[symbol.Name[0]] = symbol.Value.GetInt64();
        return ids;
    }
}
