using System.Collections.Frozen;

namespace OCPlatform.CallActors.TurnTaking;

/// <summary>Judges from its words how an utterance stands: unfinished, a mere listener's noise, or said in full.</summary>
public static class UtteranceEnding
{
    // Words after which English speakers go on: articles, prepositions, conjunctions, auxiliaries, fillers.
    private static readonly FrozenSet<string> Open = FrozenSet.ToFrozenSet(
        [
            "a",
            "an",
            "the",
            "and",
            "or",
            "but",
            "so",
            "because",
            "if",
            "that",
            "to",
            "for",
            "with",
            "at",
            "on",
            "in",
            "of",
            "from",
            "by",
            "about",
            "my",
            "your",
            "is",
            "are",
            "was",
            "it's",
            "i'm",
            "i'd",
            "i",
            "we",
            "would",
            "could",
            "can",
            "will",
            "um",
            "uh",
            "er",
            "erm",
            "like",
            "maybe",
            "please,",
            "then",
            "name's",
            "under",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    private static readonly FrozenSet<string> Listening = FrozenSet.ToFrozenSet(
        ["mhm", "mm", "mmm", "hm", "hmm", "mm-hmm", "uh-huh", "uh", "um", "ah", "oh", "huh", "er"],
        StringComparer.OrdinalIgnoreCase
    );

    private static readonly char[] Marks = ['.', ',', '?', '!', ';', ':', ' ', '…', '-'];

    /// <summary>More is likely to come: "my name is", "on tuesday at", "um".</summary>
    public static bool SoundsUnfinished(string text)
    {
        var words = Words(text);
        return words.Length > 0
            && (Open.Contains(words[^1]) || text.TrimEnd().EndsWith("...", StringComparison.Ordinal));
    }

    /// <summary>Nothing was said that asks for an answer: no words, or only a listener's "mhm".</summary>
    public static bool IsBackchannel(string text) => Words(text).All(Listening.Contains);

    private static string[] Words(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Trim(Marks)).Where(w => w.Length > 0)];
}
