using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Bench.Fuzz;

/// <summary>Whole messages: peeked at, parsed, used in every way, answered, matched to transactions, written and read again.</summary>
internal sealed class SipMessageFuzzTarget : FuzzTarget
{
    private const string Dialog =
        "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK74bf9a1c0e;rport\r\nVia: SIP/2.0/UDP 10.0.0.12:5062;branch=z9hG4bK1881234;received=192.0.2.44;rport=34567\r\n"
        + "Record-Route: <sip:198.51.100.7;lr;ftag=8ab3>\r\nMax-Forwards: 69\r\nFrom: \"Alice \\\"A\\\" Example\" <sip:+15551230001@carrier.example;user=phone>;tag=8ab3f00d\r\n"
        + "To: <sip:+15559870002@carrier.example;user=phone>;tag=c07f\r\nCall-ID: 3848276298220188511@10.0.0.12\r\n";

    private static readonly SipHeaderId[] Ids = Enum.GetValues<SipHeaderId>();
    private static readonly NoTransport Transport = new();
    private static readonly SipFlow Flow = new(
        Transport,
        Transport.LocalEndPoint,
        SipDestination.Udp(IPEndPoint.Parse("198.51.100.7:40000"))
    );

    private readonly RequestInspection _inspection = new();
    private readonly TransactionLayer _layer = new(new NoUser(), new SipTimers(), new TransactionLimits());

