using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>What an INVITE must be to open a session, and what refuses it (RFC 3261 §8.2, §13.3.1).</summary>
public class IncomingInviteTests
{
    [Theory]
    [InlineData("Contact: <sip:a@192.0.2.1>\nRequire: foo, timer, bar", 420, "Unsupported: foo, bar")]
    [InlineData("", 400, "an INVITE needs a Contact")]
    [InlineData("Contact: *", 400, "an INVITE needs a Contact")]
    [InlineData("Contact: <sip:a@192.0.2.1>\nSupported: timer\nSession-Expires: 30", 422, "Min-SE: 90")]
    [InlineData("Contact: <sip:a@192.0.2.1>\nContent-Type: text/html", 415, "Accept: application/sdp")]
    [InlineData(
        "Contact: <sip:a@192.0.2.1>\nContent-Type: application/sdp\nContent-Encoding: gzip",
        415,
        "Accept-Encoding: identity"
    )]
    [InlineData("Contact: <sip:a@192.0.2.1>\nReplaces: call;to-tag=1", 400, "Replaces is malformed")]
    [InlineData(
        "Contact: <sip:a@192.0.2.1>\nReplaces: c;to-tag=1;from-tag=2\nReplaces: d;to-tag=1;from-tag=2",
        400,
        "Replaces"
    )]
    public void An_invite_that_cannot_be_taken_is_refused_with_its_cause(string headers, int status, string says)
    {
        Incoming(Invite(headers), out var refusal).Should().BeNull();
        refusal!.StatusCode.Should().Be(status);
        refusal.ToString().Should().Contain(says);
        refusal.To.Tag.Should().Be("callee-tag");
    }

    [Theory]
    [InlineData("Contact: <sip:a@192.0.2.1>\nRequire: 100rel")]
    [InlineData("Contact: <sip:a@192.0.2.1>\nSession-Expires: 30")]
    [InlineData("Contact: <sip:a@192.0.2.1>\nSession-Expires: nonsense")]
    [InlineData("Contact: <sip:a@192.0.2.1>\nContent-Type: image/png\nContent-Disposition: icon;handling=optional")]
    public void An_odd_invite_that_can_be_taken_is_taken(string headers) =>
        Incoming(Invite(headers), out _).Should().NotBeNull();

    [Theory]
    [InlineData(
        "\"a \\\\ \\\" b; <>,\" <sip:a@192.0.2.1>;tag=a;x=\"q;z\"",
        "<sip:a;b=c@[2001:db8::1]:5060;transport=tcp?X=y>"
    )]
    [InlineData("sip:a@192.0.2.1;tag=a", "sip:a@192.0.2.1")]
    [InlineData("<sip:a@192.0.2.1>", "<tel:+49301234>")]
    [InlineData("<tel:+49-30;phone-context=x>;tag=a", "<mailto:x@example.com>")]
    [InlineData("Grüße <sip:%40@192.0.2.1>;tag=a", "<sips:a@example.com>;q=0.1")]
    public void Odd_addresses_can_be_answered_and_hung_up(string from, string contact)
    {
        var text =
            $"INVITE sip:b@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: {from}\nTo: <sip:b@192.0.2.2>\n"
            + $"Call-ID: c\nCSeq: 1 INVITE\nContact: {contact}\nRecord-Route: <sip:p.example.com;lr>\nContent-Length: 0\n\n";
        var session = Incoming((SipRequest)SipParser.Parse(Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n"))), out _)!;
        session.Answer(OfferBody, TimeSpan.Zero).Should().Be(SipSessionResult.Done);
        session.OnDeadline(TimeSpan.FromSeconds(33));
        var sent = new List<SipRequest>();
        while (session.TryTake(out var action))
        {
            if (action is SipSessionAction.Send send)
            {
                sent.Add(Parse(send.Request));
            }
        }
        sent.Should().ContainSingle().Which.Method.Should().Be(SipMethod.Bye);
    }

    [Fact]
    public void Reliable_responses_that_we_demand_are_demanded_with_421()
    {
        var options = Options() with { ReliableProvisionals = SipReliableProvisionals.Required };
        Incoming(Invite("Contact: <sip:a@192.0.2.1>"), out var refusal, options).Should().BeNull();
        (refusal!.StatusCode, refusal.Headers["Require"]).Should().Be((421, "100rel"));
        options = options with { ReliableProvisionals = SipReliableProvisionals.Never };
        Incoming(Invite("Contact: <sip:a@192.0.2.1>\nRequire: 100rel"), out refusal, options).Should().BeNull();
        refusal!.StatusCode.Should().Be(420);
    }

    [Fact]
    public void A_replaces_header_is_told()
    {
        var session = Incoming(
            Invite("Contact: <sip:a@192.0.2.1>\nReplaces: 98732@x;from-tag=r1;to-tag=us;early-only"),
            out _
        );
        session!.Replaces.Should().Be(new SipReplaces("98732@x", "us", "r1", EarlyOnly: true));
    }

    [Theory]
    [InlineData("application/isup", ";handling=optional", true)]
    [InlineData("application/isup", "", false)]
    [InlineData("application/sdp", "", true)]
    public void Of_a_multipart_body_the_description_is_taken_when_the_rest_may_be_passed_over(
        string type,
        string handling,
        bool taken
    )
    {
        var invite = Invite("Contact: <sip:a@192.0.2.1>");
        var body =
            $"--x\r\nContent-Type: {type}\r\nContent-Disposition: signal{handling}\r\n\r\nabc\r\n"
            + "--x\r\nContent-Type: application/sdp\r\n\r\noffer\r\n--x--\r\n";
        invite.SetBody(Encoding.ASCII.GetBytes(body), "multipart/mixed;boundary=x");

        var session = Incoming(invite, out var refusal);

        (session is not null).Should().Be(taken);
        (refusal?.StatusCode ?? 0).Should().Be(taken ? 0 : SipStatus.UnsupportedMediaType);
        if (type != "application/sdp" && taken)
        {
            session!.TryTake(out var first).Should().BeTrue();
            first
                .Should()
                .BeOfType<SipSessionEvent.OfferReceived>()
                .Which.Body.ToArray()
                .Should()
                .Equal("offer"u8.ToArray());
        }
    }

    private static SipRequest Invite(string headers)
    {
        var body = headers.Contains("Content-Type") ? "body" : "";
        return (SipRequest)
            SipParser.Parse(
                Encoding.UTF8.GetBytes(
                    (
                        "INVITE sip:b@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:a@192.0.2.1>;tag=a\n"
                        + $"To: <sip:b@192.0.2.2>\nCall-ID: c\nCSeq: 1 INVITE\n{headers}\nContent-Length: {body.Length}\n\n"
                    )
                        .Replace("\n\nContent", "\nContent")
                        .Replace("\n", "\r\n") + body
                )
            );
    }

    private static SipSession? Incoming(
        SipRequest invite,
        out SipResponse? refusal,
        SipSessionOptions? options = null
    ) =>
        SipSession.Incoming(
            invite,
            "t",
            "callee-tag",
            SipUri.Parse("sip:us@192.0.2.2"),
            options ?? Options(),
            TimeSpan.Zero,
            out refusal
        );
}
