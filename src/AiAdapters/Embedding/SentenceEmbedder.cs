using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Tokenizers;

namespace OCPlatform.AiAdapters.Embedding;

/// <summary>Turns sentences into unit vectors whose dot product tells how near they are in meaning.</summary>
public interface ISentenceEmbedder
{
    /// <summary>One unit vector per text, all of one length.</summary>
    IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts);
}

/// <summary>
/// all-MiniLM-L6-v2 on ONNX: mean pool of <c>last_hidden_state</c> [batch, tokens, 384] over the tokens that are not
/// padding, then normalised. Thread-safe; one instance serves all conversations.
/// </summary>
public sealed class SentenceEmbedder : ISentenceEmbedder, IDisposable
{
    /// <summary>Length of a vector.</summary>
    public const int Dimensions = 384;

    // The model was trained on 128 tokens and a spoken turn is far shorter; the rest of a long chat message is cut off.
    private const int MaxTokens = 128;

    private readonly InferenceSession _session;
    private readonly BertTokenizer _tokenizer;

    /// <param name="modelPath">model.onnx.</param>
    /// <param name="vocabularyPath">vocab.txt, one word piece a line.</param>
    /// <param name="threads">Threads of one run. 1 keeps calls from fighting for cores.</param>
    public SentenceEmbedder(string modelPath, string vocabularyPath, int threads = 1)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(modelPath, options);
        _tokenizer = BertTokenizer.Create(vocabularyPath, new BertOptions { LowerCaseBeforeTokenization = true });
    }

    public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return [];
        }
        var tokens = texts.Select(text => _tokenizer.EncodeToIds(text, MaxTokens, out _, out _)).ToList();
        var width = tokens.Max(ids => ids.Count);
        var ids = new long[texts.Count * width];
        var mask = new long[texts.Count * width];
        for (var row = 0; row < tokens.Count; row++)
        {
            for (var i = 0; i < tokens[row].Count; i++)
            {
                ids[row * width + i] = tokens[row][i];
                mask[row * width + i] = 1;
            }
        }

        long[] shape = [texts.Count, width];
        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using var typesValue = OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape);
        using var run = new RunOptions();
        using var outputs = _session.Run(
            run,
            ["input_ids", "attention_mask", "token_type_ids"],
            [idsValue, maskValue, typesValue],
            ["last_hidden_state"]
        );
        var hidden = outputs[0].GetTensorDataAsSpan<float>();
        var vectors = new float[texts.Count][];
        for (var row = 0; row < texts.Count; row++)
        {
            vectors[row] = Pool(hidden.Slice(row * width * Dimensions), tokens[row].Count);
        }
        return vectors;
    }

    public void Dispose() => _session.Dispose();

    private static float[] Pool(ReadOnlySpan<float> hidden, int count)
    {
        var vector = new float[Dimensions];
        for (var i = 0; i < count; i++)
        {
            TensorPrimitives.Add(vector, hidden.Slice(i * Dimensions, Dimensions), vector);
        }
        // The division by count is left out: normalising undoes it.
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }
}
