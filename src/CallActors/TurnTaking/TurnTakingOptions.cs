using System.ComponentModel.DataAnnotations;

namespace OCPlatform.CallActors.TurnTaking;

/// <summary>When a caller counts as speaking, as done, and as silent.</summary>
public sealed class TurnTakingOptions
{
    /// <summary>Speech probability (0–1) from which a block of audio counts as speech.</summary>
    [Range(0.05, 0.95)]
    public float SpeechThreshold { get; set; } = 0.5f;

    /// <summary>Probability below which a block counts as silence once speech has begun; in between keeps the state.</summary>
    [Range(0.01, 0.95)]
    public float SilenceThreshold { get; set; } = 0.35f;

    /// <summary>Speech needed before the caller counts as speaking while the agent is quiet, in ms.</summary>
    [Range(32, 1000)]
    public int StartMs { get; set; } = 64;

    /// <summary>Speech needed to interrupt the agent, in ms. Longer than StartMs: a click must not stop it.</summary>
    [Range(32, 2000)]
    public int BargeInMs { get; set; } = 128;

    /// <summary>Whether the caller may interrupt the agent at all.</summary>
    public bool BargeIn { get; set; } = true;

    /// <summary>Silence that ends the caller's turn, in ms.</summary>
    [Range(100, 5000)]
    public int EndpointMs { get; set; } = 350;

    /// <summary>Silence that ends the turn when what was understood so far sounds unfinished ("my name is"), in ms.</summary>
    [Range(100, 10000)]
    public int UnfinishedEndpointMs { get; set; } = 900;

    /// <summary>A turn longer than this is cut, in ms, so that a noisy line cannot hold the agent for ever.</summary>
    [Range(1000, 120000)]
    public int MaxUtteranceMs { get; set; } = 30_000;

    /// <summary>Quiet on both sides after which the agent asks whether the caller is still there, in ms.</summary>
    [Range(1000, 120000)]
    public int UserSilentMs { get; set; } = 8_000;
}
