using System.Text;

namespace OCPlatform.Sip.Tests;

/// <summary>Messages that many tests start from.</summary>
internal static class SipSamples
{
    /// <summary>An INVITE as a phone behind a proxy sends it: 15 headers and SDP.</summary>
    public const string Invite =
        "INVITE sip:agent@203.0.113.5:5060;transport=udp SIP/2.0\r\n"
        + "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK74bf9a1c0e;rport\r\n"
        + "Via: SIP/2.0/UDP 10.0.0.12:5062;branch=z9hG4bK1881234;received=192.0.2.44;rport=34567\r\n"
        + "Record-Route: <sip:198.51.100.7;lr;ftag=8ab3>\r\n"
        + "Max-Forwards: 69\r\n"
        + "From: \"Alice Example\" <sip:+15551230001@carrier.example;user=phone>;tag=8ab3f00d\r\n"
        + "To: <sip:+15559870002@carrier.example;user=phone>\r\n"
        + "Call-ID: 3848276298220188511@10.0.0.12\r\n"
        + "CSeq: 102 INVITE\r\n"
        + "Contact: <sip:+15551230001@10.0.0.12:5062>\r\n"
        + "User-Agent: Example Phone 4.1\r\n"
        + "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE\r\n"
        + "Supported: replaces, timer\r\n"
        + "Session-Expires: 1800;refresher=uac\r\n"
        + "Content-Type: application/sdp\r\n"
        + "Content-Length: 223\r\n"
        + "\r\n"
        + Sdp;

    private const string Sdp =
        "v=0\r\no=- 3848276298 3848276298 IN IP4 10.0.0.12\r\ns=call\r\nc=IN IP4 10.0.0.12\r\nt=0 0\r\n"
        + "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        + "a=fmtp:101 0-16\r\na=sendrecv\r\n";

    public static byte[] InviteBytes { get; } = Bytes(Invite);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static SipRequest Request(string text) => (SipRequest)Parse(text);

    public static SipResponse Response(string text) => (SipResponse)Parse(text);

    /// <summary>Line ends may be written as \n.</summary>
    public static SipMessage Parse(string text)
    {
        var bytes = Bytes(Wire(text));
        SipParser
            .TryParse(bytes, out var message, out var error)
            .Should()
            .BeTrue("the message is well formed, but: {0}", error);
        return message!;
    }

    public static SipParseError Refuse(string text)
    {
        SipParser.TryParse(Bytes(Wire(text)), out _, out var error).Should().BeFalse();
        return error!;
    }

    public static string Wire(string text) => text.ReplaceLineEndings("\r\n");

    /// <summary>A request with the five mandatory headers, and further lines (each with its \n).</summary>
    public static string Minimal(
        string startLine = "OPTIONS sip:bob@example.com SIP/2.0",
        string lines = "",
        string? method = null
    ) =>
        $"{startLine}\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmin\nFrom: <sip:a@example.com>;tag=1\nTo: <sip:b@example.com>\n"
        + $"Call-ID: minimal\nCSeq: 1 {method ?? startLine.Split(' ')[0]}\n{lines}\n";
}
