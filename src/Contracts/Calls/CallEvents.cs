using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Calls;

/// <summary>Anything addressed to one call; the shard region routes by the id.</summary>
public interface ICallMessage : IWireMessage
{
    CallId CallId { get; }
}

/// <summary>A journaled fact of a call. The time is in the event; applying it needs no clock.</summary>
public interface ICallEvent : ICallMessage
{
    DateTimeOffset At { get; }
}

public enum CallDirection
{
    Inbound,
    Outbound,
}

public static class CallEvents
{
    /// <summary>An admitted INVITE opened the call.</summary>
    /// <param name="Called">The user part that was called, which may be a service's; null in older journals.</param>
    [WireName("call/received/1")]
    public sealed record Received(
        CallId CallId,
        DateTimeOffset At,
        CallDirection Direction,
        string From,
        string To,
        string Trunk,
        string Node,
        string RemoteAddress,
        string SipCallId,
        string? Called = null
    ) : ICallEvent;

    /// <summary>We place a call. Where it goes is told by <see cref="Sent"/>.</summary>
    /// <param name="Agent">The agent that talks; null for the configured one.</param>
    [WireName("call/placed/1")]
    public sealed record Placed(
        CallId CallId,
        DateTimeOffset At,
        string From,
        string To,
        string Node,
        string? Agent = null
    ) : ICallEvent;

    /// <summary>Our INVITE left, by this trunk (null: a phone or a bare URI) to this address; again for each next try.</summary>
    /// <param name="SipDialog">As in <see cref="Ringing"/>.</param>
    [WireName("call/sent/1")]
    public sealed record Sent(
        CallId CallId,
        DateTimeOffset At,
        string? Trunk,
        string RemoteAddress,
        string SipCallId,
        string? SipDialog = null
    ) : ICallEvent;

    /// <summary>It rings: 180 or 183, sent or received.</summary>
    /// <param name="SipDialog">
    /// JSON snapshot from which a call is taken up that was not answered yet; null for one that is answered at once.
    /// </param>
    [WireName("call/ringing/1")]
    public sealed record Ringing(CallId CallId, DateTimeOffset At, string? SipDialog = null) : ICallEvent;

    /// <summary>Answered (2xx sent or received). SipDialog and Media are the JSON snapshots from which a call is taken up again.</summary>
    /// <param name="Encryption">How the media is encrypted, such as "SDES AEAD_AES_128_GCM"; null when it is not.</param>
    [WireName("call/answered/1")]
    public sealed record Answered(
        CallId CallId,
        DateTimeOffset At,
        string Codec,
        string SipDialog,
        string Media,
        string? Encryption = null
    ) : ICallEvent;

    /// <summary>The ACK arrived, or was sent: the SIP dialog is confirmed.</summary>
    [WireName("call/confirmed/1")]
    public sealed record Confirmed(CallId CallId, DateTimeOffset At) : ICallEvent;

    /// <summary>The session or the SIP dialog changed inside the call (re-INVITE, hold, target refresh).</summary>
    [WireName("call/session-changed/1")]
    public sealed record SessionChanged(
        CallId CallId,
        DateTimeOffset At,
        string Codec,
        bool OnHold,
        string SipDialog,
        string Media,
        string? Encryption = null
    ) : ICallEvent;

    /// <summary>
    /// Another party took the peer's place: a leg that replaced the former one (RFC 3891, or after REFER).
    /// </summary>
    [WireName("call/replaced/1")]
    public sealed record PeerReplaced(
        CallId CallId,
        DateTimeOffset At,
        string Peer,
        string RemoteAddress,
        string SipCallId,
        string Codec,
        string SipDialog,
        string Media,
        string? Encryption = null
    ) : ICallEvent;

    /// <summary>A turn was spoken and heard: the user's as understood, the agent's as far as it was played.</summary>
    /// <param name="LatencyMs">Agent turns: end of the user's speech to the first audio sent; null for the greeting.</param>
    /// <param name="Turn">The conversation's number of an agent turn; null for the user's, and for what the call says itself.</param>
    /// <param name="InputId">The id under which a user's turn was told to the conversation.</param>
    [WireName("call/turn/1")]
    public sealed record TurnSpoken(
        CallId CallId,
        DateTimeOffset At,
        Speaker Speaker,
        string Text,
        DateTimeOffset StartedAt,
        DateTimeOffset EndedAt,
        int? LatencyMs,
        bool Interrupted,
        int? Turn = null,
        string? InputId = null
    ) : ICallEvent;

