namespace OCPlatform.Sip.Sessions;

/// <summary>What a verb of a <see cref="SipSession"/> did.</summary>
public enum SipSessionResult
{
    /// <summary>Done, or under way: what comes of it follows as an event.</summary>
    Done,

    /// <summary>Makes no sense now: a ring after the answer, an answer without an offer.</summary>
    NotInThisState,

    /// <summary>Another exchange of the same kind is under way; try again when it is over.</summary>
    Pending,

    /// <summary>The peer's Allow or Supported rules it out.</summary>
    NotAllowedByPeer,

    /// <summary>An argument that cannot be sent: a status of the wrong class, a body where none may stand.</summary>
    Invalid,
}

/// <summary>Why a request of ours got no final response.</summary>
public enum SipRequestFailure
{
    Timeout,
    TransportError,

    /// <summary>Not sent at all: no room, no route, not allowed.</summary>
    Refused,
}
