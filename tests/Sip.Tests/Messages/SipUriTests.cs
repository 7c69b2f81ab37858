namespace OCPlatform.Sip.Tests.Messages;

public class SipUriTests
{
    [Theory]
    [InlineData("sip:alice@example.com")]
    [InlineData("sips:alice:secret@example.com:5061;transport=tcp;lr?Subject=hi&Priority=urgent")]
    [InlineData("sip:example.com")]
    [InlineData("sip:[2001:db8::10]:5070;maddr=[2001:db8::11]")]
    [InlineData("sip:+1-212-555-1212:1234@gateway.com;user=phone")]
    [InlineData("sip:*98#@192.0.2.1")]
    [InlineData("tel:+15551234;phone-context=example.com")]
    [InlineData("urn:service:sos")]
    public void A_uri_is_written_as_it_was_read(string text) => SipUri.Parse(text).ToString().Should().Be(text);

    [Fact]
    public void The_parts_of_a_uri()
    {
        var uri = SipUri.Parse("SIPS:j%40s0n:pw@[2001:db8::1]:5063;transport=TLS;LR?a=b");
        uri.Scheme.Should().Be("sips");
        uri.UnescapedUser.Should().Be("j@s0n");
        uri.Password.Should().Be("pw");
        uri.Host.Should().Be("[2001:db8::1]");
        uri.Port.Should().Be(5063);
        uri.Transport.Should().Be("tls");
        uri.IsLooseRouter.Should().BeTrue();
        uri.Headers.Should().Be("a=b");
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice")]
    [InlineData("sip:")]
    [InlineData("sip:@example.com")]
    [InlineData("sip:a@")]
    [InlineData("sip:a@b@c")]
    [InlineData("sip:a b@c")]
    [InlineData("sip:a@b:port")]
    [InlineData("sip:a@b:65536")]
    [InlineData("sip:a@b:")]
    [InlineData("sip:a@[::1")]
    [InlineData("sip:a@[hello]")]
    [InlineData("sip:a@b;")]
    [InlineData("sip:a@b;=x")]
    [InlineData("sip:a@b?")]
    [InlineData("sip:%4@b")]
    [InlineData("<sip:a@b>")]
    [InlineData("9sip:a@b")]
    public void What_is_no_uri_is_refused(string text) => SipUri.TryParse(text, out _).Should().BeFalse();

    [Theory(DisplayName = "RFC 3261 §19.1.4: equivalent")]
    [InlineData("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5")]
    [InlineData("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on")]
    public void Equivalent(string one, string other)
    {
        SipUri.Parse(one).IsEquivalentTo(SipUri.Parse(other)).Should().BeTrue();
        SipUri.Parse(other).IsEquivalentTo(SipUri.Parse(one)).Should().BeTrue();
    }

    [Theory(DisplayName = "RFC 3261 §19.1.4: not equivalent")]
    [InlineData("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP")]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060")]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp")]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting")]
    [InlineData("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4")]
    public void Not_equivalent(string one, string other) =>
        SipUri.Parse(one).IsEquivalentTo(SipUri.Parse(other)).Should().BeFalse();

    [Fact]
    public void Names_and_quotes_survive_a_round_trip()
    {
        var address = new NameAddress(SipUri.Parse("sip:a@b"), "Dr. \"X\" \\ Ünï", "t1");
        NameAddress.Parse(address.ToString()).Should().BeEquivalentTo(address);
    }

    [Fact]
    public void A_value_cannot_smuggle_in_a_line()
    {
        var request = SipRequest.Create("OPTIONS", SipUri.Parse("sip:a@b"), NameAddress.Parse("<sip:c@d>"));
        var smuggle = () => request.Headers.Add("X-A", "b\r\nVia: evil");
        smuggle.Should().Throw<ArgumentException>();
        var name = () => request.Headers.Add("X A", "b");
        name.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Reason_and_warning_are_read_and_written()
    {
        var request = SipRequest.Create("BYE", SipUri.Parse("sip:a@b"), NameAddress.Parse("<sip:c@d>"));
        SipReason.Q850(16, "Normal; \"call\" clearing").AddTo(request);
        SipReason.Sip(503).AddTo(request);
        new SipWarning(399, "agent.example", "no \"port\" is free").AddTo(request);
        request.RetryAfter = 5;
        SipReason
            .Of(request)
            .Should()
            .Equal(
                new SipReason("Q.850", 16, "Normal; \"call\" clearing"),
                new SipReason("SIP", 503, "Service Unavailable")
            );
        SipWarning.Of(request).Should().Equal(new SipWarning(399, "agent.example", "no \"port\" is free"));
        request.RetryAfter.Should().Be(5);
        request.Headers.Set("Retry-After", "18000 (away);duration=3600");
        request.RetryAfter.Should().Be(18_000);
    }
}
