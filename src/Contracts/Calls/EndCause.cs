namespace OCPlatform.Contracts.Calls;

/// <summary>Who brought the call to its end.</summary>
public enum EndedBy
{
    Caller,

    /// <summary>Whom we called.</summary>
    Callee,
    Agent,
    Platform,
    Operator,
    Network,
}

/// <summary>Why a call ended. One reason per call, the first that applied.</summary>
public enum EndReason
{
    /// <summary>BYE by the other side after the call was answered.</summary>
    HungUp,

    /// <summary>CANCEL before the answer.</summary>
    Cancelled,

    /// <summary>The agent said goodbye.</summary>
    Completed,

    /// <summary>The callee refused (3xx–6xx but busy).</summary>
    Rejected,

    /// <summary>The callee is busy (486, 600).</summary>
    Busy,

    /// <summary>It rang for as long as it may (408, 480, our CANCEL).</summary>
    NoAnswer,

    /// <summary>No trunk, phone or address may or can take the call; the detail names the rule or the fault.</summary>
    NoRoute,

    /// <summary>The other side took the call to somebody else (REFER, Replaces).</summary>
    Transferred,

    /// <summary>The session timer ran out: nobody refreshed (RFC 4028).</summary>
    SessionExpired,

    /// <summary>No codec or media type in common (488).</summary>
    MediaNotAcceptable,

    /// <summary>The INVITE or its body could not be used (400, 415, …).</summary>
    BadRequest,

    /// <summary>No media port, no capacity (503).</summary>
    Overloaded,

    /// <summary>The caller never acknowledged the answer (64*T1 without ACK).</summary>
    NoAck,

    /// <summary>No audio arrived for the configured time.</summary>
    MediaTimeout,

    /// <summary>The other side stopped answering SIP requests (408, 481, transport error).</summary>
    SignallingLost,

    /// <summary>The process that held the call went away, and the call could not be taken up again.</summary>
    NodeLost,

    /// <summary>The node is being stopped.</summary>
    ShuttingDown,

    /// <summary>Something in the platform failed; the detail says what.</summary>
    InternalError,
}

/// <summary>The classified cause of a call's end.</summary>
/// <param name="SipStatus">The final status sent or received when the call was refused or failed; else null.</param>
/// <param name="Detail">One line for a person: what happened, naming the cause.</param>
public sealed record EndCause(EndedBy By, EndReason Reason, int? SipStatus, string? Detail);
