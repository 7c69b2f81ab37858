using System.Text.RegularExpressions;
using Microsoft.Recognizers.Text;
using Microsoft.Recognizers.Text.DateTime;
using OCPlatform.Dialog.Agents;

namespace OCPlatform.Dialog.Understanding;

/// <summary>Part of a day that was named without a clock time.</summary>
public enum DayPart
{
    Morning,
    Afternoon,
    Evening,
}

/// <summary>The day and the time of day in an utterance.</summary>
/// <param name="Day">The day meant; null when none was named.</param>
/// <param name="Times">The time, or both readings (3:00, 15:00) when nothing tells which.</param>
/// <param name="Part">A part of the day, when one was named.</param>
/// <param name="Rest">The utterance without all of that.</param>
public sealed record When(DateOnly? Day, IReadOnlyList<TimeOnly> Times, DayPart? Part, string Rest)
{
    /// <summary>Of two readings, the one in which the business is open; otherwise the one in waking hours.</summary>
    public TimeOnly? Choose(OpeningHours hours, DateOnly? day, int minutes)
    {
        IReadOnlyList<TimeOnly> times = Times;
        if (Part is { } part && times.Count > 1)
        {
            times = [.. times.Where(time => (part == DayPart.Morning) == (time.Hour < 12))];
        }
        if (times.Count == 0)
        {
            return null;
        }
        DayOfWeek[] days = day is { } known ? [known.DayOfWeek] : [.. OpeningHours.Week];
        var open = times.Where(time => days.Any(d => hours.Fits(d, time, minutes))).ToList();
        if (open.Count == 1)
        {
            return open[0];
        }
        return times.FirstOrDefault(time => time.Hour is >= 8 and < 20, times[0]);
    }
}

/// <summary>Finds days and times with Microsoft.Recognizers.Text, and what a booking needs beyond it.</summary>
public static partial class WhenReader
{
    private static readonly string[] Hours =
    [
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
    ];

    private static readonly string[] Ordinals =
    [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "twenty first",
        "twenty second",
        "twenty third",
        "twenty fourth",
        "twenty fifth",
        "twenty sixth",
        "twenty seventh",
        "twenty eighth",
        "twenty ninth",
        "thirtieth",
        "thirty first",
    ];

    // The recognisers compile their patterns at first use, which takes seconds.
    private static readonly string[] WarmUps =
    [
        "next tuesday at three pm",
        "the day after tomorrow in the morning around half past nine",
        "december first at ten thirty",
        "in two weeks from friday afternoon",
        "five",
    ];

    /// <summary>Spends the recognisers' start-up cost now.</summary>
    public static void WarmUp(DateTime now)
    {
        foreach (var text in WarmUps)
        {
            Read(text, now, expectsDay: true, expectsTime: true);
        }
    }

    /// <param name="plain">In plain form (<see cref="SpokenText.Plain"/>).</param>
    /// <param name="now">Local time: "tomorrow" counts from here.</param>
    /// <param name="expectsDay">A bare "the third" is a day.</param>
    /// <param name="expectsTime">A bare "four" is a time.</param>
    public static When Read(string plain, DateTime now, bool expectsDay, bool expectsTime)
    {
        var found = new Findings(plain, DateOnly.FromDateTime(now));
        foreach (var result in DateTimeRecognizer.RecognizeDateTime(plain, Culture.English, refTime: now))
        {
            if (result.Resolution?.TryGetValue("values", out var values) is true)
            {
                found.Take(result, (List<Dictionary<string, string>>)values);
            }
        }
        if (found.Day is null && BareDay().Match(found.Rest) is { Success: true } bareDay && expectsDay)
        {
            found.TakeBareDay(bareDay);
        }
        if (found.Times.Count == 0)
        {
            // A cue such as "at" or "make it" tells a time anywhere; without one, only the answer to a question does.
            var match = CuedHour().Match(found.Rest) is { Success: true } cued ? cued : null;
            match ??= expectsTime && BareHour().Match(found.Rest) is { Success: true } bare ? bare : null;
            if (match is not null)
            {
                found.TakeBareTime(match);
            }
        }
        return new When(found.Day, found.Times, found.Part, SpokenText.Plain(found.Rest));
    }

    private sealed class Findings(string plain, DateOnly today)
    {
        private readonly string _plain = plain;

        public DateOnly? Day { get; private set; }
        public IReadOnlyList<TimeOnly> Times { get; private set; } = [];
        public DayPart? Part { get; private set; }

        /// <summary>Blanks in place of what was taken, so that offsets stay.</summary>
        public string Rest { get; private set; } = plain;

