using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public class SipDestinationTests
{
    [Theory]
    [InlineData("UDP:192.0.2.1:5060", "UDP", "192.0.2.1:5060", null)]
    [InlineData("udp:[2001:db8::1]:5060", "UDP", "[2001:db8::1]:5060", null)]
    [InlineData("TLS:192.0.2.1:5061;sip.example.com", "TLS", "192.0.2.1:5061", "sip.example.com")]
    [InlineData("WSS:[2001:db8::1]:443;SIP.Example.com", "WSS", "[2001:db8::1]:443", "sip.example.com")]
    public void Its_text_is_read_and_written(string text, string transport, string endPoint, string? name)
    {
        var read = SipDestination.Parse(text);
        (read.Transport, read.EndPoint.ToString(), read.ServerName).Should().Be((transport, endPoint, name));
        SipDestination.Parse(read.ToString()).Should().Be(read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("UDP")]
    [InlineData(":192.0.2.1:5060")]
    [InlineData("UDP:host:5060")]
    [InlineData("UDP;192.0.2.1:5060")]
    public void Other_texts_are_refused(string text)
    {
        var parse = () => SipDestination.Parse(text);
        parse.Should().Throw<FormatException>();
    }

    [Fact]
    public void The_name_is_part_of_what_it_is()
    {
        var named = SipDestination.Parse("TLS:192.0.2.1:5061;a.example.com");
        named.Should().NotBe(SipDestination.Parse("TLS:192.0.2.1:5061"));
        named.Should().NotBe(SipDestination.Parse("TLS:192.0.2.1:5061;b.example.com"));
        named.GetHashCode().Should().Be(SipDestination.Parse("tls:192.0.2.1:5061;A.example.com").GetHashCode());
    }
}
