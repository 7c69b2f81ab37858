using System.Collections.Frozen;
using System.Text;

namespace OCPlatform.Dialog.Understanding;

/// <summary>Finds digits as people say them: "five five five, twelve thirty four", "double oh seven", "555-1234".</summary>
public static class PhoneNumber
{
    /// <summary>Fewest digits of a whole number (a local North American number).</summary>
    public const int MinDigits = 7;

    /// <summary>ITU-T E.164 §6: at most 15.</summary>
    public const int MaxDigits = 15;

    private static readonly FrozenDictionary<string, string> Units = Pairs(
        "zero 0 oh 0 o 0 nought 0 one 1 won 1 two 2 to 2 too 2 three 3 free 3 four 4 for 4 five 5 six 6 seven 7 eight 8 ate 8 nine 9 niner 9"
    );

    private static readonly FrozenDictionary<string, string> Teens = Pairs(
        "ten 10 eleven 11 twelve 12 thirteen 13 fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19"
    );

    private static readonly FrozenDictionary<string, string> Tens = Pairs(
        "twenty 2 thirty 3 forty 4 fourty 4 fifty 5 sixty 6 seventy 7 eighty 8 ninety 9"
    );

    // Words that mean a digit only between other digits.
    private static readonly FrozenSet<string> Doubtful = ["to", "too", "for", "free", "won", "ate", "o", "oh"];

    /// <summary>All digits of the text, joined; empty when there are none.</summary>
    public static string Digits(string plain)
    {
        var words = SpokenText.Words(plain);
        var digits = new StringBuilder();
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            var next = i + 1 < words.Length ? words[i + 1] : "";
            if (word is "double" or "triple" && Units.TryGetValue(next, out var repeated))
            {
                digits.Insert(digits.Length, repeated, word == "double" ? 2 : 3);
                i++;
            }
            else if (word == "hundred" && digits.Length > 0)
            {
                digits.Append("00");
            }
            else if (word.All(char.IsAsciiDigit))
            {
                digits.Append(word);
            }
            else if (Tens.TryGetValue(word, out var ten))
            {
                var unit = Units.TryGetValue(next, out var one) && one != "0" && !Doubtful.Contains(next) ? one : null;
                digits.Append(ten).Append(unit ?? "0");
                i += unit is null ? 0 : 1;
            }
            else if (Teens.TryGetValue(word, out var teen))
            {
                digits.Append(teen);
            }
            else if (Units.TryGetValue(word, out var digit) && (!Doubtful.Contains(word) || InsideDigits(words, i)))
            {
                digits.Append(digit);
            }
        }
        return digits.ToString();
    }

    /// <summary>Digits in groups of three, the last of four: as people read them to each other.</summary>
    public static IEnumerable<string> Groups(string digits)
    {
        var i = 0;
        while (digits.Length - i > 4)
        {
            yield return digits.Substring(i, 3);
            i += 3;
        }
        yield return digits[i..];
    }

    private static bool InsideDigits(string[] words, int i) =>
        (i > 0 && IsDigit(words[i - 1])) || (i + 1 < words.Length && IsDigit(words[i + 1]) && words[i] is "o" or "oh");

    private static bool IsDigit(string word) =>
        word.All(char.IsAsciiDigit) || Units.ContainsKey(word) || Teens.ContainsKey(word) || Tens.ContainsKey(word);

    private static FrozenDictionary<string, string> Pairs(string text) =>
        text.Split(' ').Chunk(2).ToFrozenDictionary(pair => pair[0], pair => pair[1]);
}
