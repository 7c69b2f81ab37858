using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Calls;

/// <summary>What the platform, an operator or another call asks of a call. Each but Recover and NoteRecording is answered with a <see cref="CallOutcome"/>.</summary>
public static class CallCommands
{
    /// <summary>
    /// Places a call: this id's first message, sent once. The outcome comes with the final response to the INVITE.
    /// </summary>
    /// <param name="To">SIP or tel URI, a telephone number in E.164 (<c>+4930…</c>), or the address of a registered phone.</param>
    /// <param name="From">Caller's number or URI; null for the trunk's own.</param>
    /// <param name="Trunk">The trunk to use; null lets the gateway choose by its routes.</param>
    /// <param name="Agent">The agent that talks; null for the configured one.</param>
    /// <param name="RingSeconds">How long it may ring; null for the configured time.</param>
    /// <param name="Replaces">Replaces header value (RFC 3891): the dialog at the target that this call takes over.</param>
    [WireName("call/place/1")]
    public sealed record Place(
        CallId CallId,
        string To,
        string? From,
        string? Trunk,
        string? Agent,
        int? RingSeconds,
        string? Replaces = null
    ) : ICallMessage;

    /// <summary>Rings again, or lets the caller hear audio before the answer (183 with SDP).</summary>
    [WireName("call/ring/1")]
    public sealed record Ring(CallId CallId, bool EarlyMedia) : ICallMessage;

    /// <summary>Answers a call that rings.</summary>
    [WireName("call/answer/1")]
    public sealed record Answer(CallId CallId) : ICallMessage;

    /// <summary>Refuses a call that was not answered, with a final status from 300 to 699.</summary>
    /// <param name="Contact">For 3xx: where the caller should try instead.</param>
    [WireName("call/reject/1")]
    public sealed record Reject(CallId CallId, int Status, string? Cause, string? Contact = null) : ICallMessage;

    /// <summary>Ends the call politely: BYE, CANCEL, or a final response when it was not answered yet.</summary>
    [WireName("call/hang-up/1")]
    public sealed record HangUp(CallId CallId, EndCause Cause) : ICallMessage;

    /// <summary>Puts the other side on hold: it hears silence and is not listened to (RFC 3264 §8.4).</summary>
    [WireName("call/hold/1")]
    public sealed record Hold(CallId CallId) : ICallMessage;

    /// <summary>Ends our hold.</summary>
    [WireName("call/resume/1")]
    public sealed record Resume(CallId CallId) : ICallMessage;

    /// <summary>
    /// Asks the other side to call the target instead of us (REFER, RFC 3515). When it reports success the call ends;
    /// when not, it goes on, and the outcome says why.
    /// </summary>
    /// <param name="Target">URI or number to be called.</param>
    /// <param name="Consultation">
    /// Attended transfer: another call of this platform, whose far end takes over (Replaces in Refer-To); its peer is
    /// then the target. Null for a blind transfer.
    /// </param>
    [WireName("call/transfer/1")]
    public sealed record Transfer(CallId CallId, string Target, CallId? Consultation = null) : ICallMessage;

    /// <summary>
    /// Connects the conversation to somebody else: a new leg is called, and when it answers it replaces the present one,
    /// which gets BYE. When it fails nothing has changed.
    /// </summary>
    /// <param name="Replaces">Replaces header value for the new INVITE; null for none.</param>
    [WireName("call/replace/1")]
    public sealed record Replace(CallId CallId, string Target, string? Trunk, string? Replaces) : ICallMessage;

    /// <summary>Sends digits (0–9, *, #, A–D) as telephone-events, or by INFO to a peer that does not take those.</summary>
    [WireName("call/send-digits/1")]
    public sealed record SendDigits(CallId CallId, string Digits, int DurationMs = 160) : ICallMessage;

    /// <summary>Asks whether the other side is still there, and renews the session timer (UPDATE or re-INVITE).</summary>
    [WireName("call/refresh/1")]
    public sealed record Refresh(CallId CallId) : ICallMessage;

    /// <summary>Tells the present dialog's identifiers, for an attended transfer: answered with <see cref="DialogOfCall"/>.</summary>
    [WireName("call/get-dialog/1")]
    public sealed record GetDialog(CallId CallId) : ICallMessage;

