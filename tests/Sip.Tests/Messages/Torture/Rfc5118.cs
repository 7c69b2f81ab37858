namespace OCPlatform.Sip.Tests.Messages.Torture;

using static SipParseErrorKind;
using static TortureCase;

/// <summary>RFC 5118 §4: IPv6 addresses in every place.</summary>
internal static class Rfc5118
{
    private static TortureCase Case(string section, string title, byte[] wire) => new("5118", section, title, wire);

    public static IEnumerable<TortureCase> All() => [.. References(), .. Headers(), .. Bodies(), .. ColonBug()];

    private static IEnumerable<TortureCase> References() =>
        [
            Case(
                    "4.1",
                    "an IPv6 reference where it belongs",
                    Request(
                        "REGISTER sip:[2001:db8::10] SIP/2.0",
                        "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\nContact: \"Caller\" <sip:caller@[2001:db8::1]>\n",
                        without: "Via Contact"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        (request.RequestUri.Host, request.RequestUri.Port).Should().Be(("[2001:db8::10]", 0));
                        (request.TopVia.Host, request.TopVia.Port).Should().Be(("[2001:db8::9:1]", 0));
                        request.Contact!.Uri.Host.Should().Be("[2001:db8::1]");
                    }
                ),
            Case("4.2", "an IPv6 address without brackets", Request("REGISTER sip:2001:db8::10 SIP/2.0"))
                .Refused(BadRequestUri),
            Case(
                    "4.3",
                    "what looks like a port is the address's last group",
                    Request("REGISTER sip:[2001:db8::10:5070] SIP/2.0")
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        (request.RequestUri.Host, request.RequestUri.PortOrDefault)
                            .Should()
                            .Be(("[2001:db8::10:5070]", 5060));
                    }
                ),
            Case("4.4", "a port behind the brackets", Request("REGISTER sip:[2001:db8::10]:5070 SIP/2.0"))
                .Read<SipRequest>(
                    200,
                    request => (request.RequestUri.Host, request.RequestUri.Port).Should().Be(("[2001:db8::10]", 5070))
                ),
        ];

    private static IEnumerable<TortureCase> Headers() =>
        [
            .. new[] { "[2001:db8::9:255]", "2001:db8::9:255" }.Select(received =>
                Case(
                        "4.5",
                        $"received={received}",
                        Request(
                            "BYE sip:user@example.com SIP/2.0",
                            $"Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111\n",
                            without: "Via"
                        )
                    )
                    .Read<SipRequest>(
                        200,
                        request =>
                            (request.TopVia.Host, request.TopVia.Branch)
                                .Should()
                                .Be(("[2001:db8::9:1]", "z9hG4bKas3-111"))
                    )
            ),
            Case(
                    "4.7",
                    "addresses of both families in the headers",
                    Request(
                        "BYE sip:user@host.example.net SIP/2.0",
                        "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\n"
                            + "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\n",
                        without: "Via"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request
                            .Vias.Select(v => v.SentBy)
                            .Should()
                            .Equal("[2001:db8::9:1]:6050", "192.0.2.1", "[2001:db8::9:255]");
                        request.Vias[2].Received.Should().Be("192.0.2.200");
                    }
                ),
        ];

    /// <summary>The session descriptions themselves are read in the tests of the media library.</summary>
    private static IEnumerable<TortureCase> Bodies() =>
        [
            Body("4.6", "IPv6 in the session description", "c=IN IP6 2001:db8::20\nt=0 0\nm=audio 9992 RTP/AVP 0\n"),
            Body(
                "4.8",
                "addresses of both families in the session description",
                "t=0 0\nm=audio 22334 RTP/AVP 0\nc=IN IP6 2001:db8::1\nm=video 6024 RTP/AVP 107\nc=IN IP4 192.0.2.1\n"
            ),
            Case(
                    "4.9",
                    "IPv4-mapped IPv6 addresses",
                    Request(
                        "INVITE sip:user@example.com SIP/2.0",
                        "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\nVia: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111\n"
                            + "Contact: \"T. desk phone\" <sip:ted@[::ffff:192.0.2.2]>\nContent-Type: application/sdp\n",
                        "v=0\no=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2\ns=-\nc=IN IP6 ::ffff:192.0.2.2\nt=338 338\nm=audio 6000 RTP/AVP 0\n",
                        without: "Via Contact"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.Vias.Select(v => v.Host).Should().Equal("[::ffff:192.0.2.10]", "[::ffff:192.0.2.2]");
                        request.TopVia.Port.Should().Be(19823);
                        request.Contact!.Uri.Host.Should().Be("[::ffff:192.0.2.2]");
                    }
                ),
        ];

    private static TortureCase Body(string section, string title, string sdp) =>
        Case(
                section,
                title,
                Request(
                    "INVITE sip:user@[2001:db8::10] SIP/2.0",
                    "Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111\nContact: \"Caller\" <sip:caller@[2001:db8::20]>\nContent-Type: application/sdp\n",
                    $"v=0\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\ns=-\n{sdp}",
                    without: "Via Contact"
                )
            )
            .Read<SipRequest>(200, request => request.Body.Span.EndsWith(Bytes(sdp)).Should().BeTrue());

    private static IEnumerable<TortureCase> ColonBug() =>
        new[] { "[2001:db8:::192.0.2.1]", "[2001:db8::192.0.2.1]" }.Select(host =>
            Case(
                    "4.10",
                    $"RFC 3261 as printed allows a colon too many: {host}",
                    Request($"OPTIONS sip:user@{host} SIP/2.0")
                )
                .Read<SipRequest>(200, request => request.RequestUri.Host.Should().Be(host))
        );
}
