using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>What is wrong with a request, and how it is said.</summary>
/// <param name="Header">A header that belongs to the status, with its value; Unknown for none.</param>
internal readonly record struct RequestFault(
    AdmissionReason Reason,
    int Status,
    string Cause,
    SipHeaderId Header = SipHeaderId.Unknown,
    string Value = ""
);

/// <summary>
/// The inspection of a request by its server, in the order of RFC 3261 §8.2: hops, Request-URI, dialog to
/// replace (RFC 3891 §3), extensions, body. What the
/// body says is for those who serve it.
/// </summary>
internal static class RequestChecks
{
    // A proxy's matter (RFC 3323 §4.2, RFC 3329 §2.3.1) that is not taken out when the proxy has done it.
    private static readonly string[] DoneByProxies = ["privacy", "sec-agree"];

    /// <summary>Null when nothing is wrong.</summary>
    /// <param name="isLoop">The endpoint knows the request as one of its own (RFC 5393 §4.2).</param>
    public static RequestFault? Of(SipRequest request, SipAdmissionOptions options, bool isLoop = false)
    {
        // A registrar is where REGISTER ends; any other may be passed on by the agent.
        if (request.MaxForwards == 0 && request.Method != SipMethod.Register)
        {
            return new(AdmissionReason.TooManyHops, SipStatus.TooManyHops, "Max-Forwards is 0");
        }
        if (isLoop)
        {
            return new(AdmissionReason.Loop, SipStatus.LoopDetected, "the request left here and came back unchanged");
        }
        var uri = request.RequestUri;
        if (!uri.IsSip && uri.Scheme != "tel")
        {
            return new(
                AdmissionReason.UnknownScheme,
                SipStatus.UnsupportedUriScheme,
                "the Request-URI is neither sip, sips nor tel"
            );
        }
        if (request.Method != SipMethod.Register && !Serves(options.ServedUsers, UserOf(uri)))
        {
            return new(AdmissionReason.UnknownUser, SipStatus.NotFound, "the called user is not served here");
        }
        if (
            request.IsInvite
            && request.Headers.Contains(SipHeaderId.Replaces)
            && SipRequestKinds.ReplacedCall(request) is null
        )
        {
            return new(
                AdmissionReason.BelongsToNothing,
                SipStatus.CallDoesNotExist,
                "Replaces names no dialog of this node"
            );
        }
        if (Unsupported(request) is { Count: > 0 } extensions)
        {
            var list = string.Join(", ", extensions);
            return new(
                AdmissionReason.ExtensionRequired,
                SipStatus.BadExtension,
                $"required extension not supported: {list}",
                SipHeaderId.Unsupported,
                list
            );
        }
        if (request.Body.Length > options.MaxBodyBytes)
        {
            return new(
                AdmissionReason.BodyTooLong,
                SipStatus.RequestEntityTooLarge,
                $"the body is longer than {options.MaxBodyBytes} bytes"
            );
        }
        return null;
    }

    /// <summary>The user that a Request-URI names: the user part without its parameters, or a telephone number.</summary>
    public static string UserOf(SipUri uri)
    {
        var user = uri.UnescapedUser ?? uri.Opaque ?? "";
        var end = user.IndexOf(';');
        return end < 0 ? user : user[..end];
    }

    private static bool Serves(List<string> served, string user) =>
        served.Count == 0
        || served.Any(name =>
            name.EndsWith('*') ? user.StartsWith(name[..^1], StringComparison.Ordinal) : user == name
        );

    private static List<string> Unsupported(SipRequest request) =>
        [
            .. request.Require.Where(tag => !IsSupported(tag)),
            .. request
                .Headers.Elements(SipHeaderId.ProxyRequire)
                .Where(tag => !IsSupported(tag) && !DoneByProxies.Contains(tag, StringComparer.OrdinalIgnoreCase)),
        ];

    private static bool IsSupported(string tag) =>
        SipProduct.Extensions.Contains(tag, StringComparer.OrdinalIgnoreCase);
}
