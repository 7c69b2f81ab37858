using System.Globalization;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Flows;

/// <summary>Days, times and numbers as they are said ("three thirty PM") or written ("3:30 PM").</summary>
public static class SpokenForm
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

    private static readonly string[] Tens = ["", "", "twenty", "thirty", "forty", "fifty"];

    private static readonly Dictionary<string, string> IrregularOrdinals = new()
    {
        ["one"] = "first",
        ["two"] = "second",
        ["three"] = "third",
        ["five"] = "fifth",
        ["eight"] = "eighth",
        ["nine"] = "ninth",
        ["twelve"] = "twelfth",
        ["twenty"] = "twentieth",
        ["thirty"] = "thirtieth",
    };

    /// <summary>0–59 in words.</summary>
    public static string Number(int value) =>
        value < 20 ? Units[value]
        : value % 10 == 0 ? Tens[value / 10]
        : $"{Tens[value / 10]}-{Units[value % 10]}";

    /// <summary>1–59 as an ordinal in words.</summary>
    public static string Ordinal(int value)
    {
        var words = Number(value);
        var cut = words.LastIndexOf('-') + 1;
        var last = words[cut..];
        return words[..cut] + IrregularOrdinals.GetValueOrDefault(last, last + "th");
    }

    /// <summary>"Tuesday, November twenty-fourth" or "Tuesday, November 24".</summary>
    public static string Day(DateOnly day, Channel channel)
    {
        var head = day.ToString("dddd, MMMM", CultureInfo.InvariantCulture);
        return channel == Channel.Chat ? $"{head} {day.Day}" : $"{head} {Ordinal(day.Day)}";
    }

    /// <summary>"three thirty PM" or "3:30 PM"; noon by its name.</summary>
    public static string Time(TimeOnly time, Channel channel)
    {
        if (channel == Channel.Chat)
        {
            return time.ToString("h:mm tt", CultureInfo.InvariantCulture);
        }
        if (time is { Hour: 12, Minute: 0 })
        {
            return "noon";
        }
        var hour = Number((time.Hour + 11) % 12 + 1);
        var minute = time.Minute switch
        {
            0 => "",
            < 10 => $" oh {Number(time.Minute)}",
            _ => $" {Number(time.Minute)}",
        };
        return $"{hour}{minute} {(time.Hour < 12 ? "AM" : "PM")}";
    }

    /// <summary>"from nine AM to five PM"; several spans joined by "and".</summary>
    public static string Spans(IEnumerable<OpenSpan> spans, Channel channel) =>
        Join([.. spans.Select(span => $"from {Time(span.Opens, channel)} to {Time(span.Closes, channel)}")], "and");

    /// <summary>The week: "Monday to Wednesday from nine AM to five PM, and Saturday from …".</summary>
    public static string Week(OpeningHours hours, Channel channel) =>
        Join(
            [
                .. hours
                    .Groups()
                    .Select(group =>
                        (group.First == group.Last ? $"{group.First}" : $"{group.First} to {group.Last}")
                        + $" {Spans(group.Spans, channel)}"
                    ),
            ],
            "and"
        );

    /// <summary>"five five five, one two three four" or "555-1234".</summary>
    public static string Phone(string digits, Channel channel)
    {
        var groups = PhoneNumber.Groups(digits);
        return channel == Channel.Chat
            ? string.Join('-', groups)
            : string.Join(", ", groups.Select(group => string.Join(' ', group.Select(c => Units[c - '0']))));
    }

    /// <summary>"a", "a or b", "a, b, or c".</summary>
    public static string Join(IReadOnlyList<string> items, string word) =>
        items.Count switch
        {
            0 => "",
            1 => items[0],
            2 => $"{items[0]} {word} {items[1]}",
            _ => $"{string.Join(", ", items.Take(items.Count - 1))}, {word} {items[^1]}",
        };
}