        public void Take(ModelResult result, List<Dictionary<string, string>> values)
        {
            var before = _plain[..result.Start];
            Blank(result.Start, result.End - result.Start + 1);
            if (Rejected().IsMatch(before))
            {
                return;
            }
            // "monday or tuesday": the first; "monday, no, tuesday": the last.
            var alternative = before.TrimEnd().EndsWith(" or", StringComparison.Ordinal);
            var dayIsSettled = alternative && Day is not null;
            var times = new List<TimeOnly>();
            foreach (var value in values)
            {
                if (!value.TryGetValue("timex", out var timex) || !TimexParts().Match(timex).Success)
                {
                    continue;
                }
                var parts = TimexParts().Match(timex);
                if (parts.Groups["date"].Length > 0 && !dayIsSettled && Date(parts.Groups["date"].Value) is { } day)
                {
                    Day = day;
                }
                if (parts.Groups["hour"].Length > 0 && !alternative)
                {
                    var minute = parts.Groups["minute"].Length > 0 ? int.Parse(parts.Groups["minute"].Value) : 0;
                    var time = new TimeOnly(int.Parse(parts.Groups["hour"].Value) % 24, minute);
                    if (!times.Contains(time))
                    {
                        times.Add(time);
                    }
                }
                Part = parts.Groups["part"].Value switch
                {
                    "MO" => DayPart.Morning,
                    "AF" => DayPart.Afternoon,
                    "EV" or "NI" => DayPart.Evening,
                    _ => Part,
                };
            }
            if (times.Count > 0)
            {
                Times = times;
            }
        }

        public void TakeBareDay(Match match)
        {
            var text = match.Groups["day"].Value;
            var number = char.IsAsciiDigit(text[0])
                ? int.Parse(text.TrimEnd('s', 't', 'n', 'd', 'r', 'h'))
                : Array.IndexOf(Ordinals, text) + 1;
            for (var month = 0; number is >= 1 and <= 31 && month < 12; month++)
            {
                var first = new DateOnly(today.Year, today.Month, 1).AddMonths(month);
                var day = first.AddDays(number - 1);
                if (day.Month == first.Month && day >= today)
                {
                    Day = day;
                    Blank(match.Index, match.Length);
                    return;
                }
            }
        }

        public void TakeBareTime(Match match)
        {
            var text = match.Groups["hour"].Value;
            var hour = char.IsAsciiDigit(text[0]) ? int.Parse(text) : Array.IndexOf(Hours, text) + 1;
            var minute = match.Groups["minute"].Value switch
            {
                "thirty" or "30" => 30,
                "fifteen" or "15" => 15,
                "forty five" or "45" => 45,
                _ => 0,
            };
            Times = hour is >= 1 and <= 12 ? [new(hour % 12, minute), new(hour % 12 + 12, minute)] : [];
            Blank(match.Index, match.Length);
        }

        private DateOnly? Date(string timex)
        {
            if (timex.StartsWith("XXXX-WXX-", StringComparison.Ordinal))
            {
                // 1 is Monday. A weekday's name said on that very day means the next one; who means today says "today".
                var weekday = (DayOfWeek)(int.Parse(timex[^1..]) % 7);
                var ahead = ((int)weekday - (int)today.DayOfWeek + 7) % 7;
                return today.AddDays(ahead == 0 ? 7 : ahead);
            }
            var numbers = timex.Split('-');
            if (numbers.Length != 3 || !int.TryParse(numbers[1], out var month) || !int.TryParse(numbers[2], out var d))
            {
                return null;
            }
            if (int.TryParse(numbers[0], out var year))
            {
                return new DateOnly(year, month, d);
            }
            // 29 February comes in leap years only.
            for (year = today.Year; year <= today.Year + 8; year++)
            {
                if (d <= DateTime.DaysInMonth(year, month) && new DateOnly(year, month, d) is var date && date >= today)
                {
                    return date;
                }
            }
            return null;
        }

        private void Blank(int start, int length) =>
            Rest = string.Concat(Rest.AsSpan(0, start), new string(' ', length), Rest.AsSpan(start + length));
    }

    // ISO-like TIMEX: a day (year or XXXX; XXXX-WXX-n), a time of day, or a part of the day.
    [GeneratedRegex(
        @"^(?<date>(?:\d{4}|XXXX)-\d\d-\d\d|XXXX-WXX-\d)?(?:T(?:(?<hour>\d\d)(?::(?<minute>\d\d))?(?::\d\d)?|(?<part>MO|AF|EV|NI)))?$"
    )]
    private static partial Regex TimexParts();

    // "not tuesday", "instead of tuesday", "rather than at three"
    [GeneratedRegex(@"\b(?:not|instead of|rather than)(?: on| at| the)*\s*$")]
    private static partial Regex Rejected();

    [GeneratedRegex(
        @"\b(?:on )?(?:the )?(?<day>\d{1,2}(?:st|nd|rd|th)|twenty (?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty first|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)\b(?! one\b)"
    )]
    private static partial Regex BareDay();

    private const string Hour = @"(?<hour>1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)";
    private const string Minute = @"(?: (?<minute>thirty|fifteen|forty five|30|15|45))?";
    private const string NotMore =
        @"(?! ?(?:st|nd|rd|th|days?|weeks?|months?|people|persons?|of us|\d|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|zero\b|oh\b))";

    [GeneratedRegex(
        @"\b(?:at|around|about|make (?:it|that)|change (?:it|that) to|how about|what about) "
            + Hour
            + Minute
            + @"\b"
            + NotMore
    )]
    private static partial Regex CuedHour();

    [GeneratedRegex(
        @"(?<!\b(?:one|two|three|four|five|six|seven|eight|nine|zero|oh|\d|the|first|second|third|last|later|latter|earlier|former|other|that|this|which|either|any|no) )\b"
            + Hour
            + Minute
            + @"\b"
            + NotMore
    )]
    private static partial Regex BareHour();
}
