using System.Net;
using System.Text;
using OCPlatform.Gateways.Sip;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class OutboundDressTests
{
    private static readonly IPEndPoint Local = IPEndPoint.Parse("192.0.2.200:5060");

    private readonly TrunkOptions _options = new()
    {
        Name = "carrier",
        Domain = "sip.example.com",
        Direction = TrunkDirection.Outbound,
        Numbers = NumberFormat.Plus,
    };

    private readonly SipRequest _written = Invite("sip:15551234567@gateway.invalid", "sip:frontdesk@gateway.invalid");

    [Fact]
    public void The_placeholder_becomes_our_address_and_the_number_the_trunk_s()
    {
        _options.CallerId = "1 (555) 000-1111";
        var sent = Dress();

        sent.RequestUri.ToString().Should().Be("sip:+15551234567@sip.example.com");
        sent.To.Uri.Should().Be(sent.RequestUri);
        sent.From.Uri.ToString().Should().Be("sip:+15550001111@sip.example.com");
        sent.From.Tag.Should().Be("local-tag");
        sent.Contact!.Uri.ToString().Should().Be("sip:call-id@192.0.2.200:5060");
        sent.Headers.Contains(SipHeaderId.Via).Should().BeFalse("the endpoint writes it");
        sent.CSeq.Number.Should().Be(7);
        sent.ToString().Should().NotContain("gateway.invalid");
    }

    [Fact]
    public void The_request_that_was_given_stays_as_it_is()
    {
        var before = _written.ToString();
        Dress();

        _written.ToString().Should().Be(before);
    }

    [Fact]
    public void A_caller_with_a_number_keeps_it()
    {
        _options.CallerId = "+15550001111";
        _written.From = NameAddress.Parse("\"Alice\" <sip:4930123456@gateway.invalid>;tag=local-tag");

        Dress().From.ToString().Should().Be("\"Alice\" <sip:+4930123456@sip.example.com>;tag=local-tag");
    }

    [Fact]
    public void The_contact_names_the_transport_and_sips_stays_sips()
    {
        Dress("TLS").Contact!.Uri.ToString().Should().Be("sip:call-id@192.0.2.200:5060;transport=tls");

        var secure = Invite("sips:bob@example.org", "sip:alice@gateway.invalid");
        var route = new OutboundRoute(null, secure.RequestUri, secure.RequestUri, null, []);
        OutboundDress.Invite(secure, route, "TLS", Local, 1).Contact!.Uri.Scheme.Should().Be("sips");
    }

    [Fact]
    public void An_asserted_identity_is_told_to_a_trunk_that_wants_it_and_to_no_other()
    {
        _written.Headers.Add(SipHeaderId.PAssertedIdentity, "<sip:4930123456@gateway.invalid>");
        Dress().Headers.Contains(SipHeaderId.PAssertedIdentity).Should().BeFalse();

        _options.AssertIdentity = true;
        Dress().Headers[SipHeaderId.PAssertedIdentity].Should().Be("<sip:+4930123456@sip.example.com>");
    }

    [Fact]
    public void A_withheld_number_is_only_in_the_asserted_identity()
    {
        _options.AssertIdentity = true;
        _options.CallerId = "+15550001111";
        _written.Headers.Add(SipHeaderId.Privacy, "id");
        var sent = Dress();

        sent.From.ToString().Should().Be("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=local-tag");
        sent.Headers[SipHeaderId.PAssertedIdentity].Should().Contain("+15550001111");
        sent.Headers[SipHeaderId.Privacy].Should().Be("id");
    }

    [Fact]
    public void Headers_of_the_trunk_are_added()
    {
        _options.Headers["X-Account"] = "42";

        Dress().Headers["X-Account"].Should().Be("42");
    }

    [Theory]
    [InlineData(HundredRelPolicy.Off, "timer", null)]
    [InlineData(HundredRelPolicy.Supported, "100rel, timer", null)]
    [InlineData(HundredRelPolicy.Required, "100rel, timer", "100rel")]
    public void Reliable_provisionals_are_as_the_trunk_has_them(
        HundredRelPolicy policy,
        string supported,
        string? require
    )
    {
        _options.HundredRel = policy;
        _written.Headers.Add(SipHeaderId.Supported, "100rel, timer");
        var sent = Dress();

        string.Join(", ", sent.Supported).Should().Be(supported);
        sent.Headers[SipHeaderId.Require].Should().Be(require);
    }

    [Fact]
    public void The_session_timer_is_the_trunk_s_but_not_below_what_422_asked_for()
    {
        _written.Headers.Add(SipHeaderId.Supported, "timer").Add(SipHeaderId.SessionExpires, "1800");
        _options.SessionTimerSeconds = 600;
        Dress().Headers[SipHeaderId.SessionExpires].Should().Be("600");

        _written.Headers.Add(SipHeaderId.MinSE, "900");
        Dress().Headers[SipHeaderId.SessionExpires].Should().Be("900");

        _options.SessionTimerSeconds = 0;
        var without = Dress();
        without.Headers.Contains(SipHeaderId.SessionExpires).Should().BeFalse();
        without.Supported.Should().BeEmpty();
    }

    [Theory]
    [InlineData("112", NumberFormat.Plus, "112")]
    [InlineData("*98", NumberFormat.Plus, "*98")]
    [InlineData("0301234567", NumberFormat.Plus, "0301234567")]
    [InlineData("4930123456", NumberFormat.Plus, "+4930123456")]
    [InlineData("+49 30 123-456", NumberFormat.Digits, "4930123456")]
    [InlineData("+49 30 123-456", NumberFormat.AsGiven, "+4930123456")]
    public void Numbers_are_written_as_the_trunk_wants_them(string dialled, NumberFormat format, string written) =>
        DialledNumber.Read(dialled)!.Write(format).Should().Be(written);

    [Fact]
    public void The_offer_holds_the_trunk_s_codecs_in_the_trunk_s_order_and_key_presses()
    {
        const string offer =
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 9 0 8 101\r\n"
            + "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            + "a=fmtp:101 0-15\r\na=sendrecv\r\n";
        var cut = Encoding.UTF8.GetString(OfferedCodecs.Only(Encoding.UTF8.GetBytes(offer), ["PCMA", "pcmu"]).Span);

        cut.Should()
            .Be(
                "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
                    + "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
            );
        var untouched = OfferedCodecs.Only(Encoding.UTF8.GetBytes(offer), ["opus"]);
        Encoding.UTF8.GetString(untouched.Span).Should().Be(offer);
    }

    [Theory]
    [InlineData(SrtpPolicy.Never, "TLS", "RTP/AVP", false)]
    [InlineData(SrtpPolicy.Allowed, "UDP", "RTP/AVP", false)]
    [InlineData(SrtpPolicy.Allowed, "TLS", "RTP/AVP", true)]
    [InlineData(SrtpPolicy.Required, "UDP", "RTP/SAVP", true)]
    public void Keys_leave_as_the_trunk_demands_and_the_signalling_can_keep_them(
        SrtpPolicy policy,
        string transport,
        string protocol,
        bool keys
    )
    {
        _options.Srtp = policy;
        var local = new LocalMedia("192.0.2.1", 10_000, 1, 1) { Secrets = new LocalSecrets(null) };
        _written.SetBody(
            Encoding.UTF8.GetBytes(OfferAnswer.Offer(MediaCapabilities.Default, local).ToString()),
            "application/sdp"
        );

        var offer = Encoding.UTF8.GetString(Dress(transport).Body.Span);

        offer.Should().Contain($" {protocol} 0 8 101\r\n");
        offer.Contains("a=crypto").Should().Be(keys);
        offer.Should().NotContainAny("ice-", "fingerprint", "BUNDLE");
    }

    [Fact]
    public void Only_a_trusted_trunk_may_say_who_calls()
    {
        _written.Headers.Add(SipHeaderId.PAssertedIdentity, "<sip:boss@example.com>");
        _written.Headers.Add(SipHeaderId.Diversion, "<sip:+49301@example.com>;reason=unconditional");
        _options.TrustIdentity = true;
        var trusted = TrunkSettings.From(_options);

        TrustedIdentity.Of(_written, trusted).Should().BeSameAs(_written);
        var stranger = TrustedIdentity.Of(_written, null);
        stranger.Headers.Contains(SipHeaderId.PAssertedIdentity).Should().BeFalse();
        stranger.Headers.Contains(SipHeaderId.Diversion).Should().BeFalse();
        _written.Headers.Contains(SipHeaderId.Diversion).Should().BeTrue("the transaction still reads it");
    }

    private SipRequest Dress(string transport = "UDP")
    {
        var trunk = TrunkSettings.From(_options);
        var route = new OutboundRoute(trunk, _written.RequestUri, trunk.Targets[0].Uri, null, []);
        return OutboundDress.Invite(_written, route, transport, Local, 7);
    }

    private static SipRequest Invite(string target, string from)
    {
        var uri = SipUri.Parse(target);
        var invite = SipRequest.Create(
            SipMethod.Invite,
            uri,
            new NameAddress(SipUri.Parse(from), tag: "local-tag"),
            callId: "dialog"
        );
        invite.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP gateway.invalid;branch=z9hG4bKgateway");
        invite.Headers.Add(SipHeaderId.Contact, "<sip:call-id@gateway.invalid>");
        return invite;
    }
}
