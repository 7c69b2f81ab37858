using System.Text;

namespace OCPlatform.Sip;

/// <summary>A response (RFC 3261 §7.2).</summary>
public sealed class SipResponse : SipMessage
{
    private readonly int _reasonStart;
    private readonly int _reasonLength;
    private string? _reason;

    internal SipResponse(in ParsedParts parts, int status, int reasonStart, int reasonLength)
        : base(in parts)
    {
        StatusCode = status;
        _reasonStart = reasonStart;
        _reasonLength = reasonLength;
    }

    private SipResponse(int status, string reason)
    {
        StatusCode = status;
        _reason = reason;
    }

    /// <summary>100 to 699.</summary>
    public int StatusCode { get; }

    public string ReasonPhrase => _reason ??= Encoding.UTF8.GetString(Wire(_reasonStart, _reasonLength));

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
        if (status > 100 && request.ToTag.IsEmpty && request.Headers.TryGetBytes(SipHeaderId.To, out var to))
        {
            response.AddTo(to, toTag ?? SipToken.NewTag());
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

    /// <summary>The request's To with a tag; a bare addr-spec gets brackets, so that the tag cannot become the URI's.</summary>
    private void AddTo(ReadOnlySpan<byte> to, string tag)
    {
        if (!NameAddressSlices.TryParse(to, out var address))
        {
            // Of a refused request: it goes back as it came, since a tag might end up within a quote.
            InsertField(FieldCount, MakeField(SipHeaderId.To, "", to));
            return;
        }
        if (SipParameterReader.Contains(address.Parameters, "tag"u8))
        {
            // ";tag" without a value: only a rewrite mends it.
            NameAddress.TryParse(to, out var typed);
            InsertField(FieldCount, MakeField(SipHeaderId.To, typed!.WithTag(tag)));
            return;
        }
        var writer = ByteWriter.TakeScratch();
        if (address.Bracketed)
        {
            writer.Write(SipCharacters.Trim(to));
        }
        else
        {
            writer.Write((byte)'<');
            writer.Write(address.Uri);
            writer.Write((byte)'>');
            writer.Write(address.Parameters);
        }
        writer.Write(";tag="u8);
        writer.Write(tag);
        InsertField(FieldCount, MakeField(SipHeaderId.To, "", writer.Written));
        writer.ReturnScratch();
    }

    private protected override void WriteStartLine(ref ByteWriter output)
    {
        output.Write("SIP/2.0 "u8);
        output.Write(StatusCode);
        output.Write((byte)' ');
        if (_reason is null)
        {
            output.Write(Wire(_reasonStart, _reasonLength));
        }
        else if (_reason.AsSpan().ContainsAny('\r', '\n'))
        {
            throw new InvalidOperationException("A reason phrase cannot hold line ends.");
        }
        else
        {
            output.Write(_reason);
        }
        output.Write("\r\n"u8);
    }
}
