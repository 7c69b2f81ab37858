namespace OCPlatform.Sip;

/// <summary>
/// What a UAS core asks of a request before it looks at its meaning (RFC 3261 §8.2.1–§8.2.3), in the RFC's order: method, Request-URI, required
/// extensions, body, and whether an answer could be understood. Merged requests are the transaction layer's affair.
/// </summary>
public sealed class RequestInspection
{
    /// <summary>Methods answered at all; another gets 405, or 501 when nobody ever registered it.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [SipMethod.Invite, SipMethod.Bye, SipMethod.Options];

    /// <summary>Option tags understood, for Require.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>Media types of bodies understood, lower case; within multipart bodies too.</summary>
    public IReadOnlyList<string> BodyTypes { get; init; } = ["application/sdp"];

    private static readonly string[] Registered =
    [
        SipMethod.Invite,
        SipMethod.Ack,
        SipMethod.Bye,
        SipMethod.Cancel,
        SipMethod.Options,
        SipMethod.Register,
        SipMethod.Prack,
        SipMethod.Update,
        SipMethod.Info,
        SipMethod.Refer,
        SipMethod.Notify,
        SipMethod.Subscribe,
        SipMethod.Message,
        SipMethod.Publish,
    ];

    /// <summary>Null when there is nothing to object to; else the refusal, with the header that tells the peer what would do.</summary>
    public SipResponse? Refuse(SipRequest request)
    {
        if (!Methods.Contains(request.Method))
        {
            var status = Registered.Contains(request.Method) ? SipStatus.MethodNotAllowed : SipStatus.NotImplemented;
            return Refusal(request, status, SipHeaderId.Allow, Methods);
        }
        if (request.RequestUri is { IsSip: false, Scheme: not "tel" })
        {
            return SipResponse.Create(request, SipStatus.UnsupportedUriScheme);
        }
        var unknown = request
            .Require.Where(tag => !Extensions.Contains(tag, StringComparer.OrdinalIgnoreCase))
            .ToList();
        if (unknown.Count > 0)
        {
            return Refusal(request, SipStatus.BadExtension, SipHeaderId.Unsupported, unknown);
        }
        return RefuseBody(request) ?? RefuseAnswer(request);
    }

    private SipResponse? RefuseBody(SipRequest request)
    {
        if (request.Body.IsEmpty)
        {
            return null;
        }
        if (!SipBody.TryReadParts(request, out var parts))
        {
            return SipResponse.Create(request, SipStatus.BadRequest, "Malformed multipart body");
        }
        if (parts.Any(part => !part.IsOptional && !BodyTypes.Contains(part.ContentType)))
        {
            return Refusal(request, SipStatus.UnsupportedMediaType, SipHeaderId.Accept, BodyTypes);
        }
        var encoded = request
            .Headers.Elements(SipHeaderId.ContentEncoding)
            .Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase));
        return encoded
            ? Refusal(request, SipStatus.UnsupportedMediaType, SipHeaderId.AcceptEncoding, ["identity"])
            : null;
    }

    /// <summary>An INVITE is answered with a session description; Accept without it leaves nothing to say (RFC 3261 §20.1).</summary>
    private static SipResponse? RefuseAnswer(SipRequest request) =>
        request.IsInvite && request.Headers.Contains(SipHeaderId.Accept) && !AcceptsSdp(request)
            ? SipResponse.Create(request, SipStatus.NotAcceptable)
            : null;

    private static bool AcceptsSdp(SipRequest request) =>
        request
            .Headers.Elements(SipHeaderId.Accept)
            .Select(range => range.Split(';', 2)[0].Replace(" ", "").ToLowerInvariant())
            .Any(type => type is "application/sdp" or "application/*" or "*/*" or "multipart/mixed");

    private static SipResponse Refusal(SipRequest request, int status, SipHeaderId header, IReadOnlyList<string> wanted)
    {
        var response = SipResponse.Create(request, status);
        response.Headers.Add(header, string.Join(", ", wanted));
        return response;
    }
}
