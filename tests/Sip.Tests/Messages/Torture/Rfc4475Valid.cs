namespace OCPlatform.Sip.Tests.Messages.Torture;

using static TortureCase;

/// <summary>RFC 4475 §3.1.1: valid, however odd.</summary>
internal static class Rfc4475Valid
{
    private static TortureCase Case(string section, string title, byte[] wire) => new("4475", section, title, wire);

    public static IEnumerable<TortureCase> All() =>
        [ShortTortuousInvite(), WideRange(), .. Escapes(), .. Shapes(), Multipart(), .. Reasons()];

    private static TortureCase ShortTortuousInvite() =>
        Case(
                "3.1.1.1",
                "white space, folds, escapes and odd spelling everywhere",
                Bytes(
                    "INVITE sip:callee@chair.example.com;unknownparam SIP/2.0\n"
                        + "TO :\n sip:callee@chair.example.com ;   tag    = 19181n\n"
                        + "from   : \"J Caller \\\\\\\"\"       <sip:caller@example.com>\n  ;\n  tag = 98asjd8\n"
                        + "MaX-fOrWaRdS: 0068\nCall-ID: ws.ndaksdj@192.0.2.1\nContent-Length   : "
                        + SdpLength
                        + "\ncseq: 0009\n  INVITE\n"
                        + "Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;rport;branch=390skdjuw\ns :\n"
                        + "NewFangledHeader:   newfangled value\n continued newfangled value\n"
                        + "UnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
                        + "Route:\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\n"
                        + "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
                        + "m:\"Quoted string \\\"\\\"\" <sip:caller@example.com> ; newparam =\n      newvalue ;\n  secondparam ; q = 0.33\n\n"
                        + Sdp
                )
            )
            .Read<SipRequest>(
                200,
                request =>
                {
                    request.To.Tag.Should().Be("19181n");
                    request.From.DisplayName.Should().Be("J Caller \\\"");
                    request.From.Tag.Should().Be("98asjd8");
                    request.MaxForwards.Should().Be(68);
                    request.CSeq.Should().Be(new CSeq(9, "INVITE"));
                    request.Headers["Subject"].Should().BeEmpty();
                    request.Headers["NewFangledHeader"].Should().Be("newfangled value continued newfangled value");
                    request.Headers["UnknownHeaderWithUnusualValue"].Should().Be(";;,,;;,;");
                    request
                        .Vias.Select(v => (v.Transport, v.Host, v.Branch))
                        .Should()
                        .Equal(
                            ("UDP", "192.0.2.2", "390skdjuw"),
                            ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
                            ("UDP", "192.168.255.111", "z9hG4bK30239")
                        );
                    request.Contact!.DisplayName.Should().Be("Quoted string \"\"");
                    request.Contact.Parameters["newparam"].Should().Be("newvalue");
                    request.Contact.Parameters["q"].Should().Be("0.33");
                    var route = request.Routes.Should().ContainSingle().Which.Uri;
                    (route.IsLooseRouter, route.Parameters.Contains("unknown-no-value")).Should().Be((true, true));
                    request.Body.Length.Should().Be(SdpLength);
                }
            );

