using System.Globalization;
using System.Text.RegularExpressions;

namespace OCPlatform.AiAdapters.TextToSpeech.Text;

/// <summary>
/// Writes out what people read differently than it is written: times, dates, telephone numbers, money, numbers, common
/// abbreviations. American English. What comes out has no digits.
/// </summary>
internal static partial class SpeechNormalizer
{
    private const string Months =
        "january|february|march|april|may|june|july|august|september|october|november|december|"
        + "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec";

    private static readonly string[] MonthNames =
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];

    private static readonly (Regex Pattern, string Words)[] Abbreviations =
    [
        (new Regex(@"\bMr\.?(?=\s)"), "Mister"),
        (new Regex(@"\bMrs\.?(?=\s)"), "Missus"),
        (new Regex(@"\bMs\.?(?=\s)"), "Miz"),
        (new Regex(@"\bDr\.?(?=\s+[A-Z])"), "Doctor"),
        (new Regex(@"\bSt\.(?=\s+[A-Z])"), "Saint"),
        (new Regex(@"\bSt\."), "Street"),
        (new Regex(@"\bAve\b\.?"), "Avenue"),
        (new Regex(@"\bRd\b\.?"), "Road"),
        (new Regex(@"\bapprox\.", RegexOptions.IgnoreCase), "approximately"),
        (new Regex(@"\be\.g\.,?", RegexOptions.IgnoreCase), "for example,"),
        (new Regex(@"\bi\.e\.,?", RegexOptions.IgnoreCase), "that is,"),
        (new Regex(@"\betc\.", RegexOptions.IgnoreCase), "et cetera"),
        (new Regex(@"\bNo\.(?=\s*\d)"), "number"),
        (new Regex(@"\bext\.?(?=\s*\d)", RegexOptions.IgnoreCase), "extension"),
    ];

    /// <summary>The text as it should be read out.</summary>
    public static string Normalize(string text)
    {
        var spoken = Markup().Replace(Tag().Replace(text, " "), " ").Replace('\u2019', '\'').Replace('\u00A0', ' ');
        foreach (var (pattern, words) in Abbreviations)
            spoken = pattern.Replace(spoken, words);
        spoken = Email().Replace(spoken, m => m.Value.Replace("@", " at ").Replace(".", " dot "));
        spoken = IsoDate().Replace(spoken, m => Date(m, year: 1, month: 2, day: 3));
        spoken = SlashDate().Replace(spoken, m => Date(m, year: 3, month: 1, day: 2));
        spoken = MonthDay().Replace(spoken, SpokenMonthDay);
        spoken = Clock().Replace(spoken, SpokenClock);
        spoken = HourOnly().Replace(spoken, m => $"{SpokenNumbers.Cardinal(Int(m, 1))} {HalfOfDay(m.Groups[2])}");
        spoken = DottedHalfOfDay().Replace(spoken, "");
        spoken = Phone().Replace(spoken, SpokenPhone);
        spoken = Money().Replace(spoken, SpokenMoney);
        spoken = Percent().Replace(spoken, m => SpokenNumbers.Decimal(m.Groups[1].Value) + " percent");
        spoken = OrdinalNumber().Replace(spoken, m => SpokenNumbers.Ordinal(Int(m, 1)));
        spoken = Range().Replace(spoken, "$1 to $2");
        spoken = Number().Replace(spoken, SpokenNumber);
        spoken = spoken.Replace("&", " and ").Replace("@", " at ").Replace("#", " number ").Replace("+", " plus ");
        return BeforePunctuation().Replace(Spaces().Replace(spoken, " "), "").Trim();
    }

    private static string Date(Match match, int year, int month, int day)
    {
        var (y, m, d) = (Int(match, year), Int(match, month), Int(match, day));
        if (m is < 1 or > 12 || d is < 1 or > 31)
            return match.Value;
        return $"{MonthNames[m - 1]} {SpokenNumbers.Ordinal(d)}, {SpokenNumbers.Year(y < 100 ? 2000 + y : y)}";
    }

    private static string SpokenMonthDay(Match match)
    {
        var day = Int(match, 2);
        // "I may 3 times" is no date.
        if (day is < 1 or > 31 || match.Groups[1].Value == "may")
            return match.Value;
        var month = MonthNames.First(name =>
            name.StartsWith(match.Groups[1].Value[..3], StringComparison.OrdinalIgnoreCase)
        );
        var year = match.Groups[3].Success ? ", " + SpokenNumbers.Year(Int(match, 3)) : "";
        return $"{month} {SpokenNumbers.Ordinal(day)}{year}";
    }

    private static string SpokenClock(Match match)
    {
        var (hour, minute) = (Int(match, 1), Int(match, 2));
        if (hour > 23 || minute > 59)
            return match.Value;
        var half = match.Groups[3].Success ? " " + HalfOfDay(match.Groups[3]) : "";
        var minutes = minute switch
        {
            0 when half.Length > 0 => "",
            0 when hour is > 0 and <= 12 => " o'clock",
            0 => " hundred hours",
            < 10 => " oh " + SpokenNumbers.Cardinal(minute),
            _ => " " + SpokenNumbers.Cardinal(minute),
        };
        return SpokenNumbers.Cardinal(hour) + minutes + half;
    }

    private static string HalfOfDay(Group group) => char.ToUpperInvariant(group.Value[0]) == 'A' ? "A M" : "P M";

    /// <summary>Digit by digit, with a breath between the groups.</summary>
    private static string SpokenPhone(Match match)
    {
        var groups = Group().Matches(match.Value).Select(g => SpokenNumbers.Digits(g.Value));
        var plus = match.Value.StartsWith('+') ? "plus " : "";
        return plus + string.Join(", ", groups);
    }

    private static string SpokenMoney(Match match)
    {
        var unit = match.Groups[1].Value switch
        {
            "€" => "euro",
            "£" => "pound",
            _ => "dollar",
        };
        var whole = match.Groups[2].Value;
        var words = SpokenNumbers.Decimal(whole) + " " + unit + (whole == "1" ? "" : "s");
        if (!match.Groups[3].Success || Int(match, 3) == 0)
            return words;
        var cents = Int(match, 3);
        return $"{words} and {SpokenNumbers.Cardinal(cents)} {(unit == "pound" ? "pence" : cents == 1 ? "cent" : "cents")}";
    }

    private static string SpokenNumber(Match match)
    {
        var number = match.Value;
        // Seven digits and more without grouping are a code or a telephone number.
        var words =
            number.Length >= 7 && number.All(char.IsAsciiDigit)
                ? SpokenNumbers.Digits(number)
                : SpokenNumbers.Decimal(number);
        // "B12", "12kg": letters and numbers are read apart.
        return " " + words + " ";
    }

    private static int Int(Match match, int group) =>
        int.Parse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture);

    // SSML is understood as far as its text goes.
    [GeneratedRegex(@"</?[A-Za-z][^<>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"[*_`~<>\[\]{}|\\]+")]
    private static partial Regex Markup();

    [GeneratedRegex(@"[\w.+-]+@[\w-]+(\.[\w-]+)+")]
    private static partial Regex Email();

    [GeneratedRegex(@"\b(\d{4})-(\d{2})-(\d{2})\b")]
    private static partial Regex IsoDate();

    [GeneratedRegex(@"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")]
    private static partial Regex SlashDate();

    [GeneratedRegex(
        @"\b(" + Months + @")\b\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(\d{4})\b)?",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex MonthDay();

    [GeneratedRegex(@"\b(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([ap])\.?\s?m\b)?", RegexOptions.IgnoreCase)]
    private static partial Regex Clock();

    [GeneratedRegex(@"\b(\d{1,2})\s*([ap])\.?m\b", RegexOptions.IgnoreCase)]
    private static partial Regex HourOnly();

    // The full stop of "p.m." ends no sentence where the next word is small.
    [GeneratedRegex(@"(?<=\b[AP] M)\.(?=\s+[a-z]|[,;:?!])")]
    private static partial Regex DottedHalfOfDay();

    // Ten digits in the American grouping, with or without a country code; or an international number; or 555-1234.
    [GeneratedRegex(
        @"(?<![\d.])(?:\+?\d{1,3}[ .-]?)?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]?\d{4}(?!\d)|\+\d[\d ]{6,16}\d|\b\d{3}-\d{4}\b"
    )]
    private static partial Regex Phone();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Group();

    [GeneratedRegex(@"([$€£])(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{2})(?!\d))?")]
    private static partial Regex Money();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)\s?%")]
    private static partial Regex Percent();

    [GeneratedRegex(@"\b(\d{1,9})(?:st|nd|rd|th)\b", RegexOptions.IgnoreCase)]
    private static partial Regex OrdinalNumber();

    [GeneratedRegex(@"(\d)\s*[–-]\s*(\d)")]
    private static partial Regex Range();

    [GeneratedRegex(@"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@" (?=[.,;:!?)])")]
    private static partial Regex BeforePunctuation();
}
