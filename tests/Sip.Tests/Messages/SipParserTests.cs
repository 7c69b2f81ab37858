namespace OCPlatform.Sip.Tests.Messages;

public class SipParserTests
{
    [Fact]
    public void Every_part_of_a_typical_invite_is_read()
    {
        var invite = SipSamples.Request(SipSamples.Invite);

        invite.Method.Should().Be(SipMethod.Invite);
        invite.RequestUri.User.Should().Be("agent");
        invite.RequestUri.PortOrDefault.Should().Be(5060);
        invite.RequestUri.Transport.Should().Be("udp");
        invite.Vias.Should().HaveCount(2);
        invite.TopVia.Branch.Should().Be("z9hG4bK74bf9a1c0e");
        invite.TopVia.HasRport.Should().BeTrue();
        invite.TopVia.Rport.Should().Be(0);
        invite.Vias[1].Received.Should().Be("192.0.2.44");
        invite.Vias[1].Rport.Should().Be(34567);
        invite.RecordRoutes.Should().ContainSingle().Which.Uri.IsLooseRouter.Should().BeTrue();
        invite.MaxForwards.Should().Be(69);
        invite.From.DisplayName.Should().Be("Alice Example");
        invite.From.Tag.Should().Be("8ab3f00d");
        invite.From.Uri.Parameters["user"].Should().Be("phone");
        invite.To.Tag.Should().BeNull();
        invite.CallId.Should().Be("3848276298220188511@10.0.0.12");
        invite.CSeq.Should().Be(new CSeq(102, "INVITE"));
        invite.Contact!.Uri.ToString().Should().Be("sip:+15551230001@10.0.0.12:5062");
        invite.Allow.Should().HaveCount(10).And.Contain("REFER");
        invite.Supported.Should().Equal("replaces", "timer");
        invite.ContentType.Should().Be("application/sdp");
        invite.Body.Length.Should().Be(223);
        invite.Headers["session-expires"].Should().Be("1800;refresher=uac");
        invite.Headers["X-Nothing"].Should().BeNull();
    }

    [Fact]
    public void Every_truncation_of_an_invite_is_refused_with_a_typed_error()
    {
        var whole = SipSamples.InviteBytes;
        for (var length = 0; length < whole.Length; length++)
        {
            SipParser
                .TryParse(whole.AsSpan(0, length), out var message, out var error)
                .Should()
                .BeFalse($"{length} bytes are not the whole");
            message.Should().BeNull();
            error!.Offset.Should().BeInRange(0, length);
        }
        SipParser.TryParse(whole, out _, out _).Should().BeTrue();
    }

    [Fact]
    public void A_written_message_reads_the_same_again()
    {
        var first = SipSamples.Request(SipSamples.Invite);
        var second = (SipRequest)SipParser.Parse(first.ToBytes());
        second.Headers.ToList().Should().BeEquivalentTo(first.Headers.ToList(), o => o.WithStrictOrdering());
        second.Body.ToArray().Should().Equal(first.Body.ToArray());
        second.ToString().Should().Be(SipSamples.Invite);
    }

    [Fact]
    public void Compact_names_are_the_same_headers()
    {
        var request = SipSamples.Request(
            "MESSAGE sip:b@h SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bK1\nf: <sip:a@h>;tag=1\nt: <sip:b@h>\ni: 1@h\nCSeq: 1 MESSAGE\n"
                + "m: <sip:a@h>\nk: timer\ns: hi\nc: text/plain\nl: 5\n\nhello"
        );
        request.CallId.Should().Be("1@h");
        request.Contact!.Uri.User.Should().Be("a");
        request.Supported.Should().Equal("timer");
        request.ContentType.Should().Be("text/plain");
        request.ToString().Should().Contain("Via: SIP/2.0/UDP h").And.Contain("Content-Length: 5\r\n\r\nhello");
    }

    [Fact]
    public void A_status_line_gives_code_and_reason()
    {
        var response = SipSamples.Response(SipSamples.Minimal("SIP/2.0 486 Busy Here", method: "INVITE"));
        response.StatusCode.Should().Be(486);
        response.ReasonPhrase.Should().Be("Busy Here");
        response.IsFinal.Should().BeTrue();
        SipSamples.Response(SipSamples.Minimal("SIP/2.0 200 ", method: "INVITE")).ReasonPhrase.Should().BeEmpty();
        SipSamples.Response(SipSamples.Minimal("SIP/2.0 200", method: "INVITE")).ReasonPhrase.Should().BeEmpty();
    }

    [Fact]
    public void Folded_values_are_unfolded()
    {
        var request = SipSamples.Request(
            SipSamples.Minimal(lines: "Subject: I know you're there,\n pick up\n\tthe phone\n")
        );
        request.Headers["Subject"].Should().Be("I know you're there, pick up the phone");
    }

    [Fact]
    public void A_datagram_longer_than_content_length_is_cut_to_it() =>
        SipSamples
            .Parse(SipSamples.Minimal(lines: "Content-Length: 3\n") + "abcdef")
            .Body.ToArray()
            .Should()
            .Equal("abc"u8.ToArray());

    [Fact]
    public void Without_content_length_the_datagram_is_the_body() =>
        SipSamples.Parse(SipSamples.Minimal() + "abcdef").Body.Length.Should().Be(6);

