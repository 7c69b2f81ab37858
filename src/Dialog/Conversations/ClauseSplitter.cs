using System.Text;

namespace OCPlatform.Dialog.Conversations;

/// <summary>
/// Cuts a stream of text into pieces that can be spoken: the first clause as soon as it is there, so that speech starts
/// early and from the cache ("Sure."), then whole sentences, whose melody would suffer from a cut. Pieces keep their
/// white space and join to the text without loss.
/// </summary>
public sealed class ClauseSplitter
{
    // A sentence this long is cut at a comma: a caller should not wait for all of it. Characters.
    private const int LongSentence = 160;

    private static readonly string[] Abbreviations = ["Mr.", "Mrs.", "Ms.", "Dr.", "St.", "No."];

    private readonly StringBuilder _held = new();
    private bool _isFirst = true;

    /// <summary>Takes the next text; returns the pieces that are complete now.</summary>
    public IReadOnlyList<string> Push(string text)
    {
        _held.Append(text);
        var pieces = new List<string>();
        var start = 0;
        var held = _held.ToString();
        for (var i = 0; i + 1 < held.Length; i++)
        {
            // Only the white space behind the mark tells that "3.5" or "10:30" is not going on.
            if (!char.IsWhiteSpace(held[i + 1]) || !Ends(held, start, i))
            {
                continue;
            }
            var end = i + 1;
            while (end < held.Length && char.IsWhiteSpace(held[end]))
            {
                end++;
            }
            pieces.Add(held[start..end]);
            _isFirst = false;
            start = end;
            i = end - 1;
        }
        _held.Remove(0, start);
        return pieces;
    }

    /// <summary>What is left at the end of the text.</summary>
    public IReadOnlyList<string> Flush()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest.Length > 0 ? [rest] : [];
    }

    private bool Ends(string held, int start, int i) =>
        held[i] switch
        {
            '.' => !IsAbbreviation(held, i),
            '?' or '!' => true,
            ',' or ';' or ':' => _isFirst || i - start > LongSentence,
            _ => false,
        };

    private static bool IsAbbreviation(string held, int dot)
    {
        var word = dot;
        while (word > 0 && !char.IsWhiteSpace(held[word - 1]))
        {
            word--;
        }
        return Abbreviations.Contains(held[word..(dot + 1)]);
    }
}
