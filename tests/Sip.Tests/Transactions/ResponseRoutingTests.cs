using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transactions;

public class ResponseRoutingTests
{
    private static readonly VirtualTransport Udp = new(
        new(1, new()),
        IPEndPoint.Parse("192.0.2.1:5060"),
        TimeProvider.System
    );

    private static SipFlow From(string address) =>
        new(Udp, Udp.LocalEndPoint, SipDestination.Udp(IPEndPoint.Parse(address)));

    private static SipRequest Request(string via) =>
        SipSamples.Request(SipSamples.Minimal().Replace("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmin", via));

    [Theory]
    [InlineData(
        "nothing asked, nothing to say",
        "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK1",
        "SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bK1"
    )]
    [InlineData(
        "another address than sent-by",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=198.51.100.7"
    )]
    [InlineData(
        "a host name",
        "SIP/2.0/UDP phone.example.com;branch=z9hG4bK1",
        "SIP/2.0/UDP phone.example.com;branch=z9hG4bK1;received=198.51.100.7"
    )]
    [InlineData(
        "rport in the middle",
        "SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK1",
        "SIP/2.0/UDP 198.51.100.7;rport=40000;branch=z9hG4bK1;received=198.51.100.7"
    )]
    [InlineData(
        "rport at the end, more values on the line",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport , SIP/2.0/UDP h;rport",
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=40000;received=198.51.100.7, SIP/2.0/UDP h;rport"
    )]
    [InlineData(
        "values of the peer's own are replaced",
        "SIP/2.0/UDP 10.0.0.1;received=1.2.3.4;rport=1;branch=z9hG4bK1",
        "SIP/2.0/UDP 10.0.0.1;received=198.51.100.7;rport=40000;branch=z9hG4bK1"
    )]
    public void The_top_via_tells_the_real_source(string why, string via, string stamped)
    {
        var request = Request(via);
        ResponseRouting.StampSource(request, From("198.51.100.7:40000"));
        request.Headers["Via"].Should().Be(stamped, why);
        request.TopVia.Transport.Should().Be("UDP");
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport", "198.51.100.7:40000")]
    [InlineData("SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1", "198.51.100.7:5062")]
    [InlineData("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1", "198.51.100.7:5060")]
    public void Responses_go_to_the_source_and_to_its_port_only_with_rport(string via, string destination)
    {
        var request = Request(via);
        var flow = From("198.51.100.7:40000");
        ResponseRouting.StampSource(request, flow);
        ResponseRouting.For(request, flow).EndPoint.ToString().Should().Be(destination);
    }

    [Fact]
    public void An_ipv6_source_is_stamped_without_brackets()
    {
        var request = Request("SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1;rport");
        ResponseRouting.StampSource(request, From("[2001:db8::2]:5061"));
        request.TopVia.Received.Should().Be("2001:db8::2");
        request.TopVia.Rport.Should().Be(5061);
        SipParser.Parse(request.ToBytes()).TopVia.Received.Should().Be("2001:db8::2");
    }
}
