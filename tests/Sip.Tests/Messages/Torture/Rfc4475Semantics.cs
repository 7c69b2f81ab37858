namespace OCPlatform.Sip.Tests.Messages.Torture;

using static SipParseErrorKind;
using static TortureCase;

/// <summary>RFC 4475 §3.2–§3.4: what transaction layer and core make of well-formed messages.</summary>
internal static class Rfc4475Semantics
{
    private static TortureCase Case(string section, string title, byte[] wire) => new("4475", section, title, wire);

    public static IEnumerable<TortureCase> All() =>
        [Branch(), .. Missing(), .. Schemes(), .. Extensions(), .. Multiples(), .. Registers(), .. Rest()];

    private static TortureCase Branch() =>
        Case(
                "3.2.1",
                "a branch that is only the magic cookie identifies nothing",
                Request(
                    "OPTIONS sip:user@example.com SIP/2.0",
                    "Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK\n",
                    without: "Via"
                )
            )
            .Read<SipRequest>(200, request => request.TopVia.HasMagicCookie.Should().BeFalse());

    private static IEnumerable<TortureCase> Missing() =>
        new[] { "Call-ID", "From", "To", "Call-ID From To" }.Select(missing =>
            Case("3.3.1", $"without {missing}", Invite(without: missing)).Refused(MissingHeader)
        );

