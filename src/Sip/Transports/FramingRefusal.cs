using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Transports;

/// <summary>The response to a message that ends its stream (RFC 3261 §18.3: 400 when Content-Length does not fit).</summary>
internal static class FramingRefusal
{
    /// <summary>Null when the header part is not whole, is no request, or cannot be read well enough.</summary>
    public static byte[]? Create(SipFramingError error, ReadOnlyMemory<byte> head, SipFlow flow)
    {
        if (head.IsEmpty)
        {
            return null;
        }
        var request = SipParser.TryParse(head.Span, out var message, out var refused)
            ? message as SipRequest
            : refused.Request;
        if (request is null || request.IsAck)
        {
            return null;
        }
        ResponseRouting.StampSource(request, flow);
        var (status, reason) = error switch
        {
            SipFramingError.TooLarge => (SipStatus.MessageTooLarge, null),
            SipFramingError.MissingContentLength => (SipStatus.BadRequest, "Missing Content-Length"),
            _ => (SipStatus.BadRequest, "Bad Content-Length"),
        };
        return SipResponse.Create(request, status, reason).ToBytes();
    }
}
