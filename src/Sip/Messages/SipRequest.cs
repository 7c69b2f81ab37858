namespace OCPlatform.Sip;

/// <summary>A request (RFC 3261 §7.1).</summary>
public sealed class SipRequest : SipMessage
{
    private readonly int _uriStart;
    private readonly int _uriLength;
    private SipUri? _uri;

    // Until code sets another one, the URI is written as it came, however it was read.
    private bool _hasOwnUri;

    internal SipRequest(in ParsedParts parts, string method, int uriStart, int uriLength)
        : base(in parts)
    {
        Method = method;
        _uriStart = uriStart;
        _uriLength = uriLength;
    }

    private SipRequest(string method, SipUri uri)
    {
        Method = method;
        RequestUri = uri;
    }

    /// <summary>One of <see cref="SipMethod"/> or an extension's; compared by ordinal.</summary>
    public string Method { get; }

    public SipUri RequestUri
    {
        get =>
            _uri ??= SipUri.TryParse(Wire(_uriStart, _uriLength), out var uri)
                ? uri
                : throw new InvalidOperationException("The parser let an invalid Request-URI through.");
        set
        {
            _uri = value;
            _hasOwnUri = true;
        }
    }

    /// <summary>As received; empty on a request that code made.</summary>
    internal ReadOnlySpan<byte> RequestUriBytes => Wire(_uriStart, _uriLength);

    public bool IsInvite => Method == SipMethod.Invite;

    public bool IsAck => Method == SipMethod.Ack;

    /// <summary>
    /// A request outside a dialog with what RFC 3261 §8.1.1 asks for but Via, which the endpoint fills in:
    /// From with a tag, To, Call-ID, CSeq, Max-Forwards.
    /// </summary>
    /// <param name="from">A tag is added when it has none.</param>
    /// <param name="callId">Random when null.</param>
    public static SipRequest Create(
        string method,
        SipUri uri,
        NameAddress from,
        NameAddress? to = null,
        string? callId = null,
        uint cseq = 1,
        int maxForwards = 70
    )
    {
        var request = new SipRequest(method, uri);
        request
            .Headers.Add(SipHeaderId.MaxForwards, $"{maxForwards}")
            .Add(SipHeaderId.From, from.Tag is null ? from.WithTag(SipToken.NewTag()) : from)
            .Add(SipHeaderId.To, to ?? new NameAddress(uri))
            .Add(SipHeaderId.CallId, callId ?? SipToken.NewCallId())
            .Add(SipHeaderId.CSeq, new CSeq(cseq, method));
        return request;
    }

    /// <summary>A request with no headers at all; for dialogs, transactions and tests.</summary>
    internal static SipRequest CreateBare(string method, SipUri uri) => new(method, uri);

    private protected override void WriteStartLine(ref ByteWriter output)
    {
        var start = output.Count;
        output.Write(Method);
        output.Write((byte)' ');
        var uriStart = output.Count;
        if (_hasOwnUri)
        {
            _uri!.WriteTo(ref output);
        }
        else
        {
            output.Write(Wire(_uriStart, _uriLength));
        }
        if (
            !SipCharacters.IsToken(output.Written[start..(uriStart - 1)])
            || output.Written[uriStart..].ContainsAny((byte)' ', (byte)'\r', (byte)'\n')
        )
        {
            throw new InvalidOperationException("Method or Request-URI hold what would end the start line.");
        }
        output.Write(" SIP/2.0\r\n"u8);
    }

    /// <summary>A copy that shares nothing with this message.</summary>
    public SipRequest Clone()
    {
        var copy = new SipRequest(Method, RequestUri) { Body = Body.ToArray() };
        copy.CopyHeaders(this);
        return copy;
    }
}
