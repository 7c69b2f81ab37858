using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Who calls and who was called first, as told by headers that only a trusted peer may set: P-Asserted-Identity (RFC 3325 §5), Diversion
/// (RFC 5806 §7.2), History-Info (RFC 7044 §10). The one place that decides: what an INVITE still has behind it may be believed.
/// </summary>
internal static class TrustedIdentity
{
    private static readonly SipHeaderId[] OnlyFromTrusted =
    [
        SipHeaderId.PAssertedIdentity,
        SipHeaderId.Diversion,
        SipHeaderId.HistoryInfo,
    ];

    /// <summary>The INVITE as it is passed on: itself from a trusted trunk, else a copy without what it may not say.</summary>
    public static SipRequest Of(SipRequest invite, TrunkSettings? trunk)
    {
        if (trunk is { TrustIdentity: true } || !OnlyFromTrusted.Any(header => invite.Headers.Contains(header)))
        {
            return invite;
        }
        var copy = invite.Clone();
        foreach (var header in OnlyFromTrusted)
        {
            copy.Headers.Remove(header);
        }
        return copy;
    }
}
