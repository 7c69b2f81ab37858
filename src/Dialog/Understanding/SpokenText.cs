using System.Text.RegularExpressions;

namespace OCPlatform.Dialog.Understanding;

/// <summary>
/// Brings what speech recognition or a keyboard yields into one plain form: lower case, no punctuation, times as the
/// recognisers know them, and the homophones undone that a recogniser produces where a clock time or a weekday was meant.
/// </summary>
public static partial class SpokenText
{
    private static readonly (Regex Pattern, string Replacement)[] Repairs =
    [
        (Meridiem(), "$1m"),
        (DottedTime(), "$1:$2"),
        (JoinedTime(), "$1:$2"),
        (JoinedTimeAfterAt(), "$1 $2:$3"),
        (OClock(), "o'clock"),
        // "free pm", "at for o'clock": only right before a marker of the time of day, where nothing else makes sense.
        (HeardHour("for|fore|four's"), "four $1"),
        (HeardHour("free|tree|threes|through"), "three $1"),
        (HeardHour("to|too"), "two $1"),
        (HeardHour("ate|aid"), "eight $1"),
        (HeardHour("won"), "one $1"),
        (HeardHour("tin|then"), "ten $1"),
        (HeardHour("sex|sicks"), "six $1"),
        (HeardHour("fife"), "five $1"),
        (HeardHour("nein|line|dine"), "nine $1"),
        (
            Heard(
                "a(?:n)? ?point ?me(?:a)?nt|a pointment|an appoint meant|upon t?ment|apartment(?= for (?:mon|tues|wednes|thurs|fri|satur|sun)day)"
            ),
            "appointment"
        ),
        (Heard("wens ?day|wendsday|wensday|when'?s day|wednes day|wed nesday|winsday"), "wednesday"),
        (Heard("choose ?day|chews ?day|tues ?day|twosday|tooth ?day|toos ?day"), "tuesday"),
        (Heard("thirst ?day|thurs ?day|firs day|thursdays"), "thursday"),
        (Heard("fry ?day|fri day|fridays"), "friday"),
        (Heard("mun ?day|mon day|moon day|mondays"), "monday"),
        (Heard("sat ?ur ?day|sat a day|saturdays"), "saturday"),
        (Heard("sun day|sundays"), "sunday"),
        (Heard("to morrow|tomorow|tommorow|tomorrows"), "tomorrow"),
        (Spaces(), " "),
    ];

    /// <summary>The plain form; empty when there is nothing but punctuation.</summary>
    public static string Plain(string text)
    {
        var plain = text.Replace('’', '\'').Replace('‘', '\'').ToLowerInvariant();
        plain = Meridiem().Replace(plain, "$1m");
        plain = DottedTime().Replace(plain, "$1:$2");
        plain = Noise().Replace(plain, " ");
        foreach (var (pattern, replacement) in Repairs)
        {
            plain = pattern.Replace(plain, replacement);
        }
        return plain.Trim();
    }

    /// <summary>The words of a plain text.</summary>
    public static string[] Words(string plain) => plain.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Regex HeardHour(string heard) =>
        new($@"\b(?:{heard}) (am|pm|o'clock|thirty|fifteen)\b", RegexOptions.CultureInvariant);

    private static Regex Heard(string heard) => new($@"\b(?:{heard})\b", RegexOptions.CultureInvariant);

    // "p.m.", "p. m.", "p m"; not the word "am".
    [GeneratedRegex(@"\b([ap])(?:\. ?m\b\.?| m\b\.?)")]
    private static partial Regex Meridiem();

    // "3.30" but not "1.5 hours".
    [GeneratedRegex(@"\b(\d{1,2})\.([0-5]\d)\b")]
    private static partial Regex DottedTime();

    // "330 pm"
    [GeneratedRegex(@"\b(\d{1,2})([0-5]\d) ?(?=[ap]m\b)")]
    private static partial Regex JoinedTime();

    // "at 330"
    [GeneratedRegex(@"\b(at|around|about) (\d{1,2})(00|15|30|45)\b")]
    private static partial Regex JoinedTimeAfterAt();

    [GeneratedRegex(@"\bo ?'? ?clock\b")]
    private static partial Regex OClock();

    // Keeps letters, digits, apostrophes inside words, and : / between digits.
    [GeneratedRegex(@"(?<!\d)[:/]|[:/](?!\d)|(?<!\p{L})'|'(?!\p{L})|[^\p{L}\p{Nd}':/ ]")]
    private static partial Regex Noise();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
