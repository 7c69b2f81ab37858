namespace OCPlatform.AiAdapters.TextToSpeech.Text;

/// <param name="Text">With its closing punctuation.</param>
/// <param name="PauseMs">Silence after it, when another clause follows.</param>
internal readonly record struct Clause(string Text, int PauseMs);

/// <summary>
/// Cuts a text into pieces that are spoken one by one, so that the first is heard while the next is made. Sentences always
/// end a piece; commas and the like only where both sides are long enough to sound natural alone.
/// </summary>
internal static class ClauseSplitter
{
    private const int SentencePauseMs = 260;
    private const int CommaPauseMs = 140;

    // About 1.5 s of speech: shorter pieces sound chopped.
    private const int MinClause = 24;

    // About 12 s of speech: well below the model's 510 phonemes.
    private const int MaxClause = 220;

    /// <param name="text">Normalised for speech.</param>
    public static List<Clause> Split(string text)
    {
        var clauses = new List<Clause>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var pause = PauseAfter(text, i, start);
            if (pause == 0 && i - start < MaxClause)
                continue;
            var end = pause > 0 ? i + 1 : LastSpace(text, start, i);
            Add(clauses, text[start..end], pause);
            start = end;
        }

        Add(clauses, text[start..], SentencePauseMs);
        return clauses;
    }

    private static int PauseAfter(string text, int at, int start)
    {
        var closes = at + 1 >= text.Length || char.IsWhiteSpace(text[at + 1]);
        if (!closes)
            return 0;
        if (text[at] is '.' or '!' or '?' or '…')
            return SentencePauseMs;
        var isComma = text[at] is ',' or ';' or ':' or '—';
        return isComma && at - start >= MinClause && text.Length - at > MinClause ? CommaPauseMs : 0;
    }

    private static int LastSpace(string text, int start, int end)
    {
        var space = text.LastIndexOf(' ', end, end - start);
        return space > start ? space : end;
    }

    private static void Add(List<Clause> clauses, string text, int pauseMs)
    {
        text = text.Trim();
        if (text.Any(char.IsLetterOrDigit))
            clauses.Add(new Clause(text, pauseMs));
    }
}
