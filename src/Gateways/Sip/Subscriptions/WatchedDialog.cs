using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>The states of a dialog as watchers see it (RFC 4235 §3.7.1).</summary>
internal enum WatchedState
{
    /// <summary>The INVITE is there, nothing was answered.</summary>
    Trying,

    /// <summary>A call of ours got a provisional response without a tag.</summary>
    Proceeding,

    /// <summary>It rings.</summary>
    Early,
    Confirmed,
    Terminated,
}

/// <summary>What ended a dialog (RFC 4235 §3.7.1).</summary>
internal enum WatchedEvent
{
    Cancelled,
    Rejected,
    Replaced,
    LocalBye,
    RemoteBye,
    Error,
    Timeout,
}

/// <summary>One call of a watched address.</summary>
/// <param name="Id">Unique among the dialogs told of here; says nothing about the call.</param>
/// <param name="Resource">The user part of the address that was called, or that calls.</param>
/// <param name="Initiator">The call was placed here.</param>
/// <param name="RemoteIdentity">Null when the other side asked for privacy (RFC 3323).</param>
/// <param name="CallId">Call-ID, and the tags of both sides as this side has them.</param>
internal sealed record WatchedDialog(
    string Id,
    string Resource,
    bool Initiator,
    WatchedState State,
    WatchedEvent? Event,
    SipUri LocalIdentity,
    NameAddress? RemoteIdentity,
    string CallId,
    string? LocalTag,
    string? RemoteTag
);
