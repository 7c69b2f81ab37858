using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OCPlatform.Sip.Sessions;

/// <summary>A REFER and the subscription that it makes by itself (RFC 3515 §2.4.4), of either side.</summary>
internal sealed class Referral(string id, string eventId, bool ours, bool isFirst)
{
    /// <summary>The name it has in verbs and events.</summary>
    public string Id { get; } = id;

    /// <summary>The <c>id</c> of its Event header: the CSeq number of the REFER as it left.</summary>
    public string EventId { get; set; } = eventId;

    public bool Ours { get; } = ours;

    /// <summary>The first of the dialog in its direction, which may go without <c>id</c> (§2.4.6).</summary>
    public bool IsFirst { get; } = isFirst;

    /// <summary>Status of the referred call as last told.</summary>
    public int Status { get; set; } = SipStatus.Trying;

    public string Reason { get; set; } = SipStatus.ReasonOf(SipStatus.Trying);

    /// <summary>When the subscription runs out.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary>The Event header of its NOTIFY.</summary>
    public string Event => IsFirst ? "refer" : $"refer;id={EventId}";

    public bool Is(ReferEvent e) => e.Id is null ? IsFirst : e.Id == EventId;
}

/// <summary>An Event header value (RFC 6665 §8.2.1).</summary>
internal readonly record struct ReferEvent(string Package, string? Id)
{
    public static bool TryParse(string? text, out ReferEvent value)
    {
        value = default;
        var semicolon = text?.IndexOf(';') ?? -1;
        var package = (semicolon < 0 ? text : text![..semicolon])?.Trim();
        if (
            string.IsNullOrEmpty(package)
            || !SipParameters.TryParse(SipText.Bytes(semicolon < 0 ? "" : text![semicolon..]), out var parameters)
        )
        {
            return false;
        }
        value = new(package.ToLowerInvariant(), parameters["id"]);
        return true;
    }
}

/// <summary>A Subscription-State header value (RFC 6665 §8.2.3).</summary>
internal readonly record struct SubscriptionState(bool Terminated, int? ExpiresS)
{
    public static bool TryParse(string? text, out SubscriptionState value)
    {
        value = default;
        var semicolon = text?.IndexOf(';') ?? -1;
        var state = (semicolon < 0 ? text : text![..semicolon])?.Trim();
        if (
            string.IsNullOrEmpty(state)
            || !SipParameters.TryParse(SipText.Bytes(semicolon < 0 ? "" : text![semicolon..]), out var parameters)
        )
        {
            return false;
        }
        int? expires = int.TryParse(
            parameters["expires"],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var seconds
        )
            ? seconds
            : null;
        value = new(state.Equals("terminated", StringComparison.OrdinalIgnoreCase), expires);
        return true;
    }
}

/// <summary>What a Refer-To header asks for (RFC 3515 §2.1).</summary>
internal sealed record ReferTarget(SipUri Target, SipReplaces? Replaces)
{
    /// <summary>Refer-To with the Replaces header escaped into the URI (RFC 3891 §4).</summary>
    public static string Write(SipUri target, SipReplaces? replaces) =>
        replaces is null
            ? $"<{target}>"
            : $"<{target with { Headers = $"Replaces={Uri.EscapeDataString(replaces.ToString())}" }}>";

    /// <summary>False with the status and cause that refuse it.</summary>
    public static bool TryRead(
        SipRequest refer,
        [NotNullWhen(true)] out ReferTarget? target,
        out int status,
        out string cause
    )
    {
        target = null;
        (status, cause) = (SipStatus.BadRequest, "a REFER needs one Refer-To");
        var values = refer.Headers.Lines(SipHeaderId.ReferTo);
        if (values.Count != 1 || !NameAddress.TryParse(values[0], out var address))
        {
            return false;
        }
        if (!address.Uri.IsSip && address.Uri.Scheme != "tel")
        {
            (status, cause) = (SipStatus.UnsupportedUriScheme, $"cannot call a {address.Uri.Scheme} URI");
            return false;
        }
        if (address.Uri.Parameters["method"] is { } method && method != SipMethod.Invite)
        {
            (status, cause) = (SipStatus.Decline, "only calls are referred");
            return false;
        }
        SipReplaces? replaces = null;
        foreach (var header in (address.Uri.Headers ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = header.IndexOf('=');
            if (
                equals > 0
                && header[..equals].Equals("Replaces", StringComparison.OrdinalIgnoreCase)
                && !SipReplaces.TryParse(Uri.UnescapeDataString(header[(equals + 1)..]), out replaces)
            )
            {
                cause = "Replaces in Refer-To is malformed";
                return false;
            }
        }
        target = new(
            address.Uri with
            {
                Headers = null,
                Parameters = address.Uri.Parameters.Without("method"),
            },
            replaces
        );
        return true;
    }
}
