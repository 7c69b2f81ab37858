using System.Text;

namespace OCPlatform.Sip.Tests.Messages.Torture;

/// <summary>
/// One condition of RFC 4475 or RFC 5118 in a message of our own, and its grade: what is read out of it or by which rule it is refused, and what
/// an element with the core of <see cref="TortureTests"/> answers.
/// </summary>
internal sealed record TortureCase(string Rfc, string Section, string Title, byte[] Wire)
{
    /// <summary>What must be read; null when the parser refuses the message.</summary>
    public Action<SipMessage>? Reads { get; private init; }

    public SipParseErrorKind Error { get; private init; }

    /// <summary>The answer; null for silence.</summary>
    public int? Answer { get; private init; }

    public override string ToString() => $"RFC {Rfc} §{Section} {Title}";

    /// <summary>Valid; answered with this status.</summary>
    public TortureCase Read<T>(int? answer, Action<T> assert)
        where T : SipMessage => this with { Reads = m => assert((T)m), Answer = answer };

    /// <summary>Malformed; refused with this status.</summary>
    public TortureCase Refused(SipParseErrorKind error, int status = 400) =>
        this with
        {
            Error = error,
            Answer = status,
        };

    /// <summary>Malformed and not to be answered: a response.</summary>
    public TortureCase Dropped(SipParseErrorKind error) => this with { Error = error, Answer = null };

    /// <summary>Text parts are UTF-8 with \n for CRLF; byte arrays go in as they are.</summary>
    public static byte[] Bytes(params object[] parts) =>
        [.. parts.SelectMany(part => part as byte[] ?? Encoding.UTF8.GetBytes(((string)part).Replace("\n", "\r\n")))];

    public const string Sdp =
        "v=0\no=mhandley 29739 7272939 IN IP4 192.0.2.3\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\nm=audio 49217 RTP/AVP 0 12\n";

    /// <summary>In octets on the wire.</summary>
    public static int SdpLength { get; } = Bytes(Sdp).Length;

    /// <summary>A well-formed request around the odd part: start line, what to leave out of the usual headers, further lines, body.</summary>
    public static byte[] Request(string startLine, string lines = "", string body = "", string without = "")
    {
        var method = startLine.Split(' ')[0];
        string[] usual =
        [
            "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK.torture",
            "From: <sip:caller@example.net>;tag=torture1",
            "To: <sip:callee@example.com>",
            "Call-ID: torture.0ha0isndaksdj@192.0.2.99",
            $"CSeq: 8 {method}",
            "Max-Forwards: 70",
            "Contact: <sip:caller@192.0.2.99>",
        ];
        var kept = usual.Where(l => !without.Split(' ').Contains(l.Split(':')[0]));
        var length = without.Split(' ').Contains("Content-Length")
            ? ""
            : $"Content-Length: {Encoding.UTF8.GetByteCount(body.Replace("\n", "\r\n"))}\n";
        return Bytes($"{startLine}\n{string.Join('\n', kept)}\n{lines}{length}\n{body}");
    }

    public static byte[] Invite(string lines = "", string uri = "sip:callee@example.com", string without = "") =>
        Request($"INVITE {uri} SIP/2.0", $"{lines}Content-Type: application/sdp\n", Sdp, without);
}
