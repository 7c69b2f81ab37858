using System.ComponentModel.DataAnnotations;

namespace OCPlatform.AiAdapters.Dialogue;

/// <summary>Where the dialogue model is and how long an answer may take.</summary>
public sealed class DialogModelClientOptions
{
    /// <summary>Address of the `ocp.ai.v1.DialogModel` service; cleartext HTTP/2 with `http://`.</summary>
    [Required]
    public string Address { get; set; } = "http://127.0.0.1:8081";

    /// <summary>How long the model may take to its first response; the caller hears nothing meanwhile. Milliseconds.</summary>
    [Range(50, 60_000)]
    public int FirstResponseDeadlineMs { get; set; } = 1500;

    /// <summary>How long the model may pause between two responses. Milliseconds.</summary>
    [Range(50, 60_000)]
    public int NextResponseDeadlineMs { get; set; } = 3000;

    /// <summary>How long one step may take in all. Milliseconds.</summary>
    [Range(100, 600_000)]
    public int StepDeadlineMs { get; set; } = 30_000;
}
