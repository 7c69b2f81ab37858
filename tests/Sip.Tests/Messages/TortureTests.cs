namespace OCPlatform.Sip.Tests.Messages;

/// <summary>
/// The conditions of RFC 4475 §3, each in a message of our own, graded as the RFC asks: valid ones are read, invalid ones get the status that the
/// RFC names (or are dropped, when they are responses).
/// </summary>
public class TortureTests
{
    [Fact(DisplayName = "3.1.1.1 white space, folds, escapes and odd spelling everywhere")]
    public void Short_tortuous_invite()
    {
        var request = SipSamples.Request(
            "INVITE sip:callee@chair.example.com;unknownparam SIP/2.0\n"
                + "TO :\n sip:callee@chair.example.com ;   tag    = 19181n\n"
                + "from   : \"J Caller \\\\\\\"\"       <sip:caller@example.com>\n  ;\n  tag = 98asjd8\n"
                + "MaX-fOrWaRdS: 0068\nCall-ID: ws.ndaksdj@192.0.2.1\nContent-Length   : 4\ncseq: 0009\n  INVITE\n"
                + "Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\ns :\n"
                + "NewFangledHeader:   newfangled value\n continued newfangled value\n"
                + "UnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
                + "Route:\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\n"
                + "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
                + "m:\"Quoted string \\\"\\\"\" <sip:caller@example.com> ; newparam =\n      newvalue ;\n  secondparam ; q = 0.33\n\nv=0\n"
        );
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
        request.Routes.Should().ContainSingle().Which.Uri.Parameters.Contains("unknown-no-value").Should().BeTrue();
        request.Body.Length.Should().Be(4);
        SipParser
            .Parse(request.ToBytes())
            .Headers.ToList()
            .Should()
            .Equal(SipParser.Parse(request.ToBytes()).Headers.ToList());
    }

    [Fact(DisplayName = "3.1.1.2 the whole range of valid characters")]
    public void Wide_range_of_characters()
    {
        const string method = "!interesting-Method0123456789_*+`.%indeed'~";
        var request = SipSamples.Request(
            $"{method} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\n"
                + "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\n"
                + "To: \"BEL:\\\u0007 NUL:\\\0 DEL:\\\u007f\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\n"
                + "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\";tag=_token~1'+`*%!-.\n"
                + "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\n"
                + $"CSeq: 139122385 {method}\nMax-Forwards: 255\n"
                + "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb\nContent-Length: 0\n\n"
        );
        request.Method.Should().Be(method);
        request.RequestUri.Host.Should().Be("example.com");
        request.RequestUri.User.Should().StartWith("1_unusual.URI~");
        request.TopVia.Branch.Should().Be("z9hG4bK-.!%66*_+`'~");
        request.From.Tag.Should().Be("_token~1'+`*%!-.");
        request.MaxForwards.Should().Be(255);
    }

