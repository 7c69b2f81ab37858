using System.Globalization;
using System.Text;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>Cuts a text into messages of bounded size, where a reader would.</summary>
internal static class TextSplitter
{
    private const string SentenceEnds = ".!?…";

    /// <summary>
    /// The longest first part that fits: up to the end of a sentence when that uses half of the room at least, else of a
    /// word, else between two characters as a person sees them.
    /// </summary>
    /// <param name="text">Not empty.</param>
    /// <param name="mostBytes">Of UTF-8; 4 at least.</param>
    /// <returns>The part, and what follows it without the white space between.</returns>
    public static (string Part, string Remainder) Take(string text, int mostBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= mostBytes)
        {
            return (text, "");
        }
        var (bytes, end, word, sentence) = (0, 0, 0, 0);
        while (end < text.Length)
        {
            var length = StringInfo.GetNextTextElementLength(text, end);
            var element = text.AsSpan(end, length);
            bytes += Encoding.UTF8.GetByteCount(element);
            if (bytes > mostBytes)
            {
                // A character that alone is too big is a heap of combining marks: only that one is cut inside.
                end = end > 0 ? end : RunesThatFit(text, mostBytes);
                break;
            }
            end += length;
            if (end >= text.Length || !char.IsWhiteSpace(text[end]))
            {
                continue;
            }
            word = end;
            if (text[end] == '\n' || SentenceEnds.Contains(text[end - 1]))
            {
                sentence = end;
            }
        }
        var cut =
            sentence * 2 >= end ? sentence
            : word > 0 ? word
            : end;
        return (text[..cut].TrimEnd(), text[cut..].TrimStart());
    }

    private static int RunesThatFit(string text, int mostBytes)
    {
        var (bytes, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > mostBytes)
            {
                break;
            }
            length += rune.Utf16SequenceLength;
        }
        return length;
    }
}
