using System.ComponentModel.DataAnnotations;
using OCPlatform.CallActors.TurnTaking;

namespace OCPlatform.CallActors;

/// <summary>How calls are answered and held.</summary>
public sealed class CallOptions
{
    /// <summary>The agent that answers: the name of a file in the agents folder, without .yaml.</summary>
    [Required]
    public string Agent { get; set; } = "frontdesk";

    /// <summary>How long it rings before the call is answered, in ms.</summary>
    [Range(0, 60_000)]
    public int RingMs { get; set; }

    /// <summary>Codecs offered and accepted, best first: pcmu, pcma.</summary>
    [MinLength(1)]
    public List<string> Codecs { get; set; } = ["pcmu", "pcma"];

    /// <summary>Recognition must end this long after the caller fell silent, in ms; else the agent asks again.</summary>
    [Range(100, 60_000)]
    public int RecognitionDeadlineMs { get; set; } = 3_000;

    /// <summary>Without an answer from the agent for this long the caller is told to wait, in ms.</summary>
    [Range(500, 60_000)]
    public int FillerAfterMs { get; set; } = 2_000;

    /// <summary>What the caller is told then.</summary>
    [Required]
    public string FillerPhrase { get; set; } = "One moment, please.";

    /// <summary>Without an answer for this long the call is ended with an apology, in ms.</summary>
    [Range(1_000, 300_000)]
    public int GiveUpAfterMs { get; set; } = 10_000;

    /// <summary>The apology.</summary>
    [Required]
    public string GiveUpPhrase { get; set; } =
        "I'm sorry, something went wrong on our side. Please call again later. Goodbye.";

    /// <summary>Threads on which calls listen and speak; 0 for one per core.</summary>
    [Range(0, 256)]
    public int SpeechPumpThreads { get; set; }

    /// <summary>When a caller counts as speaking, as done, and as silent.</summary>
    public TurnTakingOptions TurnTaking { get; set; } = new();
}