    /// <summary>Writes the call's SIP and RTP into a file from now on.</summary>
    /// <param name="Keys">Leave credentials and SRTP keys in SIP messages readable.</param>
    /// <param name="MaxMegabytes">Ends at this size; null for the configured one.</param>
    [WireName("call/start-capture/1")]
    public sealed record StartCapture(CallId CallId, bool Keys, int? MaxMegabytes) : ICallMessage;

    [WireName("call/stop-capture/1")]
    public sealed record StopCapture(CallId CallId) : ICallMessage;

    /// <summary>Begins a recording, after the consent prompt where one is configured; done when the file is there.</summary>
    [WireName("call/start-recording/1")]
    public sealed record StartRecording(CallId CallId) : ICallMessage;

    /// <summary>Both sides are silence in the recording until it is resumed (PCI DSS); its time goes on.</summary>
    /// <param name="Reason">For the record; null for none.</param>
    [WireName("call/pause-recording/1")]
    public sealed record PauseRecording(CallId CallId, string? Reason) : ICallMessage;

    [WireName("call/resume-recording/1")]
    public sealed record ResumeRecording(CallId CallId) : ICallMessage;

    /// <summary>Ends the recording; done when the file is complete and kept.</summary>
    [WireName("call/stop-recording/1")]
    public sealed record StopRecording(CallId CallId) : ICallMessage;

    /// <summary>
    /// Tells a call what became of a recording whose process was killed, or that waited for the database: an event for its
    /// journal. No answer.
    /// </summary>
    /// <param name="Part">Which file of the recording.</param>
    /// <param name="LostMs">Silence that stands for audio which could not be written.</param>
    [WireName("call/note-recording/1")]
    public sealed record NoteRecording(
        CallId CallId,
        string RecordingId,
        string Uri,
        long DurationMs,
        long Bytes,
        string Sha256,
        string? Fault,
        int Part = 1,
        long LostMs = 0
    ) : ICallMessage;

    /// <summary>Takes up a call whose process went away: its journal tells what it was.</summary>
    [WireName("call/recover/1")]
    public sealed record Recover(CallId CallId) : ICallMessage;

    /// <summary>
    /// The call's shard leaves this node: the actor makes its journal complete and stops, so that it is taken up on another
    /// one. It never crosses the wire, and names no call: a shard tells it to all of its calls.
    /// </summary>
    public sealed record LeaveNode
    {
        public static readonly LeaveNode Instance = new();
    }
}

/// <summary>What a call was asked to do.</summary>
public enum CallVerb
{
    Place,
    Ring,
    Answer,
    Reject,
    HangUp,
    Hold,
    Resume,
    Transfer,
    Replace,
    SendDigits,
    Refresh,
    StartCapture,
    StopCapture,
    StartRecording,
    PauseRecording,
    ResumeRecording,
    StopRecording,
}

/// <summary>What became of it.</summary>
public enum CallVerbResult
{
    Done,

    /// <summary>The other side, or a trunk's rule, refused; status and detail say how and why. The call is as it was.</summary>
    Refused,

    /// <summary>The call is not in a state for it: not answered yet, another change under way, over.</summary>
    NotPossible,

    /// <summary>The other side gave no answer in time.</summary>
    TimedOut,
}

/// <summary>The answer to a command.</summary>
/// <param name="SipStatus">The final status that decided it, where one did.</param>
/// <param name="Detail">One line for a person that names the cause; null when done.</param>
[WireName("call/outcome/1")]
public sealed record CallOutcome(CallId CallId, CallVerb Verb, CallVerbResult Result, int? SipStatus, string? Detail)
    : ICallMessage;

/// <summary>A live call's dialog as its peer knows it (RFC 3891 §6.1). Null fields: the call has none.</summary>
/// <param name="Peer">The peer's address, for Refer-To.</param>
/// <param name="Replaces">The Replaces value by which the peer finds the dialog.</param>
[WireName("call/dialog/1")]
public sealed record DialogOfCall(CallId CallId, string? Peer, string? Replaces) : ICallMessage;

public static class CallQueries
{
    /// <summary>Asks a live call for its record and its audio quality at this moment.</summary>
    [WireName("call/get/1")]
    public sealed record Get(CallId CallId) : ICallMessage;

    /// <summary>The answer. Record is null when the journal knows no such call.</summary>
    [WireName("call/get-answer/1")]
    public sealed record Answer(CallId CallId, CallRecord? Record) : ICallMessage;
}
