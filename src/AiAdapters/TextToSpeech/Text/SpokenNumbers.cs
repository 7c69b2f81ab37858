using System.Globalization;
using System.Text;

namespace OCPlatform.AiAdapters.TextToSpeech.Text;

/// <summary>Numbers as English words.</summary>
public static class SpokenNumbers
{
    private static readonly string[] Small =
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

    private static readonly (long Value, string Name)[] Scales =
    [
        (1_000_000_000_000, "trillion"),
        (1_000_000_000, "billion"),
        (1_000_000, "million"),
        (1000, "thousand"),
        (100, "hundred"),
    ];

    /// <summary>"twelve thousand three hundred four".</summary>
    public static string Cardinal(long value)
    {
        if (value < 0)
            return "minus " + Cardinal(-value);
        foreach (var (scale, name) in Scales)
        {
            if (value < scale)
                continue;
            var rest = value % scale;
            return Cardinal(value / scale) + " " + name + (rest == 0 ? "" : " " + Cardinal(rest));
        }

        if (value < 20)
            return Small[value];
        return Tens[value / 10] + (value % 10 == 0 ? "" : " " + Small[value % 10]);
    }

    /// <summary>"twenty fourth".</summary>
    public static string Ordinal(long value)
    {
        var cardinal = Cardinal(value);
        var cut = cardinal.LastIndexOf(' ') + 1;
        var last = cardinal[cut..] switch
        {
            "one" => "first",
            "two" => "second",
            "three" => "third",
            "five" => "fifth",
            "eight" => "eighth",
            "nine" => "ninth",
            "twelve" => "twelfth",
            var tens when tens.EndsWith('y') => tens[..^1] + "ieth",
            var other => other + "th",
        };
        return cardinal[..cut] + last;
    }

    /// <summary>"twenty twenty six", "two thousand five", "nineteen oh nine".</summary>
    public static string Year(int year)
    {
        var (high, low) = (year / 100, year % 100);
        if (year is < 1100 or > 2099 || year is >= 2000 and < 2010)
            return Cardinal(year);
        if (low == 0)
            return Cardinal(high) + " hundred";
        return Cardinal(high) + (low < 10 ? " oh " : " ") + Cardinal(low);
    }

    /// <summary>"five five five": digit by digit; what is not a digit is left out.</summary>
    public static string Digits(ReadOnlySpan<char> digits)
    {
        var words = new StringBuilder();
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit(digit))
                continue;
            if (words.Length > 0)
                words.Append(' ');
            words.Append(Small[digit - '0']);
        }

        return words.ToString();
    }

    /// <summary>"three point one four" out of "3.14"; grouping commas are allowed.</summary>
    public static string Decimal(string number)
    {
        var plain = number.Replace(",", "");
        var point = plain.IndexOf('.');
        var whole = point < 0 ? plain : plain[..point];
        // Leading zeros and numbers beyond any count are codes: they are read digit by digit.
        var isCode = whole.Length > 1 && whole[0] == '0' || whole.Length > 15;
        var words = isCode
            ? Digits(whole)
            : Cardinal(long.Parse(whole, NumberStyles.None, CultureInfo.InvariantCulture));
        return point < 0 ? words : words + " point " + Digits(plain.AsSpan(point + 1));
    }
}
