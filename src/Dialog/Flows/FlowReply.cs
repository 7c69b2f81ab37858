using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.Dialog.Flows;

/// <summary>What the engine makes of one input.</summary>
/// <param name="Text">To be said; empty before a tool call.</param>
/// <param name="Tool">To be run; its result is the next input.</param>
/// <param name="End">Why to hang up after Text; null to go on.</param>
public sealed record FlowReply(string Text, IReadOnlyList<StateChange> Changes, ToolCall? Tool, string? End);
