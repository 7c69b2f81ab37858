using System.Buffers;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>A response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    private readonly int _reasonStart;
    private readonly int _reasonLength;
    private string? _reason;

    internal SipResponse(
        ReadOnlyMemory<byte> buffer,
        HeaderField[] fields,
        int count,
        int status,
        int reasonStart,
        int reasonLength
    )
        : base(buffer, fields, count)
    {
        StatusCode = status;
        _reasonStart = reasonStart;
        _reasonLength = reasonLength;
    }

    private SipResponse(int status, string reason)
        : base(default, new HeaderField[16], 0)
    {
        StatusCode = status;
        _reason = reason;
    }

    /// <summary>100 to 699.</summary>
    public int StatusCode { get; }

    public string ReasonPhrase => _reason ??= Encoding.UTF8.GetString(Buffer.Span.Slice(_reasonStart, _reasonLength));

    public bool IsProvisional => StatusCode < 200;

    public bool IsFinal => StatusCode >= 200;

    public bool IsSuccess => StatusCode is >= 200 and < 300;

    /// <summary>
    /// A response to the request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq copied, Record-Route too when it may
    /// form a dialog, Timestamp for 100.
    /// </summary>
    /// <param name="toTag">
    /// Put on To when the request's has none. Null leaves To as it is for 100 and makes a random tag otherwise.
    /// </param>
    public static SipResponse Create(SipRequest request, int status, string? reason = null, string? toTag = null)
    {
        var response = new SipResponse(status, reason ?? SipStatus.ReasonOf(status));
        response.CopyHeader(request, SipHeaderId.Via);
        response.CopyHeader(request, SipHeaderId.From);
        if (status > 100 && request.To.Tag is null)
        {
            response.Headers.Add(SipHeaderId.To, request.To.WithTag(toTag ?? SipToken.NewTag()).ToString());
        }
        else
        {
            response.CopyHeader(request, SipHeaderId.To);
        }
        response.CopyHeader(request, SipHeaderId.CallId);
        response.CopyHeader(request, SipHeaderId.CSeq);
        if (status == SipStatus.Trying)
        {
            response.CopyHeader(request, SipHeaderId.Timestamp);
        }
        else if (status < 300 && request.Method is SipMethod.Invite or SipMethod.Subscribe or SipMethod.Refer)
        {
            response.CopyHeader(request, SipHeaderId.RecordRoute);
        }
        return response;
    }

    private protected override void WriteStartLine(IBufferWriter<byte> output)
    {
        SipText.Write(output, "SIP/2.0 "u8);
        SipText.Write(output, StatusCode);
        SipText.Write(output, " "u8);
        if (_reason is null)
        {
            SipText.Write(output, Buffer.Span.Slice(_reasonStart, _reasonLength));
        }
        else
        {
            SipText.Write(output, _reason);
        }
        SipText.Write(output, "\r\n"u8);
    }
}