    [Theory]
    [InlineData("", SipParseErrorKind.Truncated)]
    [InlineData("hello", SipParseErrorKind.Truncated)]
    [InlineData("hello\n\n", SipParseErrorKind.BadStartLine)]
    [InlineData("GET / HTTP/1.1\n\n", SipParseErrorKind.BadStartLine)]
    [InlineData("IN VITE sip:a@b SIP/2.0\n\n", SipParseErrorKind.BadRequestUri)]
    [InlineData("SIP/2.0 99 Low\n\n", SipParseErrorKind.BadStatusCode)]
    [InlineData("SIP/2.0 700 High\n\n", SipParseErrorKind.BadStatusCode)]
    [InlineData("SIP/2.0 2000 Long\n\n", SipParseErrorKind.BadStatusCode)]
    [InlineData("SIP/3.0 200 OK\n\n", SipParseErrorKind.UnsupportedVersion)]
    [InlineData("{}[] sip:a@b SIP/2.0\n\n", SipParseErrorKind.BadMethod)]
    public void What_is_no_sip_is_refused(string text, SipParseErrorKind kind) =>
        SipSamples.Refuse(text).Kind.Should().Be(kind);

    [Theory]
    [InlineData("Via")]
    [InlineData("From")]
    [InlineData("To")]
    [InlineData("Call-ID")]
    [InlineData("CSeq")]
    public void A_missing_mandatory_header_is_named(string name)
    {
        var lines = SipSamples.Minimal().Split('\n').Where(l => !l.StartsWith(name + ":", StringComparison.Ordinal));
        var error = SipSamples.Refuse(string.Join('\n', lines));
        error.Kind.Should().Be(SipParseErrorKind.MissingHeader);
        SipHeaderNames.NameOf(error.Header).Should().Be(name);
        (error.Request is null).Should().Be(name is "Via" or "CSeq", "a response without these reaches nobody");
    }

    [Theory]
    [InlineData("Max-Forwards: many", SipHeaderId.MaxForwards)]
    [InlineData("Max-Forwards: 300", SipHeaderId.MaxForwards)]
    [InlineData("Contact: <sip:a@b", SipHeaderId.Contact)]
    [InlineData("Contact: <sip:a@b>, \"unbalanced <sip:c@d>", SipHeaderId.Contact)]
    [InlineData("Route: sip:", SipHeaderId.Route)]
    [InlineData("Record-Route: <sip:[::1>", SipHeaderId.RecordRoute)]
    [InlineData("Via: SIP/2.0/UDP", SipHeaderId.Via)]
    [InlineData("Via: SIP/2.0/UDP h:99999", SipHeaderId.Via)]
    public void A_bad_value_of_a_header_that_routes_can_be_answered_with_400(string line, SipHeaderId header)
    {
        var error = SipSamples.Refuse(SipSamples.Minimal(lines: line + "\n"));
        error.Kind.Should().Be(SipParseErrorKind.BadHeaderValue);
        error.Header.Should().Be(header);
        error.Status.Should().Be(400);
        SipResponse.Create(error.Request!, error.Status).CSeq.Number.Should().Be(1);
    }

    [Fact]
    public void A_bad_value_of_any_other_header_reads_as_absent()
    {
        var request = SipSamples.Request(
            SipSamples.Minimal(lines: "Expires: soon\nRetry-After: later\nRefer-To: <<>>\n")
        );
        request.Expires.Should().BeNull();
        request.RetryAfter.Should().BeNull();
        request.Addresses(SipHeaderId.ReferTo).Should().BeEmpty();
        request.Headers["Expires"].Should().Be("soon");
    }

    [Fact]
    public void Caps_are_errors_not_cuts()
    {
        var limits = new SipParserLimits
        {
            MaxMessageBytes = 2_000,
            MaxHeaders = 10,
            MaxHeaderBytes = 100,
        };
        Kind(SipSamples.Minimal(lines: string.Concat(Enumerable.Repeat("X-A: b\n", 6))))
            .Should()
            .Be(SipParseErrorKind.TooManyHeaders);
        Kind(SipSamples.Minimal(lines: $"X-A: {new string('b', 100)}\n")).Should().Be(SipParseErrorKind.HeaderTooLong);
        Kind(SipSamples.Minimal() + new string('b', 2_000)).Should().Be(SipParseErrorKind.MessageTooLarge);

        SipParseErrorKind Kind(string text)
        {
            SipParser
                .TryParse(SipSamples.Bytes(SipSamples.Wire(text)), out _, out var error, limits)
                .Should()
                .BeFalse();
            return error!.Kind;
        }
    }

    [Fact]
    public void The_largest_datagram_is_parsed()
    {
        var text = SipSamples.Wire(SipSamples.Minimal());
        SipSamples.Parse(text + new string('b', 65_535 - text.Length)).Body.Length.Should().Be(65_535 - text.Length);
    }

    [Fact]
    public void Parsing_a_typical_invite_allocates_less_than_one_kilobyte()
    {
        ReadOnlyMemory<byte> bytes = SipSamples.InviteBytes;
        SipParser.TryParse(bytes, out _, out _).Should().BeTrue();
        const int runs = 1_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < runs; i++)
        {
            SipParser.TryParse(bytes, out _, out _);
        }
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / runs;
        each.Should().BeLessThanOrEqualTo(1_024);
    }
}
