namespace OCPlatform.Sip.Tests.Messages.Torture;

using static SipParseErrorKind;
using static TortureCase;

/// <summary>RFC 4475 §3.1.2: malformed, and how that is answered.</summary>
internal static class Rfc4475Invalid
{
    private static TortureCase Case(string section, string title, byte[] wire) => new("4475", section, title, wire);

    public static IEnumerable<TortureCase> All() =>
        [.. Separators(), .. Scalars(), .. StartLines(), .. Addresses(), .. Mismatches()];

    private static IEnumerable<TortureCase> Separators() =>
        [
            Case(
                    "3.1.2.1",
                    "semicolons and commas with nothing between them, in Via",
                    Request(
                        "INVITE sip:user@example.com SIP/2.0",
                        "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\n",
                        without: "Via"
                    )
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.1",
                    "semicolons with nothing between them, in Contact",
                    Invite("Contact: \"Joe\" <sip:joe@example.org>;;;;\n", without: "Contact")
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.2",
                    "a Content-Length beyond the end of the datagram",
                    [
                        .. Request(
                            "INVITE sip:user@example.com SIP/2.0",
                            "Content-Type: application/sdp\nContent-Length: 9999\n",
                            without: "Content-Length"
                        ),
                        .. Bytes(Sdp),
                    ]
                )
                .Refused(BodyTruncated),
            Case(
                    "3.1.2.3",
                    "a negative Content-Length",
                    [
                        .. Request(
                            "INVITE sip:user@example.com SIP/2.0",
                            "Content-Type: application/sdp\nContent-Length: -999\n",
                            without: "Content-Length"
                        ),
                        .. Bytes(Sdp),
                    ]
                )
                .Refused(BadContentLength),
        ];

    private static IEnumerable<TortureCase> Scalars() =>
        [
            Case(
                    "3.1.2.4",
                    "a CSeq beyond 32 bits",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "CSeq: 36893488147419103232 REGISTER\n",
                        without: "CSeq"
                    )
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.4",
                    "a CSeq of 2^31, one too many",
                    Request("REGISTER sip:example.com SIP/2.0", "CSeq: 2147483648 REGISTER\n", without: "CSeq")
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.4",
                    "a Max-Forwards of 300",
                    Request("REGISTER sip:example.com SIP/2.0", "Max-Forwards: 300\n", without: "Max-Forwards")
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.4",
                    "an Expires beyond 32 bits counts as the largest",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "Expires: 10000000000000\nContact: <sip:user@host129.example.com>;expires=280297596632815\n",
                        without: "Contact"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.Expires.Should().Be(uint.MaxValue);
                        request.Contact!.Parameters["expires"].Should().Be("280297596632815");
                    }
                ),
            Case(
                    "3.1.2.5",
                    "a response with a CSeq beyond 32 bits",
                    SipSamples.Bytes(
                        SipSamples.Wire(
                            SipSamples
                                .Minimal("SIP/2.0 503 Service Unavailable", method: "INVITE")
                                .Replace("CSeq: 1 ", "CSeq: 9292394834772304023312 ")
                        )
                    )
                )
                .Dropped(BadHeaderValue),
            Case(
                    "3.1.2.5",
                    "a response with an overlarge Retry-After and warn-code",
                    SipSamples.Bytes(
                        SipSamples.Wire(
                            SipSamples.Minimal(
                                "SIP/2.0 503 Service Unavailable",
                                "Retry-After: 949302838503028349304023988\nWarning: 1812 overture \"In Progress\"\n",
                                "INVITE"
                            )
                        )
                    )
                )
                .Read<SipResponse>(
                    null,
                    response => response.RetryAfter.Should().BeNull("it cannot be held, and is not needed")
                ),
        ];

    private static IEnumerable<TortureCase> StartLines() =>
        [
            Case("3.1.2.7", "a Request-URI in angle brackets", Invite(uri: "<sip:user@example.com>"))
                .Refused(BadRequestUri),
            Case("3.1.2.8", "white space within the Request-URI", Invite(uri: "sip:user@example.com; lr"))
                .Refused(BadRequestUri),
            Case(
                    "3.1.2.9",
                    "several spaces between the elements of the request line",
                    Invite(uri: " sip:user@example.com ")
                )
                .Refused(BadRequestUri),
            Case(
                    "3.1.2.10",
                    "spaces at the end of the request line",
                    Request("OPTIONS sip:remote-target@example.com SIP/2.0  ")
                )
                .Refused(BadStartLine, 400),
            Case(
                    "3.1.2.11",
                    "headers in the Request-URI",
                    Invite(uri: "sip:user@example.com?Route=%3Csip:example.com%3E")
                )
                .Refused(BadRequestUri),
            Case("3.1.2.16", "an unknown version of the protocol", Request("OPTIONS sip:t.watson@example.org SIP/7.0"))
                .Refused(UnsupportedVersion, 505),
        ];

    private static IEnumerable<TortureCase> Addresses() =>
        [
            Case(
                    "3.1.2.6",
                    "a display name whose quote does not end",
                    Invite("To: \"Mr. J. User <sip:j.user@example.com>\n", without: "To")
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.12",
                    "a Date in another zone than GMT is not needed, so it is passed over",
                    Invite("Date: Fri, 01 Jan 2010 16:00:00 EST\n")
                )
                .Read<SipRequest>(200, request => request.Headers["Date"].Should().EndWith("EST")),
            Case(
                    "3.1.2.13",
                    "a Contact URI with headers that is not in brackets",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\n",
                        without: "Contact"
                    )
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.14",
                    "spaces within the brackets",
                    Request(
                        "OPTIONS sip:user@example.org SIP/2.0",
                        "To: \"Watson, Thomas\" < sip:t.watson@example.org >\n",
                        without: "To"
                    )
                )
                .Refused(BadHeaderValue),
            Case(
                    "3.1.2.15",
                    "a comma in a display name without quotes",
                    Request(
                        "OPTIONS sip:user@example.org SIP/2.0",
                        "To: Bell, Alexander <sip:a.g.bell@example.com>\n",
                        without: "To"
                    )
                )
                .Refused(BadHeaderValue),
        ];

    private static IEnumerable<TortureCase> Mismatches() =>
        [
            Case(
                    "3.1.2.17",
                    "the method of CSeq is another one",
                    Request("OPTIONS sip:user@example.com SIP/2.0", "CSeq: 8 INVITE\n", without: "CSeq")
                )
                .Refused(CSeqMethodMismatch),
            Case(
                    "3.1.2.18",
                    "an unknown method, and a known one in CSeq",
                    Request("NEWMETHOD sip:user@example.com SIP/2.0", "CSeq: 8 INVITE\n", without: "CSeq")
                )
                .Refused(CSeqMethodMismatch),
            Case(
                    "3.1.2.19",
                    "a status code beyond 32 bits",
                    SipSamples.Bytes(
                        SipSamples.Wire(
                            SipSamples.Minimal("SIP/2.0 4294967301 better not break the receiver", method: "INVITE")
                        )
                    )
                )
                .Dropped(BadStatusCode),
        ];
}