    private static TortureCase WideRange()
    {
        const string method = "!interesting-Method0123456789_*+`.%indeed'~";
        const string user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
        return Case(
                "3.1.1.2",
                "the whole range of characters that each place allows",
                Bytes(
                    $"{method} sip:{user}:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\n"
                        + "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\nTo: \"BEL:\\",
                    new byte[] { 7 },
                    " NUL:\\",
                    new byte[] { 0 },
                    " DEL:\\",
                    new byte[] { 127 },
                    $"\" <sip:{user}@example.com>\n"
                        + "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\u043e\u0442\u0430\";tag=_token~1'+`*%!-.\n"
                        + "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n"
                        + $"CSeq: 139122385 {method}\nMax-Forwards: 255\n"
                        + "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb\nContent-Length: 0\n\n"
                )
            )
            .Read<SipRequest>(
                501,
                request =>
                {
                    request.Method.Should().Be(method);
                    request.RequestUri.Host.Should().Be("example.com");
                    request.RequestUri.User.Should().Be(user);
                    request.RequestUri.Password.Should().Be("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
                    request.To.DisplayName.Should().Be("BEL:\u0007 NUL:\0 DEL:\u007f");
                    request.TopVia.Branch.Should().Be("z9hG4bK-.!%66*_+`'~");
                    request.From.DisplayName.Should().Be("token1~` token2'+_ token3*%!.-");
                    request.From.Tag.Should().Be("_token~1'+`*%!-.");
                    request
                        .From.Parameters["fromParam''~+*_!.-%"]
                        .Should()
                        .Be("\"\u0440\u0430\u0431\u043e\u0442\u0430\"");
                    request.CallId.Should().Be("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
                    request.MaxForwards.Should().Be(255);
                    request.Headers["extensionHeader-!.%*+_`'~"].Should().Be("\ufeff\u5927\u505c\u96fb");
                }
            );
    }

    private static IEnumerable<TortureCase> Escapes() =>
        [
            Case(
                    "3.1.1.3",
                    "escapes in the user part and in URI parameters",
                    Request(
                        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
                        "To: sip:%75se%72@example.com\nContact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\n",
                        without: "To Contact"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.RequestUri.Scheme.Should().Be("sip");
                        request.RequestUri.User.Should().Be("sips%3Auser%40example.com", "it is written as it came");
                        request.RequestUri.UnescapedUser.Should().Be("sips:user@example.com");
                        request.RequestUri.Host.Should().Be("example.net");
                        request.To.Uri.UnescapedUser.Should().Be("user");
                        request.Contact!.Uri.UnescapedUser.Should().Be("caller");
                        request.Contact.Uri.Parameters["n%61me"].Should().Be("v%61lue%25%34%31");
                    }
                ),
            Case(
                    "3.1.1.4",
                    "escaped NULs in URIs",
                    Request(
                        "REGISTER sip:example.com SIP/2.0",
                        "To: sip:null-%00-null@example.com\nFrom: sip:null-%00-null@example.com;tag=839923423\n"
                            + "Contact: <sip:%00@host5.example.com>\nContact: <sip:%00%00@host5.example.com>\n",
                        without: "To From Contact"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.To.Uri.UnescapedUser.Should().Be("null-\0-null");
                        request.Contacts.Select(c => c.Uri.UnescapedUser).Should().Equal("\0", "\0\0");
                        request.Contacts[0].Uri.IsEquivalentTo(request.Contacts[1].Uri).Should().BeFalse();
                    }
                ),
            Case(
                    "3.1.1.5",
                    "a percent sign that escapes nothing, in method and token",
                    Request(
                        "RE%47IST%45R sip:registrar.example.com SIP/2.0",
                        "From: \"%Z%45\" <sip:resource@example.com>;tag=f232jadfj23\nContact: <sip:alias1@host1.example.com>;%6C%72\n",
                        without: "From Contact"
                    )
                )
                .Read<SipRequest>(
                    501,
                    request =>
                    {
                        request.Method.Should().Be("RE%47IST%45R", "a method has no escapes: this is not REGISTER");
                        request.From.DisplayName.Should().Be("%Z%45");
                        request.Contact!.Parameters.Contains("%6C%72").Should().BeTrue();
                        request.Contact.Parameters.Contains("lr").Should().BeFalse();
                    }
                ),
        ];

    private static IEnumerable<TortureCase> Shapes() =>
        [
            Case(
                    "3.1.1.6",
                    "no space between display name and bracket",
                    Request(
                        "OPTIONS sip:user@example.com SIP/2.0",
                        "From: caller<sip:caller@example.com>;tag=323\n",
                        without: "From"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                        (request.From.DisplayName, request.From.Uri.User, request.From.Tag)
                            .Should()
                            .Be(("caller", "caller", "323"))
                ),
            LongValues(),
            Case(
                    "3.1.1.8",
                    "a second request behind the first in one datagram",
                    [.. Request("REGISTER sip:example.com SIP/2.0"), .. Invite()]
                )
                .Read<SipRequest>(
                    200,
                    request =>
                        (request.Method, request.Body.Length, request.Headers.Contains("Content-Type"))
                            .Should()
                            .Be(("REGISTER", 0, false))
                ),
            Case(
                    "3.1.1.9",
                    "semicolons within the user part",
                    Request(
                        "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0",
                        "To: sip:j_user@example.com\nAccept: application/sdp, application/pkcs7-mime,\n multipart/mixed, multipart/signed\n",
                        without: "To"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                    {
                        request.RequestUri.User.Should().Be("user;par=u%40example.net");
                        request.RequestUri.UnescapedUser.Should().Be("user;par=u@example.net");
                        request.RequestUri.Parameters.Should().BeEmpty();
                        request.Headers.Elements(SipHeaderId.Accept).Should().HaveCount(4);
                    }
                ),
            Case(
                    "3.1.1.10",
                    "transports known and unknown in Via",
                    Request(
                        "OPTIONS sip:user@example.com SIP/2.0",
                        "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw\nVia: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf\n"
                            + "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj\nVia: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en\n"
                            + "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee\n",
                        without: "Via"
                    )
                )
                .Read<SipRequest>(
                    200,
                    request =>
                        request.Vias.Select(v => v.Transport).Should().Equal("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")
                ),
        ];

    private static TortureCase LongValues() =>
        Case(
                "3.1.1.7",
                "long names, values, parameters and many Vias",
                Request(
                    $"INVITE sip:user@example.com SIP/2.0",
                    $"To: \"I have a user name of{new string('x', 400)} length\" <sip:user@example.com:6000;unknownparam1=very{new string('l', 400)}ongvalue>\n"
                        + $"F: sip:amazinglylong{new string('c', 300)}callername@example.net;tag=12{new string('9', 300)}424\n"
                        + $"Call-ID: longreq.one{new string('r', 300)}eallylongcallid\n"
                        + $"Unknown-{new string('L', 300)}ong-Name: unknown-{new string('v', 3_000)}alue\n"
                        + $"Contact: <sip:amazinglylong{new string('x', 500)}@host.example.com>\n"
                        + string.Concat(Enumerable.Range(1, 33).Select(i => $"v: SIP/2.0/TCP sip{i}.example.com\n"))
                        + $"v: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very{new string('b', 300)}ranchvalue\n",
                    without: "To From Call-ID Contact Via"
                )
            )
            .Read<SipRequest>(
                200,
                request =>
                {
                    request.Vias.Should().HaveCount(34);
                    request.Vias[33].Branch.Should().HaveLength(314);
                    request.To.DisplayName.Should().HaveLength(428);
                    request.From.Tag.Should().HaveLength(305);
                    request.CallId.Should().HaveLength(326);
                    request.Contact!.Uri.User.Should().HaveLength(513);
                    request.Headers[$"unknown-{new string('l', 300)}ong-name"].Should().HaveLength(3_012);
                }
            );

    private static TortureCase Multipart()
    {
        byte[] binary = [0x30, 0x82, 0x01, 0x52, 0x06, 0x09, 0x2a, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x2d, 0x2d, 0x80];
        var body = Bytes(
            "--7a9cbec02ceef655\nContent-Type: text/plain\nContent-Transfer-Encoding: binary\n\nHello\n--7a9cbec02ceef655\n"
                + "Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\nContent-Disposition: attachment;handling=required\n\n",
            binary,
            "\n--7a9cbec02ceef655--\n"
        );
        return Case(
                "3.1.1.11",
                "a MIME body of text and binary parts",
                [
                    .. Request(
                        "MESSAGE sip:kumiko@example.org SIP/2.0",
                        $"Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\nContent-Length: {body.Length}\nMIME-Version: 1.0\n",
                        without: "Content-Length"
                    ),
                    .. body,
                ]
            )
            .Read<SipRequest>(
                200,
                request =>
                {
                    request.ContentType.Should().Be("multipart/mixed");
                    request.Body.ToArray().Should().Equal(body, "not one octet of it is touched");
                }
            );
    }

    private static IEnumerable<TortureCase> Reasons() =>
        [
            Case(
                    "3.1.1.12",
                    "a reason phrase in several alphabets",
                    SipSamples.Bytes(
                        SipSamples.Wire(
                            SipSamples.Minimal(
                                "SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u2013 \u044d\u0442\u043e",
                                method: "INVITE"
                            )
                        )
                    )
                )
                .Read<SipResponse>(
                    null,
                    response =>
                        response
                            .ReasonPhrase.Should()
                            .StartWith("= 2**3 * 5**2 \u043d\u043e")
                            .And.EndWith("\u044d\u0442\u043e")
                ),
            Case(
                    "3.1.1.13",
                    "an empty reason phrase",
                    SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal("SIP/2.0 100 ", method: "INVITE")))
                )
                .Read<SipResponse>(
                    null,
                    response => (response.StatusCode, response.ReasonPhrase).Should().Be((100, ""))
                ),
        ];
}
