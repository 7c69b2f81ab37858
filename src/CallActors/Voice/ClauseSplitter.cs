using System.Text;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// Cuts the agent's text into clauses as it streams in, so that the first is spoken while the rest is still being
/// written, and so that fixed clauses are found in the phrase cache. The clauses joined give the text back.
/// </summary>
public sealed class ClauseSplitter
{
    // A clause shorter than this after a comma sounds chopped; sentences end wherever they end.
    private const int MinCommaClause = 12;

    private readonly StringBuilder _pending = new();

    /// <summary>Adds a piece of text; returns the clauses that are now complete.</summary>
    public IReadOnlyList<string> Add(string text)
    {
        _pending.Append(text);
        List<string> clauses = [];
        var start = 0;
        for (var i = 0; i < _pending.Length - 1; i++)
        {
            if (char.IsWhiteSpace(_pending[i + 1]) && EndsClause(i, start))
            {
                var end = i + 2;
                clauses.Add(_pending.ToString(start, end - start));
                start = end;
            }
        }
        _pending.Remove(0, start);
        return clauses;
    }

    /// <summary>The rest, when the text is complete; null when nothing is left.</summary>
    public string? Flush()
    {
        var rest = _pending.ToString();
        _pending.Clear();
        return string.IsNullOrWhiteSpace(rest) ? null : rest;
    }

    private bool EndsClause(int i, int start) =>
        _pending[i] switch
        {
            '?' or '!' or ';' or ':' => true,
            '.' => !EndsAbbreviation(i, start),
            ',' => i - start >= MinCommaClause,
            _ => false,
        };

    // "p.m. ", "Dr. ", "J. ": a full stop after one letter, or after a title, ends no sentence.
    private bool EndsAbbreviation(int i, int start)
    {
        var wordStart = i;
        while (wordStart > start && !char.IsWhiteSpace(_pending[wordStart - 1]))
        {
            wordStart--;
        }
        var word = _pending.ToString(wordStart, i - wordStart);
        return word.Length == 1 && char.IsLetter(word[0])
            || word.Contains('.')
            || word is "Dr" or "Mr" or "Mrs" or "Ms" or "St" or "No";
    }
}
