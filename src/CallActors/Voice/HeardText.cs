namespace OCPlatform.CallActors.Voice;

/// <summary>One clause of an agent turn and how much of its audio there is and was sent. Counts are samples of one rate.</summary>
public readonly record struct ClausePlayed(string Text, long SamplesTotal, long SamplesSent);

/// <summary>Turns what was sent to the phone into what the caller heard: whole clauses, then whole words.</summary>
public static class HeardText
{
    /// <summary>The text heard. A word counts once its share of the clause's audio has been sent.</summary>
    public static string Of(IEnumerable<ClausePlayed> clauses)
    {
        var heard = string.Concat(clauses.Select(Heard));
        return heard.Trim();
    }

    private static string Heard(ClausePlayed clause)
    {
        if (clause.SamplesSent <= 0 || clause.SamplesTotal <= 0)
        {
            return "";
        }
        if (clause.SamplesSent >= clause.SamplesTotal)
        {
            return clause.Text;
        }
        var letters = (int)(clause.Text.Length * (double)clause.SamplesSent / clause.SamplesTotal);
        var cut = clause.Text.LastIndexOf(' ', Math.Min(letters, clause.Text.Length - 1));
        return cut <= 0 ? "" : clause.Text[..cut];
    }
}
