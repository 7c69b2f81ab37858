using System.Text;
using System.Text.RegularExpressions;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>Counts word errors as a person would: capitals, punctuation and the spelling of numbers do not count.</summary>
public static partial class WordErrors
{
    private static readonly string[] Units =
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
    ];

    private static readonly string[] Tens =
    [
        "",
        "",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
    ];

    private static readonly Dictionary<string, string> Same = new()
    {
        ["mr"] = "mister",
        ["mrs"] = "missus",
        ["dr"] = "doctor",
        ["oh"] = "zero",
        ["o"] = "zero",
        ["am"] = "a m",
        ["pm"] = "p m",
        ["ok"] = "okay",
    };

    /// <summary>The words of a text, as they would be read out.</summary>
    public static string[] Words(string text)
    {
        var lower = Grouping().Replace(text.ToLowerInvariant(), "$1$2").Replace("p.m", "pm").Replace("a.m", "am");
        lower = ClockTime()
            .Replace(lower, m => $"{m.Groups[1]} {(m.Groups[2].Value == "00" ? "" : m.Groups[2].Value)}");
        var words = new List<string>();
        foreach (Match match in Token().Matches(lower.Replace('\u2019', '\'')))
        {
            var word = match.Value.Trim('\'');
            if (word.Length == 0)
                continue;
            if (char.IsAsciiDigit(word[0]))
                words.AddRange(Number(word).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            else
                words.AddRange(Same.GetValueOrDefault(word, word).Split(' '));
        }

        return [.. words];
    }

    /// <summary>Substitutions, insertions and deletions that turn one into the other.</summary>
    public static int Distance(string[] reference, string[] heard)
    {
        var row = Enumerable.Range(0, heard.Length + 1).ToArray();
        for (var i = 1; i <= reference.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= heard.Length; j++)
            {
                var cost = diagonal + (reference[i - 1] == heard[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[heard.Length];
    }

    /// <summary>Errors per word of the reference over a whole set.</summary>
    public static double Rate(IEnumerable<(string Reference, string Heard)> set)
    {
        var (errors, words) = (0, 0);
        foreach (var (reference, heard) in set)
        {
            var expected = Words(reference);
            errors += Distance(expected, Words(heard));
            words += expected.Length;
        }

        return (double)errors / words;
    }

    private static string Number(string digits)
    {
        var suffix = digits.TrimStart("0123456789".ToCharArray());
        digits = digits[..^suffix.Length];
        var read = new StringBuilder();
        if (digits.Length > 4 || digits[0] == '0' || !int.TryParse(digits, out var value))
        {
            foreach (var digit in digits)
                read.Append(Units[digit - '0']).Append(' ');
        }
        else
        {
            read.Append(Cardinal(value));
        }

        if (suffix is "am" or "pm")
            read.Append(' ').Append(suffix[0]).Append(" m");
        return read.ToString();
    }

    private static string Cardinal(int value) =>
        value switch
        {
            < 20 => Units[value],
            < 100 => Tens[value / 10] + (value % 10 == 0 ? "" : " " + Units[value % 10]),
            < 1000 => Units[value / 100] + " hundred" + (value % 100 == 0 ? "" : " " + Cardinal(value % 100)),
            _ => Cardinal(value / 1000) + " thousand" + (value % 1000 == 0 ? "" : " " + Cardinal(value % 1000)),
        };

    [GeneratedRegex(@"[a-z0-9']+")]
    private static partial Regex Token();

    [GeneratedRegex(@"(\d),(\d{3})")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"(\d{1,2}):(\d{2})")]
    private static partial Regex ClockTime();
}