    /// <summary>
    /// An agent turn was heard up to here, at the end of one of its clauses; the turn goes on. Whoever takes the call up goes
    /// on with the next word.
    /// </summary>
    /// <param name="HeardText">From the turn's start.</param>
    [WireName("call/agent-heard/1")]
    public sealed record AgentHeard(
        CallId CallId,
        DateTimeOffset At,
        int Turn,
        string HeardText,
        DateTimeOffset StartedAt
    ) : ICallEvent;

    /// <summary>
    /// The call leaves its node in good order, and is taken up on another one. What it was is journaled with it to the last
    /// request.
    /// </summary>
    /// <param name="Address">Of the node's actor system, where its audio goes on for a moment.</param>
    /// <param name="Recording">How the recording stood that is to go on; null when there was none.</param>
    [WireName("call/left-node/1")]
    public sealed record LeftNode(
        CallId CallId,
        DateTimeOffset At,
        string Node,
        string Address,
        string? SipDialog,
        string? Media,
        CallRecordingState? Recording
    ) : ICallEvent;

    /// <summary>
    /// Another process has taken the call up. The first that it writes: whoever held the call before is shut out of the
    /// journal from here on.
    /// </summary>
    /// <param name="Times">How often the call has been taken up, this time included.</param>
    /// <param name="Migrated">The former node had left it in good order.</param>
    [WireName("call/taken-up/1")]
    public sealed record TakenUp(CallId CallId, DateTimeOffset At, string Node, int Times, bool Migrated) : ICallEvent;

    /// <summary>The caller pressed a key.</summary>
    [WireName("call/dtmf/1")]
    public sealed record DigitPressed(CallId CallId, DateTimeOffset At, string Digit, int DurationMs) : ICallEvent;

    /// <summary>The other side is a fax machine, by its tone (ITU-T T.30): Cng, it calls; Ced, it answers.</summary>
    [WireName("call/fax/1")]
    public sealed record FaxHeard(CallId CallId, DateTimeOffset At, string Tone) : ICallEvent;

    /// <summary>A SIP message of the call, for the ladder: its start line and CSeq, never its body.</summary>
    [WireName("call/sip/1")]
    public sealed record SipExchanged(CallId CallId, DateTimeOffset At, bool Incoming, string StartLine, string CSeq)
        : ICallEvent;

    /// <summary>The SIP messages since the last event, oldest first: what the journal keeps of <see cref="SipExchanged"/>.</summary>
    [WireName("call/sip-ladder/1")]
    public sealed record SipLadder(CallId CallId, DateTimeOffset At, IReadOnlyList<SipRung> Rungs) : ICallEvent;

    /// <summary>A recording began.</summary>
    [WireName("call/recording-started/1")]
    public sealed record RecordingStarted(CallId CallId, DateTimeOffset At, string RecordingId, string Format)
        : ICallEvent;

    /// <summary>The call has moved to another node, which goes on with the recording in a file of its own.</summary>
    /// <param name="Part">Counted from 1; 2 is the first that is told of.</param>
    /// <param name="OffsetMs">From the call's answer to the part's start.</param>
    [WireName("call/recording-part/1")]
    public sealed record RecordingPartStarted(
        CallId CallId,
        DateTimeOffset At,
        string RecordingId,
        int Part,
        long OffsetMs,
        string Format,
        string Node
    ) : ICallEvent;

    /// <summary>From here on the recording is silent (PCI); its time goes on.</summary>
    [WireName("call/recording-paused/1")]
    public sealed record RecordingPaused(
        CallId CallId,
        DateTimeOffset At,
        string RecordingId,
        long PositionMs,
        string? Reason
    ) : ICallEvent;

    [WireName("call/recording-resumed/1")]
    public sealed record RecordingResumed(CallId CallId, DateTimeOffset At, string RecordingId, long PositionMs)
        : ICallEvent;

    /// <summary>
    /// A recording is complete and kept, or a part of it. It may come after <see cref="Ended"/>, since files take their time.
    /// </summary>
    [WireName("call/recording-stopped/1")]
    public sealed record RecordingStopped(
        CallId CallId,
        DateTimeOffset At,
        string RecordingId,
        string Uri,
        long DurationMs,
        long Bytes,
        string Sha256,
        long LostMs,
        string? Fault,
        int Part = 1
    ) : ICallEvent;

    /// <summary>A recording that was wanted is not there, for this cause.</summary>
    [WireName("call/recording-failed/1")]
    public sealed record RecordingFailed(CallId CallId, DateTimeOffset At, string RecordingId, string Cause)
        : ICallEvent;

    /// <summary>The one terminal event of a call's signalling.</summary>
    [WireName("call/ended/1")]
    public sealed record Ended(CallId CallId, DateTimeOffset At, EndCause Cause, MediaQuality? Quality) : ICallEvent;
}
