using System.Text;

namespace OCPlatform.Bench.Sip;

/// <summary>One call as a trunk shows it: INVITE with SDP, its 200, the BYE.</summary>
internal static class TypicalMessages
{
    private const string Offer =
        "v=0\r\no=- 3848276298 3848276298 IN IP4 10.0.0.12\r\ns=call\r\nc=IN IP4 10.0.0.12\r\nt=0 0\r\n"
        + "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        + "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n";

    private const string Answer =
        "v=0\r\no=- 1 1 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 101\r\n"
        + "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

    /// <summary>The To tag of the dialog: our id of the call.</summary>
    public const string CallTag = "c07f3k2m5n4p6q8r9s1t2v3w4";

    public static byte[] Invite { get; } =
        Message(
            """
            INVITE sip:agent@203.0.113.5:5060;transport=udp SIP/2.0
            Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK74bf9a1c0e;rport
            Via: SIP/2.0/UDP 10.0.0.12:5062;branch=z9hG4bK1881234;received=192.0.2.44;rport=34567
            Record-Route: <sip:198.51.100.7;lr;ftag=8ab3>
            Max-Forwards: 69
            From: "Alice Example" <sip:+15551230001@carrier.example;user=phone>;tag=8ab3f00d
            To: <sip:+15559870002@carrier.example;user=phone>
            Call-ID: 3848276298220188511@10.0.0.12
            CSeq: 102 INVITE
            Contact: <sip:+15551230001@10.0.0.12:5062>
            User-Agent: Example Phone 4.1
            Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE
            Supported: replaces, timer
            Session-Expires: 1800;refresher=uac
            Content-Type: application/sdp
            """,
            Offer
        );

    public static byte[] Ok { get; } =
        Message(
            $"""
            SIP/2.0 200 OK
            Via: SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bKq1w2e3r4t5y6u7i8o9p0;rport=5060;received=203.0.113.5
            Record-Route: <sip:198.51.100.7;lr;ftag=8ab3>
            From: <sip:+15559870002@carrier.example>;tag={CallTag}
            To: <sip:+15551230001@carrier.example>;tag=as5f1bd2c1
            Call-ID: 3848276298220188511
            CSeq: 1 INVITE
            Contact: <sip:+15551230001@10.0.0.12:5062>
            Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE
            Supported: replaces, timer
            Content-Type: application/sdp
            """,
            Answer
        );

    public static byte[] Bye { get; } =
        Message(
            $"""
            BYE sip:{CallTag}@203.0.113.5:5060 SIP/2.0
            Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK9f3a77d1ee;rport
            Max-Forwards: 69
            From: "Alice Example" <sip:+15551230001@carrier.example;user=phone>;tag=8ab3f00d
            To: <sip:+15559870002@carrier.example;user=phone>;tag={CallTag}
            Call-ID: 3848276298220188511@10.0.0.12
            CSeq: 103 BYE
            User-Agent: Example Phone 4.1
            """,
            ""
        );

    private static byte[] Message(string head, string body) =>
        Encoding.UTF8.GetBytes($"{head.ReplaceLineEndings("\r\n")}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
}
