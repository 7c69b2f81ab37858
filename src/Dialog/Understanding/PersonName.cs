using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OCPlatform.Dialog.Understanding;

/// <summary>Finds the name that somebody gives.</summary>
public static partial class PersonName
{
    private const int MaxWords = 4;

    // Words that are no part of a name in any of these answers; where one is left over, the answer was something else.
    private static readonly FrozenSet<string> NoNames = (
        "a about above afternoon again agent all already also always am an and another any anything appointment are as ask "
        + "at available back be because been before book booking but buy bye call called calling can cancel change check "
        + "cleaning clock close closed come correct could date day days dentist did do doctor does don't done email evening "
        + "every everything fine for forget free from get give go going good goodbye great had has have he hello help her "
        + "here hey hi him hold home hour hours how human hundred i i'd i'll i'm i've if in into is it it's just know last "
        + "late later leave let let's like little long look looking lot machine make many maybe me mean message mind minute "
        + "minutes moment monday month more morning much my name need never next nice night no nope not nothing now number "
        + "o'clock of off okay ok on one only open opening operator or other our out over pardon people person phone please "
        + "pm possible problem question real really repeat representative right same saturday say saying schedule see "
        + "should show some somebody someone something soon sorry speak spell still stop street sunday sure take talk "
        + "telephone tell than thank thanks that that's the their them then there they thing think this thursday time to "
        + "today tomorrow tonight too tooth tuesday two understand until up us very visit wait want was way we wednesday "
        + "week weekend well were what what's when where which while who whom whose why will with work would wrong yeah yep "
        + "yes yesterday you your friday human office slot hurts pain mine yours hmm huh uh um er nobody none whatever "
        + "anyone anybody speaking either neither first second third later earlier instead actually"
    )
        .Split(' ')
        .ToFrozenSet();

    /// <summary>The name after a phrase that announces one ("my name is …"); null when there is none.</summary>
    public static string? Announced(string plain)
    {
        foreach (Match match in Announcement().Matches(plain))
        {
            if (Tidy(plain[(match.Index + match.Length)..], strict: false) is { } name)
            {
                return name;
            }
        }
        return Speaking().Match(plain) is { Success: true } speaking
            ? Tidy(speaking.Groups[1].Value, strict: true)
            : null;
    }

    /// <summary>The name in an answer to "what is your name?"; null when the answer is something else.</summary>
    public static string? Answered(string plain) =>
        Announced(plain) ?? Tidy(Preface().Replace(plain, ""), strict: true);

    /// <param name="strict">The whole text must be a name, not only its beginning.</param>
    private static string? Tidy(string text, bool strict)
    {
        text = Courtesy().Replace(text, " ");
        var words = Unspell(SpokenText.Words(text));
        var name = words.TakeWhile(word => !NoNames.Contains(word) && !word.Any(char.IsAsciiDigit)).ToList();
        if (name.Count == 0 || name.Count > MaxWords || (strict && name.Count < words.Count))
        {
            return null;
        }
        return string.Join(' ', name.Select(Capitalise));
    }

    /// <summary>"smith s m i t h" is smith; "j o h n" is john.</summary>
    private static List<string> Unspell(string[] words)
    {
        var result = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            var end = i;
            while (end < words.Length && words[end].Length == 1 && char.IsLetter(words[end][0]))
            {
                end++;
            }
            if (end - i < 3)
            {
                result.Add(words[i]);
                continue;
            }
            var spelled = string.Concat(words[i..end]);
            // The spelling is right where it and the recogniser disagree: it repeats the word before it.
            if (result.Count > 0 && result[^1][0] == spelled[0])
            {
                result.RemoveAt(result.Count - 1);
            }
            result.Add(spelled);
            i = end - 1;
        }
        return result;
    }

    private static string Capitalise(string word)
    {
        var text = CultureInfo.InvariantCulture.TextInfo.ToTitleCase(word);
        foreach (var prefix in (string[])["Mc", "O'", "D'"])
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal) && text.Length > prefix.Length + 1)
            {
                return prefix + char.ToUpperInvariant(text[prefix.Length]) + text[(prefix.Length + 1)..];
            }
        }
        return text;
    }

    [GeneratedRegex(
        @"\b(?:(?:my|the|her|his|our)(?: (?:full|first|last|family))? name(?:'s| is| was|s)|name is|name's|this is|i am called|i'm called|call me|it is under|it's under|put it under|under the name(?: of)?|under|i'm|i am|it's|it is|for (?=(?:mister|mr|mrs|miss|ms|doctor|dr) ))(?: (?:actually|really|just|um|uh|er))* "
    )]
    private static partial Regex Announcement();

    [GeneratedRegex(@"^(?:yes |hi |hello |yeah )*(.+?) (?:speaking|here|is my name|is the name|is calling)\b")]
    private static partial Regex Speaking();

    [GeneratedRegex(
        @"^(?:(?:yes|yeah|sure|okay|ok|oh|um|uh|er|well|so|no|the name|hi|hello|that would be|that's|of course|for|certainly|alright|right) )+"
    )]
    private static partial Regex Preface();

    [GeneratedRegex(
        @"\b(?:please|thanks|thank you|mister|mr|mrs|miss|ms|dr|doctor|um|uh|er|that's s?pelled|spelled|with an?)\b"
    )]
    private static partial Regex Courtesy();
}
