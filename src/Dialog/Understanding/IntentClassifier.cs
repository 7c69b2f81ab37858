using System.Numerics.Tensors;
using OCPlatform.AiAdapters.Embedding;
using OCPlatform.Dialog.Agents;

namespace OCPlatform.Dialog.Understanding;

/// <summary>What an utterance is about.</summary>
/// <param name="Intent">Null: not understood.</param>
/// <param name="Score">Cosine similarity with the nearest example.</param>
public sealed record IntentMatch(Intent? Intent, double Score)
{
    public static readonly IntentMatch None = new(null, 0);
}

/// <summary>
/// Nearest example wins, if it is near enough, nearer than everything that is out of scope, and clearly nearer than the
/// examples of the next intent. The examples' vectors are computed once. Thread-safe.
/// </summary>
public sealed class IntentClassifier
{
    private readonly ISentenceEmbedder _embedder;
    private readonly UnderstandingLimits _limits;
    private readonly (Intent? Intent, float[] Vector)[] _examples;

    public IntentClassifier(AgentDefinition agent, ISentenceEmbedder embedder)
    {
        _embedder = embedder;
        _limits = agent.Understanding;
        var texts = agent
            .Intents.SelectMany(intent => intent.Examples.Select(text => ((Intent?)intent, text)))
            .Concat(agent.OutOfScope.Select(text => ((Intent?)null, text)))
            .ToList();
        var vectors = embedder.Embed([.. texts.Select(pair => SpokenText.Plain(pair.text))]);
        _examples = [.. texts.Select((pair, i) => (pair.Item1, vectors[i]))];
    }

    /// <param name="forms">The utterance in one or more forms (whole; without its day and time); the best one counts.</param>
    public IntentMatch Classify(params ReadOnlySpan<string> forms)
    {
        var texts = forms.ToArray().Where(form => form.Length > 0).Distinct().ToList();
        if (texts.Count == 0)
        {
            return IntentMatch.None;
        }
        Intent? best = null;
        var bestScore = double.MinValue;
        var scores = new Dictionary<string, double>();
        foreach (var vector in _embedder.Embed(texts))
        {
            foreach (var (intent, example) in _examples)
            {
                var score = TensorPrimitives.Dot<float>(vector, example);
                var label = intent?.Name ?? "";
                scores[label] = Math.Max(score, scores.GetValueOrDefault(label, double.MinValue));
                if (score > bestScore)
                {
                    (best, bestScore) = (intent, score);
                }
            }
        }
        var second = scores.Where(pair => pair.Key != (best?.Name ?? "")).Max(pair => (double?)pair.Value) ?? 0;
        var clear = bestScore >= _limits.Sure || bestScore - second >= _limits.Margin;
        return bestScore >= _limits.Threshold && clear
            ? new IntentMatch(best, bestScore)
            : new IntentMatch(null, bestScore);
    }
}
