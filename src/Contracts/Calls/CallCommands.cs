using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Calls;

/// <summary>What the platform itself asks of a call.</summary>
public static class CallCommands
{
    /// <summary>Ends the call politely: BYE, or a final response when it was not answered yet.</summary>
    [WireName("call/hang-up/1")]
    public sealed record HangUp(CallId CallId, EndCause Cause) : ICallMessage;

    /// <summary>Takes up a call whose process went away: its journal tells what it was.</summary>
    [WireName("call/recover/1")]
    public sealed record Recover(CallId CallId) : ICallMessage;
}

public static class CallQueries
{
    /// <summary>Asks a live call for its record and its audio quality at this moment.</summary>
    [WireName("call/get/1")]
    public sealed record Get(CallId CallId) : ICallMessage;

    /// <summary>The answer. Record is null when the journal knows no such call.</summary>
    [WireName("call/get-answer/1")]
    public sealed record Answer(CallId CallId, CallRecord? Record) : ICallMessage;
}
