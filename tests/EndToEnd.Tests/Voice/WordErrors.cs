using System.Text.RegularExpressions;

namespace OCPlatform.EndToEnd.Tests.Voice;

/// <summary>Word error rate: substitutions, insertions and deletions over the words that were really said.</summary>
internal static partial class WordErrors
{
    /// <summary>Edit distance in words between what was said and what was understood.</summary>
    public static (int Errors, int Words) Count(string said, string understood)
    {
        var (reference, hypothesis) = (Words(said), Words(understood));
        var row = Enumerable.Range(0, hypothesis.Count + 1).ToArray();
        for (var i = 1; i <= reference.Count; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= hypothesis.Count; j++)
            {
                var substitution = diagonal + (reference[i - 1] == hypothesis[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j - 1], row[j]) + 1);
            }
        }
        return (row[^1], reference.Count);
    }

    /// <summary>The share of the words said that were understood, 0–1.</summary>
    public static double Understood(string said, string understood)
    {
        var (errors, words) = Count(said, understood);
        return words == 0 ? 0 : 1 - (double)errors / words;
    }

    // One writes "nine", the other "9": the same word said.
    private static readonly string[] Numbers =
    [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];

    private static List<string> Words(string text) =>
        [
            .. DigitThenLetter()
                .Replace(
                    new string([
                        .. FullHour()
                            .Replace(text.ToLowerInvariant(), "")
                            .Select(c => char.IsLetterOrDigit(c) || c == '\'' ? c : ' '),
                    ]),
                    " "
                )
                .Replace("p m", "pm")
                .Replace("a m", "am")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => Array.IndexOf(Numbers, word) is var number and >= 0 ? $"{number}" : word),
        ];

    // "9:00 am" is "nine am".
    [GeneratedRegex(@"(?<=\d):00\b")]
    private static partial Regex FullHour();

    // "9am" is "nine am".
    [GeneratedRegex(@"(?<=\d)(?=\p{L})")]
    private static partial Regex DigitThenLetter();
}