    [Theory(DisplayName = "3.1.1.3–3.1.1.13 valid and unusual")]
    [InlineData("escaped user", "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0")]
    [InlineData("escaped null", "REGISTER sip:null-%00-null@example.com SIP/2.0")]
    [InlineData("percent in a method is a percent", "RE%47IST%45R sip:registrar.example.com SIP/2.0")]
    [InlineData("semicolon in user", "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0")]
    [InlineData("unknown scheme", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")]
    [InlineData("known atypical scheme", "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0")]
    [InlineData("headers in the Request-URI", "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0")]
    public void Valid_request_lines(string why, string line) =>
        SipSamples.Request(SipSamples.Minimal(line)).Should().NotBeNull(why);

    [Theory(DisplayName = "3.1.1.6, 3.3.4 … valid and unusual headers")]
    [InlineData("no space before the bracket", "Contact: caller<sip:caller@example.com>;expires=9")]
    [InlineData(
        "unknown transports",
        "Via: SIP/2.0/SCTP s1.example.com;branch=z9hG4bK1, SIP/2.0/UNKNOWN t7.example.com;branch=z9hG4bK2"
    )]
    [InlineData("other schemes", "Contact: <http://www.example.com>")]
    [InlineData("bare unknown scheme", "Contact: isbn:2983792873")]
    [InlineData(
        "contact parameters of URI and header",
        "Contact: <sip:+19725552222@gw1.example.net;unknownparam>, sip:a@b;unknownparam"
    )]
    [InlineData("unknown authorization scheme", "Authorization: NoOneKnowsThisScheme opaque-data=here")]
    [InlineData("dates in any zone", "Date: Fri, 01 Jan 2010 16:00:00 EST")]
    [InlineData("zero hops", "Max-Forwards: 0")]
    public void Valid_headers(string why, string line) =>
        SipSamples.Parse(SipSamples.Minimal(lines: line + "\n")).Should().NotBeNull(why);

    [Fact(DisplayName = "3.1.1.7 long values in headers")]
    public void Long_values()
    {
        var request = SipSamples.Request(
            SipSamples.Minimal(
                $"INVITE sip:user@example.com SIP/2.0",
                $"Contact: <sip:amazinglylong{new string('x', 500)}@host.example.com>\nX-Long{new string('g', 200)}: {new string('y', 4_000)}\n"
                    + string.Concat(Enumerable.Range(0, 30).Select(i => $"Via: SIP/2.0/TCP sip{i}.example.com\n"))
            )
        );
        request.Vias.Should().HaveCount(31);
        request.Contact!.Uri.User.Should().HaveLength(513);
    }

    [Fact(DisplayName = "3.1.1.8 a second request in the same datagram is not the body of the first")]
    public void Extra_trailing_octets()
    {
        var first = SipSamples.Minimal("REGISTER sip:example.com SIP/2.0", "Content-Length: 0\n");
        SipSamples.Request(first + SipSamples.Minimal()).Body.Length.Should().Be(0);
    }

    [Fact(DisplayName = "3.1.1.12, 3.1.1.13 reason phrases")]
    public void Reason_phrases()
    {
        SipSamples
            .Response(SipSamples.Minimal("SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e", method: "INVITE"))
            .ReasonPhrase.Should()
            .EndWith("\u043d\u043e");
        SipSamples.Response(SipSamples.Minimal("SIP/2.0 100 ", method: "INVITE")).ReasonPhrase.Should().BeEmpty();
    }

    [Theory(DisplayName = "3.1.2 invalid requests get 400")]
    [InlineData(
        "3.1.2.1 extraneous separators in Via",
        "INVITE sip:u@example.com SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.15;;,;,,"
    )]
    [InlineData(
        "3.1.2.1 extraneous separators in Contact",
        "INVITE sip:u@example.com SIP/2.0",
        "Contact: \"Joe\" <sip:joe@example.org>;;;;"
    )]
    [InlineData(
        "3.1.2.2 Content-Length beyond the message",
        "INVITE sip:u@example.com SIP/2.0",
        "Content-Length: 9999"
    )]
    [InlineData("3.1.2.3 negative Content-Length", "INVITE sip:u@example.com SIP/2.0", "Content-Length: -999")]
    [InlineData("3.1.2.4 overlarge Max-Forwards", "REGISTER sip:example.com SIP/2.0", "Max-Forwards: 300")]
    [InlineData(
        "3.1.2.6 unterminated quote",
        "INVITE sip:u@example.com SIP/2.0",
        "Contact: \"Mr. J. User <sip:j.user@example.com>"
    )]
    [InlineData("3.1.2.7 Request-URI in brackets", "INVITE <sip:user@example.com> SIP/2.0", "")]
    [InlineData("3.1.2.8 white space in the Request-URI", "INVITE sip:user@example.com; lr SIP/2.0", "")]
    [InlineData("3.1.2.9 more than one space in the request line", "INVITE  sip:user@example.com  SIP/2.0", "")]
    [InlineData(
        "3.1.2.13 headers of a bare URI in Contact",
        "REGISTER sip:example.com SIP/2.0",
        "Contact: sip:user@example.com?Route=%3Csip:s%3E"
    )]
    [InlineData(
        "3.1.2.14 spaces within the brackets",
        "OPTIONS sip:u@example.org SIP/2.0",
        "Contact: \"Watson, Thomas\" < sip:t.watson@example.org >"
    )]
    [InlineData(
        "3.1.2.15 comma in an unquoted display name",
        "OPTIONS sip:u@example.org SIP/2.0",
        "Contact: Bell, Alexander <sip:a.g.bell@example.com>"
    )]
    [InlineData(
        "3.3.8 two values of a single-value header",
        "INVITE sip:u@example.com SIP/2.0",
        "Call-ID: another@192.0.2.1"
    )]
    [InlineData(
        "3.3.9 two Content-Lengths",
        "OPTIONS sip:u@example.com SIP/2.0",
        "Content-Length: 0\nContent-Length: 5"
    )]
    public void Invalid_requests(string why, string line, string header)
    {
        var error = SipSamples.Refuse(SipSamples.Minimal(line, header.Length == 0 ? "" : header + "\n"));
        error.Status.Should().Be(400, why);
        error.Request.Should().NotBeNull("it can be answered");
    }

    [Fact(DisplayName = "3.1.2.10 spaces after SIP/2.0")]
    public void Trailing_space_on_the_request_line() =>
        SipSamples
            .Refuse(SipSamples.Minimal("OPTIONS sip:remote-target@example.com SIP/2.0  "))
            .Status.Should()
            .Be(400);

    [Fact(DisplayName = "3.1.2.4 overlarge CSeq")]
    public void Overlarge_cseq()
    {
        var text = SipSamples.Minimal().Replace("CSeq: 1 ", "CSeq: 36893488147419103232 ");
        SipSamples.Refuse(text).Header.Should().Be(SipHeaderId.CSeq);
        SipSamples
            .Refuse(SipSamples.Minimal().Replace("CSeq: 1 ", "CSeq: 2147483648 "))
            .Header.Should()
            .Be(SipHeaderId.CSeq);
        SipSamples
            .Parse(SipSamples.Minimal().Replace("CSeq: 1 ", "CSeq: 2147483647 "))
            .CSeq.Number.Should()
            .Be(int.MaxValue);
    }

    [Fact(DisplayName = "3.1.2.5 responses with overlarge values are dropped")]
    public void Overlarge_values_in_a_response() =>
        SipSamples
            .Refuse(
                SipSamples
                    .Minimal("SIP/2.0 503 Service Unavailable", method: "INVITE")
                    .Replace("CSeq: 1 ", "CSeq: 9292394834772304023312 ")
            )
            .Request.Should()
            .BeNull();

    [Fact(DisplayName = "3.1.2.16 an unknown protocol version gets 505")]
    public void Unknown_version()
    {
        var error = SipSamples.Refuse(SipSamples.Minimal("OPTIONS sip:t.watson@example.org SIP/7.0"));
        error.Status.Should().Be(505);
        error.Request.Should().NotBeNull();
    }

    [Theory(DisplayName = "3.1.2.17, 3.1.2.18 the method of CSeq differs")]
    [InlineData("OPTIONS sip:user@example.com SIP/2.0", "INVITE")]
    [InlineData("NEWMETHOD sip:user@example.com SIP/2.0", "INVITE")]
    public void Cseq_mismatch(string line, string method) =>
        SipSamples
            .Refuse(SipSamples.Minimal(line, method: method))
            .Kind.Should()
            .Be(SipParseErrorKind.CSeqMethodMismatch);

    [Fact(DisplayName = "3.1.2.19 an overlarge status code")]
    public void Overlarge_status() =>
        SipSamples
            .Refuse(SipSamples.Minimal("SIP/2.0 4294967301 better not break the receiver", method: "INVITE"))
            .Kind.Should()
            .Be(SipParseErrorKind.BadStatusCode);

    [Fact(DisplayName = "3.2.1 a branch that is only the magic cookie identifies nothing")]
    public void Missing_transaction_identifier() =>
        SipSamples
            .Parse(SipSamples.Minimal().Replace("z9hG4bKmin", "z9hG4bK"))
            .TopVia.HasMagicCookie.Should()
            .BeFalse();

    [Fact(DisplayName = "3.4.1 an INVITE of RFC 2543")]
    public void Rfc2543_invite()
    {
        var request = SipSamples.Request(
            "INVITE sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>\n"
                + "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>\nTo: sip:+16505552222@ss1.example.net;user=phone\n"
                + "Call-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp\n\nv=0\n"
        );
        request.TopVia.Branch.Should().BeNull();
        request.From.Tag.Should().BeNull();
        request.MaxForwards.Should().BeNull();
        request.To.Parameters["user"].Should().Be("phone", "without brackets the parameter is the header's");
        request.RecordRoutes[0].Uri.IsLooseRouter.Should().BeFalse();
    }
}