    public override string Name => "sip";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "INVITE sip:agent@203.0.113.5:5060;transport=udp SIP/2.0\r\n"
                + Dialog.Replace(";tag=c07f", "")
                + "CSeq: 102 INVITE\r\nContact: <sip:+15551230001@10.0.0.12:5062>;+sip.instance=\"<urn:uuid:1>\"\r\nUser-Agent: Example Phone 4.1\r\nAllow: INVITE, ACK, BYE\r\n"
                + "Supported: replaces, timer\r\nSession-Expires: 1800;refresher=uac\r\nP-Asserted-Identity: \"A\" <sip:+1555@carrier.example>, <tel:+1555>\r\n"
                + "Diversion: <sip:a@b>;reason=user-busy;counter=1\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0\r\no=- ",
            "SIP/2.0 200 OK\r\n"
                + Dialog
                + "CSeq: 102 INVITE\r\nContact: <sip:a@[2001:db8::1]:5060;lr>;q=0.1, <sip:b@c>\r\nContent-Length: 0\r\n\r\n",
            "BYE sip:c07f@203.0.113.5 SIP/2.0\r\n"
                + Dialog
                + "CSeq: 103 BYE\r\nReason: SIP ;cause=200 ;text=\"Call completed elsewhere\"\r\nContent-Length: 0\r\n\r\n",
            "REGISTER sip:example.com SIP/2.0\r\nv: SIP  /  2.0 / TLS [::1]:5061 ; branch=z9hG4bK1;\r\n received=192.0.2.1\r\nf: a<sip:a@b>;tag=1\r\nt: sip:a@b\r\ni: x@y\r\nCSeq: 1 REGISTER\r\n"
                + "m: *\r\nExpires: 0\r\nAuthorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:b\", response=\"00\"\r\nl: 0\r\n\r\n",
            "ACK tel:+4930123;phone-context=x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2\r\nFrom: sip:a;b@c;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: z\r\nCSeq: 0009 ACK\r\nRoute: <sip:p;lr>,<sip:q>\r\n\r\n"
        );

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. Bytes(
            "INVITE",
            "ACK",
            "BYE",
            "CANCEL",
            "OPTIONS",
            "REGISTER",
            "SIP",
            "sip",
            "sips",
            "tel",
            "urn",
            "tag",
            "branch",
            "rport",
            "received",
            "maddr",
            "lr",
            "transport",
            "tcp",
            "TLS",
            "z9hG4bK",
            "z9hG4bK1",
            "UDP",
            "Digest",
            "expires",
            "q",
            "user",
            "phone",
            "boundary"
        ),
        .. Ids.Skip(1).Select(id => System.Text.Encoding.ASCII.GetBytes(SipHeaderNames.NameOf(id))),
    ];

    public override IReadOnlyList<byte[]> Lines { get; } =
    [
        .. Bytes(
            "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK5\r\n",
            "From: <sip:x@y>;tag=z\r\n",
            "t: \"q\" <sip:x@y;p=1?h=v>\r\n",
            "Call-ID: other\r\n",
            "CSeq: 102 INVITE\r\n",
            "Max-Forwards: 0\r\n",
            "Content-Length: 3\r\n",
            "l: 99999\r\n",
            "Contact: <sip:a@b>;expires=5, sip:c@d;q=1\r\n",
            "Contact: *\r\n",
            "Record-Route: <sip:a;lr>,\r\n <sip:b;lr>\r\n",
            "Warning: 399 h \"text\", 305 h \"x\"\r\n",
            "Retry-After: 18000 (\"maybe\");duration=3600\r\n",
            "Reason: Q.850;cause=16;text=\"x\"\r\n",
            "Require: 100rel, a\r\n",
            "Content-Type: multipart/mixed;boundary=\"b\"\r\n",
            "Accept: application/sdp;q=0, */*\r\n",
            "History-Info: <sip:a@b?Reason=SIP%3Bcause%3D302>;index=1.1\r\n",
            "Privacy: id;critical\r\n",
            "Subject:\r\n",
            " folded\r\n",
            "\tfolded\r\n",
            "NoColon\r\n",
            ": empty\r\n",
            "X-Unknown: \u00e9\u5927\r\n",
            "\r\n"
        ),
    ];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        var peeked = SipPeek.TryRead(input, out var peek);
        if (!SipParser.TryParse(input, out var message, out var error))
        {
            Refused(error!, input.Length);
            return error!.Reason;
        }
        Use(message!);
        var bytes = message!.ToBytes();
        Check(
            SipParser.TryParse(bytes, out var again, out var second),
            $"what was written is refused: {second?.Reason}"
        );
        Check(again!.ToBytes().AsSpan().SequenceEqual(bytes), "what was written reads differently");
        Check(
            again.CallId == message.CallId && again.CSeq == message.CSeq && again.From.Tag == message.From.Tag,
            "the dialog is another one"
        );
        if (peeked)
        {
            CheckPeek(in peek, message);
        }
        if (message is SipRequest request)
        {
            Answer(request, input, peeked);
        }
        else
        {
            _layer.Receive(message, Flow, TimeSpan.Zero);
        }
        Pooled(input, bytes);
        return null;
    }

    private static void Refused(SipParseError error, int length)
    {
        Check(error.Offset >= 0 && error.Offset <= length, "an error lies within the message");
        if (error.Request is { } request)
        {
            ResponseRouting.StampSource(request, Flow);
            _ = ResponseRouting.For(request, Flow);
            Check(
                SipResponse.Create(request, error.Status).ToBytes().AsSpan().StartsWith("SIP/2.0 "u8),
                "a refusal can be written"
            );
        }
    }

    private static void CheckPeek(in SipPeek peek, SipMessage message)
    {
        Check(peek.IsRequest == message is SipRequest, "request or response?");
        Check(peek.CSeqNumber == message.CSeq.Number, "another CSeq");
        Check(peek.FromTag.SequenceEqual(message.FromTag) && peek.ToTag.SequenceEqual(message.ToTag), "another tag");
        message.Headers.TryGetBytes(SipHeaderId.CallId, out var callId);
        Check(peek.CallId.SequenceEqual(callId), "another Call-ID");
    }

    private void Answer(SipRequest request, ReadOnlySpan<byte> input, bool peeked)
    {
        _inspection.Refuse(request);
        var isNew = _layer.Receive(request, Flow, TimeSpan.Zero);
        if (peeked && SipPeek.TryRead(input, out var peek) && !request.IsAck)
        {
            Check(_layer.TryAbsorb(in peek, TimeSpan.Zero), "a retransmission is known by its bytes as by its message");
        }
        _layer.Abort();
        if (!request.IsAck && isNew)
        {
            ResponseRouting.StampSource(request, Flow);
            var response = SipParser.Parse(SipResponse.Create(request, 200).ToBytes());
            Check(response.TopVia == request.TopVia, "the response goes another way");
            Check(response.To.Tag is not null, "a response has a tag");
        }
        request.Clone();
    }

    private static void Pooled(ReadOnlySpan<byte> input, byte[] bytes)
    {
        SipParser.TryParsePooled(input, out var pooled, out _);
        Check(pooled!.ToBytes().AsSpan().SequenceEqual(bytes), "pooled memory reads differently");
        pooled.Release();
    }

    private static void Use(SipMessage message)
    {
        _ = message.TopVia.HasMagicCookie;
        _ = message.TopVia.Rport;
        _ = message.Vias;
        _ = message.From.ToString();
        _ = message.To.ToString();
        _ = message.Contact?.ToString();
        _ = message.HasWildcardContact;
        _ = message.MaxForwards;
        _ = message.Expires;
        _ = message.ContentType;
        _ = message.RetryAfter;
        _ = message.Headers.ToList();
        foreach (var id in Ids)
        {
            if (!message.Headers.Contains(id))
            {
                continue;
            }
            _ = message.Headers[id];
            _ = message.Headers.Elements(id);
            foreach (var address in message.Addresses(id))
            {
                _ = address.ToString();
                _ = address.Uri.UnescapedUser;
            }
        }
        if (message is SipRequest request)
        {
            _ = request.RequestUri.ToString();
            _ = SipDestination.FromUri(request.RequestUri);
        }
        foreach (var reason in SipReason.Of(message))
        {
            _ = reason.ToString();
        }
        foreach (var warning in SipWarning.Of(message))
        {
            _ = warning.ToString();
        }
    }

    private sealed class NoUser : ITransactionUser
    {
        public bool Send(ReadOnlyMemory<byte> message, SipDestination destination) => true;

        public void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) { }

        public void OnCancel(SipTransactionId invite, SipRequest cancel) { }

        public void OnResponse(SipTransactionId id, SipResponse response) { }

        public void OnEnded(SipTransactionId id, SipTransactionEnd end) { }
    }
}
