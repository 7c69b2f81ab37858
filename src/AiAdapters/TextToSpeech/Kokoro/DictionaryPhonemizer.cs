using System.Text;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>
/// Phonemes out of the CMU pronouncing dictionary as Debian's pocketsphinx-en-us has it (BSD licence). It marks no stress,
/// so the first full vowel of a word gets it; words it does not know are put together of known parts, or spelled.
/// </summary>
internal sealed class DictionaryPhonemizer : IPhonemizer
{
    /// <summary>Where Debian puts the dictionary.</summary>
    public const string DefaultPath = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";

    private static readonly Dictionary<string, string> Arpabet = new()
    {
        ["AA"] = "ɑ",
        ["AE"] = "æ",
        ["AH"] = "ʌ",
        ["AO"] = "ɔ",
        ["AW"] = "W",
        ["AY"] = "I",
        ["B"] = "b",
        ["CH"] = "ʧ",
        ["D"] = "d",
        ["DH"] = "ð",
        ["EH"] = "ɛ",
        ["ER"] = "ɜɹ",
        ["EY"] = "A",
        ["F"] = "f",
        ["G"] = "ɡ",
        ["HH"] = "h",
        ["IH"] = "ɪ",
        ["IY"] = "i",
        ["JH"] = "ʤ",
        ["K"] = "k",
        ["L"] = "l",
        ["M"] = "m",
        ["N"] = "n",
        ["NG"] = "ŋ",
        ["OW"] = "O",
        ["OY"] = "Y",
        ["P"] = "p",
        ["R"] = "ɹ",
        ["S"] = "s",
        ["SH"] = "ʃ",
        ["T"] = "t",
        ["TH"] = "θ",
        ["UH"] = "ʊ",
        ["UW"] = "u",
        ["V"] = "v",
        ["W"] = "w",
        ["Y"] = "j",
        ["Z"] = "z",
        ["ZH"] = "ʒ",
    };

    private static readonly string[] Letters =
    [
        "A",
        "bi",
        "si",
        "di",
        "i",
        "ɛf",
        "ʤi",
        "Aʧ",
        "I",
        "ʤA",
        "kA",
        "ɛl",
        "ɛm",
        "ɛn",
        "O",
        "pi",
        "kju",
        "ɑɹ",
        "ɛs",
        "ti",
        "ju",
        "vi",
        "dʌbəlju",
        "ɛks",
        "wI",
        "zi",
    ];

    // Words that carry no stress in a sentence.
    private static readonly HashSet<string> Weak =
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "and",
        "or",
        "in",
        "on",
        "at",
        "for",
        "is",
        "are",
        "was",
        "be",
        "it",
        "as",
        "by",
        "you",
        "your",
        "i",
        "we",
        "our",
        "us",
        "he",
        "she",
        "they",
        "that",
        "this",
        "with",
        "from",
        "can",
        "will",
        "do",
    ];

    private const string Vowels = "ɑæʌɔWIɛAɪiOYʊuɜ";

    private readonly Dictionary<string, string> _words;

    private DictionaryPhonemizer(Dictionary<string, string> words) => _words = words;

    public string Name => "cmudict";

    /// <returns>null where the dictionary is not installed.</returns>
    public static DictionaryPhonemizer? TryCreate(string path = DefaultPath)
    {
        if (!File.Exists(path))
            return null;
        var words = new Dictionary<string, string>(140_000);
        foreach (var line in File.ReadLines(path))
        {
            var space = line.IndexOf(' ');
            // "word(2)" is another pronunciation of a word that is already there.
            if (space <= 0 || line[space - 1] == ')')
                continue;
            words.TryAdd(line[..space], line[(space + 1)..]);
        }

        return new DictionaryPhonemizer(words);
    }

    public string Phonemes(string text)
    {
        var phonemes = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (phonemes.Length > 0)
                phonemes.Append(' ');
            phonemes.Append(Word(word));
        }

        return phonemes.ToString();
    }

    private string Word(string word)
    {
        var lower = word.ToLowerInvariant().Replace('\u2019', '\'').Trim('\'');
        var isLetters = word.Length is > 1 and <= 4 && word.All(char.IsAsciiLetterUpper);
        if (!isLetters && Known(lower) is { } known)
            return known;
        // "twenty-four", and whatever else is written with something between the letters.
        if (lower.Any(c => !char.IsAsciiLetter(c) && c != '\''))
        {
            var parts = new string([.. lower.Select(c => char.IsAsciiLetter(c) || c == '\'' ? c : ' ')]);
            return Phonemes(parts);
        }

        // A name in the possessive, a plural, a compound of two words.
        if (!isLetters && lower.EndsWith("'s", StringComparison.Ordinal) && Known(lower[..^2]) is { } owner)
            return owner + "z";
        if (!isLetters && lower.EndsWith('s') && Known(lower[..^1]) is { } single)
            return single + "z";
        for (var cut = lower.Length - 3; !isLetters && cut >= 3; cut--)
        {
            if (Known(lower[..cut]) is { } front && Known(lower[cut..]) is { } back)
                return front + back.Replace('ˈ', 'ˌ');
        }

        return string.Join(' ', lower.Where(char.IsAsciiLetter).Select(c => "ˈ" + Letters[c - 'a']));
    }

    private string? Known(string word)
    {
        if (!_words.TryGetValue(word, out var arpabet))
            return null;
        var phonemes = new StringBuilder();
        foreach (var symbol in arpabet.Split(' '))
            phonemes.Append(Arpabet.GetValueOrDefault(symbol, ""));
        var ipa = phonemes.ToString();
        if (Weak.Contains(word))
            return ipa.Replace('ʌ', 'ə');
        var stressed = StressedVowel(ipa);
        if (stressed < 0)
            return ipa;
        // Unstressed ʌ is ə in every word.
        var reduced = new StringBuilder(ipa);
        for (var i = 0; i < reduced.Length; i++)
        {
            if (i != stressed && reduced[i] == 'ʌ')
                reduced[i] = 'ə';
        }

        return reduced.Insert(stressed, 'ˈ').ToString();
    }

    /// <summary>The first vowel, unless it is the ʌ that English prefixes (a-, con-, suc-) have and a fuller one follows.</summary>
    private static int StressedVowel(string ipa)
    {
        var first = ipa.AsSpan().IndexOfAny(Vowels);
        if (first < 0 || ipa[first] != 'ʌ')
            return first;
        var second = ipa.AsSpan(first + 1).IndexOfAny(Vowels);
        return second < 0 || ipa[first + 1 + second] == 'ʌ' ? first : first + 1 + second;
    }
}
