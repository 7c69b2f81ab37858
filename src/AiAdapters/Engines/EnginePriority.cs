namespace OCPlatform.AiAdapters.Engines;

/// <summary>Who goes first when the workers are short; lower goes first.</summary>
public enum EnginePriority
{
    /// <summary>The text of an utterance that has ended: a caller waits in silence.</summary>
    FinalDecode,

    /// <summary>The first clause of an answer: a caller waits in silence.</summary>
    FirstClause,

    /// <summary>Later clauses: needed before the one in front of them has been played.</summary>
    LaterClause,

    /// <summary>Interim text of a caller who still speaks.</summary>
    PartialDecode,

    /// <summary>Phrases that nobody waits for yet.</summary>
    WarmUp,
}
