using System.ComponentModel.DataAnnotations;
using OCPlatform.AiAdapters.Dialogue;

namespace OCPlatform.Dialog;

/// <summary>The agents and their conversations.</summary>
public sealed class DialogOptions
{
    /// <summary>Folder of the agents' YAML files.</summary>
    [Required]
    public string AgentsFolder { get; set; } = "agents";

    /// <summary>The agent that answers where nothing names another.</summary>
    [Required]
    public string DefaultAgent { get; set; } = "frontdesk";

    /// <summary>The dialogue model that conversations ask; by default the embedded one, over loopback.</summary>
    public DialogModelClientOptions Model { get; set; } = new();

    /// <summary>How long a tool may take. Milliseconds.</summary>
    [Range(100, 60_000)]
    public int ToolDeadlineMs { get; set; } = 4000;

    /// <summary>A conversation that hears nothing for this long leaves memory; its next message wakes it. Seconds.</summary>
    [Range(10, 86_400)]
    public int IdleSeconds { get; set; } = 600;

    /// <summary>The history sent to the model: its last turns. Turns.</summary>
    [Range(2, 1000)]
    public int HistoryTurns { get; set; } = 60;
}
