using System.Globalization;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>What a SUBSCRIBE asks for, or why it is refused.</summary>
/// <param name="Status">200, or the refusal.</param>
/// <param name="Seconds">How long it lasts; 0 ends it, or fetches.</param>
/// <param name="Event">The Event header for its notifications: package and id.</param>
/// <param name="Filter">The one dialog that is watched; null for all.</param>
internal sealed record SubscribeVerdict(
    int Status,
    string Cause,
    int Seconds = 0,
    string Event = "",
    DialogFilter? Filter = null
);

/// <summary>One dialog, by the parameters of RFC 4235 §3.2; tags are optional.</summary>
internal sealed record DialogFilter(string CallId, string? ToTag, string? FromTag)
{
    public bool Lets(WatchedDialog dialog) =>
        dialog.CallId == CallId
        && (ToTag is null || ToTag == dialog.LocalTag || ToTag == dialog.RemoteTag)
        && (FromTag is null || FromTag == dialog.LocalTag || FromTag == dialog.RemoteTag);
}

/// <summary>The notifier's rules for a SUBSCRIBE (RFC 6665 §4.2.1, RFC 4235 §3). Pure.</summary>
internal static class SubscribeRules
{
    /// <summary>The one package served here.</summary>
    public const string Package = "dialog";

    // RFC 6665 §4.2.1.1: an interval of an hour or more is never called too brief.
    private const uint AnHour = 3_600;

    public static SubscribeVerdict Judge(SipRequest subscribe, SubscriptionOptions options)
    {
        if (
            subscribe.Headers[SipHeaderId.Event] is not { } text
            || !TryReadEvent(text, out var package, out var parameters)
            || !package.Equals(Package, StringComparison.OrdinalIgnoreCase)
        )
        {
            return new SubscribeVerdict(SipStatus.BadEvent, $"only the event package '{Package}' is served here");
        }
        if (!Accepts(subscribe))
        {
            return new SubscribeVerdict(SipStatus.NotAcceptable, $"notifications are {DialogInfo.ContentType}");
        }
        if (subscribe.Contact is null)
        {
            return new SubscribeVerdict(SipStatus.BadRequest, "a SUBSCRIBE needs a Contact");
        }
        var asked = subscribe.Expires ?? (uint)options.DefaultExpirySeconds;
        if (asked is > 0 and < AnHour && asked < options.MinExpirySeconds)
        {
            var cause = $"a subscription lasts {options.MinExpirySeconds} s at least";
            return new SubscribeVerdict(SipStatus.IntervalTooBrief, cause);
        }
        var id = parameters["id"];
        var filter = parameters["call-id"] is { } callId
            ? new DialogFilter(Unquote(callId), Unquoted(parameters["to-tag"]), Unquoted(parameters["from-tag"]))
            : null;
        return new SubscribeVerdict(
            SipStatus.Ok,
            "",
            (int)Math.Min(asked, (uint)options.MaxExpirySeconds),
            id is null ? Package : $"{Package};id={id}",
            filter
        );
    }

    private static bool TryReadEvent(string text, out string package, out SipParameters parameters)
    {
        var semicolon = text.IndexOf(';');
        package = (semicolon < 0 ? text : text[..semicolon]).Trim();
        parameters = SipParameters.Empty;
        if (semicolon < 0)
        {
            return true;
        }
        foreach (var part in text[(semicolon + 1)..].Split(';', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=');
            if (equals == 0 || part.Length == 0)
            {
                return false;
            }
            parameters =
                equals < 0
                    ? parameters.With(part, null)
                    : parameters.With(part[..equals].TrimEnd(), part[(equals + 1)..].TrimStart());
        }
        return true;
    }

    /// <summary>Without Accept the package's own type is meant (RFC 4235 §3.5).</summary>
    private static bool Accepts(SipRequest subscribe)
    {
        if (!subscribe.Headers.Contains(SipHeaderId.Accept))
        {
            return true;
        }
        return subscribe
            .Headers.Elements(SipHeaderId.Accept)
            .Select(range => range.Split(';')[0].Replace(" ", "").ToLowerInvariant())
            .Any(range => range is DialogInfo.ContentType or "application/*" or "*/*");
    }

    private static string? Unquoted(string? text) => text is null ? null : Unquote(text);

    private static string Unquote(string text) => text is ['"', .., '"'] ? text[1..^1] : text;

    /// <summary>Subscription-State of a subscription that goes on.</summary>
    public static string Active(long secondsLeft) =>
        $"active;expires={secondsLeft.ToString(CultureInfo.InvariantCulture)}";
}
