namespace OCPlatform.Gateways.Sip;

/// <summary>Why a request was let in or not. Each has one status, or is answered with silence.</summary>
public enum AdmissionReason
{
    Admitted,

    /// <summary>The source belongs to no trunk, and nobody could log in from there: 403.</summary>
    UnknownSource,

    /// <summary>First request without credentials, or with a nonce that is too old: 401 with a challenge.</summary>
    CredentialsMissing,

    /// <summary>Wrong user or password, which are not told apart: 403.</summary>
    CredentialsWrong,

    /// <summary>Credentials that cannot be read, or are for another request: 400.</summary>
    CredentialsMalformed,

    /// <summary>Too many wrong passwords from the source; no more are checked for a while: 503, or silence.</summary>
    TooManyFailedLogins,

    /// <summary>The user may register and be called, but not call: 403.</summary>
    MayNotCall,

    /// <summary>A known source sends more requests than it may: 503 with Retry-After.</summary>
    TooFast,

    /// <summary>The node holds its limit of calls: 503 with Retry-After.</summary>
    Full,

    /// <summary>The trunk holds its limit of calls: 503 with Retry-After.</summary>
    TrunkFull,

    /// <summary>More calls a second than the trunk may bring: 503 with Retry-After.</summary>
    TrunkTooFast,

    /// <summary>A request of ours that came back unchanged (RFC 5393): 482.</summary>
    Loop,

    /// <summary>Every RTP port is in use: 503 with Retry-After.</summary>
    NoMediaPort,

    /// <summary>The node is too busy for all of its new calls: 503 with Retry-After.</summary>
    Overload,

    /// <summary>The database is away, and calls.whenDatabaseIsAway says that no calls are taken then: 503 with Retry-After.</summary>
    DatabaseAway,

    /// <summary>The node is being stopped: 503 with Retry-After.</summary>
    Draining,

    /// <summary>The Request-URI is neither sip, sips nor tel: 416.</summary>
    UnknownScheme,

    /// <summary>This node does not serve the called user: 404.</summary>
    UnknownUser,

    /// <summary>Max-Forwards is spent: 483.</summary>
    TooManyHops,

    /// <summary>An extension is required that we do not speak: 420 (RFC 3261 §8.2.2.3).</summary>
    ExtensionRequired,

    /// <summary>The body is longer than we take: 413.</summary>
    BodyTooLong,

    /// <summary>The method is not served outside a dialog: 405, 481 or 501.</summary>
    MethodNotServed,

    /// <summary>CANCEL of nothing, or a request in a dialog that is none of ours: 481.</summary>
    BelongsToNothing,

    /// <summary>In a dialog that this node does not know, from a source that it does not know, and too many of these: silence.</summary>
    StrayDialog,

    /// <summary>An unknown source sends more than it may: silence.</summary>
    TooFastStranger,

    /// <summary>It names itself like a scanner, or behaves like one: silence.</summary>
    Banned,
}