    private static IEnumerable<TortureCase> Schemes() =>
        [
            Case(
                    "3.3.2",
                    "a Request-URI of an unknown scheme",
                    Request("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")
                )
                .Read<SipRequest>(
                    416,
                    request =>
                        (request.RequestUri.Scheme, request.RequestUri.Opaque)
                            .Should()
                            .Be(("nobodyknowsthisscheme", "totallyopaquecontent"))
                ),
            Case(
                    "3.3.3",
                    "a Request-URI of a known scheme that is not for SIP",
                    Request("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0")
                )
                .Read<SipRequest>(
                    416,
                    request => request.RequestUri.ToString().Should().Be("soap.beep://192.0.2.103:3002")
                ),
            Case(
                    "3.3.4",
                    "other schemes in To, From and Contact",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "To: isbn:2983792873\nFrom: <http://www.example.com>;tag=3234233\nContact: <name:John_Smith>\n",
                        without: "To From Contact"
                    )
                )
                .Read<SipRequest>(
                    // A registrar, whose To must be a SIP address, says 400; that is the registrar's to decide.
                    200,
                    request =>
                    {
                        request.To.Uri.ToString().Should().Be("isbn:2983792873");
                        request.From.Uri.ToString().Should().Be("http://www.example.com");
                        request.From.Tag.Should().Be("3234233");
                        request.Contact!.Uri.Scheme.Should().Be("name");
                    }
                ),
        ];

    private static IEnumerable<TortureCase> Extensions() =>
        [
            Case(
                    "3.3.5",
                    "Require and Proxy-Require that nobody supports",
                    Request(
                        "OPTIONS sip:user@example.com SIP/2.0",
                        "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis\nRequire: nothingSupportsThis, nothingSupportsThisEither\n"
                    )
                )
                .Read<SipRequest>(
                    420,
                    request => request.Require.Should().Equal("nothingSupportsThis", "nothingSupportsThisEither")
                ),
            Case(
                    "3.3.6",
                    "an unknown Content-Type",
                    Request(
                        "INVITE sip:user@example.com SIP/2.0",
                        "Content-Type: application/unknownformat\n",
                        "<audio>\n <pcmu port=\"443\"/>\n</audio>\n"
                    )
                )
                .Read<SipRequest>(415, request => request.ContentType.Should().Be("application/unknownformat")),
            Case(
                    "3.3.7",
                    "credentials of an unknown scheme are none",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "Authorization: NoOneKnowsThisScheme opaque-data=here\n"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        var server = new OCPlatform.Sip.Authentication.DigestServer(new());
                        server
                            .Check(request, (_, _) => null)
                            .Verdict.Should()
                            .Be(
                                OCPlatform.Sip.Authentication.DigestVerdict.NoCredentials,
                                "so that it gets a challenge"
                            );
                        server.Challenge(request).StatusCode.Should().Be(401);
                    }
                ),
            Case("3.3.15", "an Accept that no answer could meet", Invite("Accept: text/nobodyKnowsThis\n"))
                .Read<SipRequest>(
                    406,
                    request => request.Headers.Elements(SipHeaderId.Accept).Should().Equal("text/nobodyKnowsThis")
                ),
        ];

    private static IEnumerable<TortureCase> Multiples() =>
        [
            .. new[]
            {
                "CSeq: 5 INVITE",
                "Call-ID: multi01.98asdh@192.0.2.2",
                "From: <sip:caller@example.com>;tag=3413415",
                "To: <sip:other@example.net>",
                "Max-Forwards: 5",
            }.Select(second =>
                Case("3.3.8", $"a second {second.Split(':')[0]}", Invite($"{second}\n")).Refused(DuplicateHeader)
            ),
            Case(
                    "3.3.9",
                    "two Content-Lengths",
                    [
                        .. Request(
                            "OPTIONS sip:user@example.com SIP/2.0",
                            "Content-Length: 13\nContent-Length: 5\nContent-Type: text/plain\n",
                            without: "Content-Length"
                        ),
                        .. Bytes("There's no way to know how many octets are supposed to be here.\n"),
                    ]
                )
                .Refused(DuplicateHeader),
            Case(
                    "3.3.10",
                    "a 200 with a second Via, of the broadcast address",
                    SipSamples.Bytes(
                        SipSamples.Wire(
                            SipSamples.Minimal(
                                "SIP/2.0 200 OK",
                                "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\n",
                                "INVITE"
                            )
                        )
                    )
                )
                .Read<SipResponse>(
                    null,
                    response => response.Vias.Should().HaveCount(2, "so the transaction layer drops it")
                ),
        ];

    private static IEnumerable<TortureCase> Registers() =>
        [
            Case(
                    "3.3.12",
                    "a parameter behind a bare URI is the Contact's",
                    Register("sip:+19725552222@gw1.example.net;unknownparam")
                )
                .Read<SipRequest>(
                    200,
                    request =>
                        (request.Contact!.Uri.Parameters.Count, request.Contact.Parameters.Contains("unknownparam"))
                            .Should()
                            .Be((0, true))
                ),
            Case(
                    "3.3.13",
                    "a parameter within the brackets is the URI's",
                    Register("<sip:+19725552222@gw1.example.net;unknownparam>")
                )
                .Read<SipRequest>(
                    200,
                    request =>
                        (request.Contact!.Uri.Parameters.Contains("unknownparam"), request.Contact.Parameters.Count)
                            .Should()
                            .Be((true, 0))
                ),
            Case(
                    "3.3.14",
                    "a Contact URI with a header",
                    Register("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>")
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request
                            .Contact!.Uri.Headers.Should()
                            .Be("Route=%3Csip:sip.example.com%3E", "it is kept with the binding");
                        request.Routes.Should().BeEmpty();
                    }
                ),
        ];

    private static IEnumerable<TortureCase> Rest() =>
        [
            Case(
                    "3.3.11",
                    "Max-Forwards 0 at its destination",
                    Request("OPTIONS sip:user@example.com SIP/2.0", "Max-Forwards: 0\n", without: "Max-Forwards")
                )
                .Read<SipRequest>(200, request => request.MaxForwards.Should().Be(0, "who passes it on says 483")),
            Case(
                    "3.4.1",
                    "an INVITE of RFC 2543",
                    Bytes(
                        "INVITE sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>\n"
                            + "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>\nTo: sip:+16505552222@ss1.example.net;user=phone\n"
                            + "Call-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp\n\n"
                            + Sdp
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.TopVia.Branch.Should().BeNull();
                        request.From.Tag.Should().BeNull();
                        request.MaxForwards.Should().BeNull();
                        request
                            .To.Parameters["user"]
                            .Should()
                            .Be("phone", "without brackets the parameter is the header's");
                        request.RecordRoutes[0].Uri.IsLooseRouter.Should().BeFalse();
                        request.Body.Length.Should().Be(SdpLength, "the datagram ends the body");
                    }
                ),
        ];

    private static byte[] Register(string contact) =>
        Request("REGISTER sip:example.com SIP/2.0", $"Contact: {contact}\n", without: "Contact");
}
