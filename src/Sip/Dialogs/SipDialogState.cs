namespace OCPlatform.Sip.Dialogs;

/// <summary>Which end of a dialog we are (RFC 3261 §12).</summary>
public enum SipDialogRole
{
    /// <summary>The peer sent the request that made the dialog.</summary>
    Uas,

    /// <summary>We did.</summary>
    Uac,
}

/// <summary>
/// All there is to know of a dialog (RFC 3261 §12), as plain values, so that it can be kept in a journal and go on elsewhere.
/// Addresses are header values without tag: <c>"Bob" &lt;sip:bob@example.com&gt;</c>.
/// </summary>
public sealed record SipDialogState
{
    public required string CallId { get; init; }

    public required string LocalTag { get; init; }

    /// <summary>Empty for a peer of RFC 2543 that sends no tag.</summary>
    public required string RemoteTag { get; init; }

    public required string LocalAddress { get; init; }

    public required string RemoteAddress { get; init; }

    /// <summary>The URI that in-dialog requests go to: the peer's Contact.</summary>
    public required string RemoteTarget { get; init; }

    /// <summary>Our own Contact URI, sent in target refresh requests; null when none was given yet.</summary>
    public string? LocalTarget { get; init; }

    /// <summary>Route values, first hop first.</summary>
    public IReadOnlyList<string> RouteSet { get; init; } = [];

    /// <summary>CSeq number of our last request; 0 when there was none.</summary>
    public uint LocalCSeq { get; init; }

    /// <summary>CSeq number of the peer's last request; null when there was none.</summary>
    public uint? RemoteCSeq { get; init; }

    /// <summary>Made over TLS with a sips URI (RFC 3261 §12.1).</summary>
    public bool Secure { get; init; }

    public SipDialogRole Role { get; init; }

    /// <summary>False while only provisional responses made it (early dialog).</summary>
    public bool Confirmed { get; init; }

    public bool Equals(SipDialogState? other) =>
        other is not null
        && CallId == other.CallId
        && LocalTag == other.LocalTag
        && RemoteTag == other.RemoteTag
        && LocalAddress == other.LocalAddress
        && RemoteAddress == other.RemoteAddress
        && RemoteTarget == other.RemoteTarget
        && LocalTarget == other.LocalTarget
        && RouteSet.SequenceEqual(other.RouteSet)
        && LocalCSeq == other.LocalCSeq
        && RemoteCSeq == other.RemoteCSeq
        && Secure == other.Secure
        && Role == other.Role
        && Confirmed == other.Confirmed;

    public override int GetHashCode() => HashCode.Combine(CallId, LocalTag, RemoteTag, LocalCSeq, RemoteCSeq);
}
