using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

/// <summary>Where responses go when Via asks for a group, or when the connection of the request is gone (RFC 3261 §18.2.2).</summary>
public class ResponseRoutesTests
{
    private static readonly VirtualTransport Udp = new(
        new(1, new()),
        IPEndPoint.Parse("192.0.2.1:5060"),
        TimeProvider.System
    );

    [Theory]
    [InlineData("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;maddr=224.0.1.75;ttl=1", "224.0.1.75:5060")]
    [InlineData("SIP/2.0/UDP 10.0.0.1:5070;maddr=[ff02::1];branch=z9hG4bK1", "[ff02::1]:5070")]
    [InlineData("SIP/2.0/UDP 10.0.0.1:5070;maddr=203.0.113.66;rport;branch=z9hG4bK1", "198.51.100.7:40000")]
    [InlineData("SIP/2.0/UDP 10.0.0.1:5070;maddr=victim.example;rport;branch=z9hG4bK1", "198.51.100.7:40000")]
    public void A_group_in_maddr_is_answered_and_no_other_host(string via, string destination)
    {
        var request = SipSamples.Request(SipSamples.Minimal().Replace("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmin", via));
        var flow = new SipFlow(Udp, Udp.LocalEndPoint, SipDestination.Udp(IPEndPoint.Parse("198.51.100.7:40000")));
        ResponseRouting.StampSource(request, flow);
        ResponseRouting.For(request, flow).EndPoint.ToString().Should().Be(destination);
    }

    [Theory]
    [InlineData("SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bK1;received=192.0.2.7;rport=40000", "TCP:192.0.2.7:5070")]
    [InlineData("SIP/2.0/TCP 192.0.2.8;branch=z9hG4bK1", "TCP:192.0.2.8:5060")]
    [InlineData("SIP/2.0/TLS 10.0.0.1;branch=z9hG4bK1;received=192.0.2.7", "TLS:192.0.2.7:5061")]
    [InlineData("SIP/2.0/TLS sip.example.com;branch=z9hG4bK1;received=192.0.2.7", "TLS:192.0.2.7:5061;sip.example.com")]
    [InlineData("SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bK1;received=2001:db8::2", "TCP:[2001:db8::2]:5070")]
    [InlineData("SIP/2.0/TCP phone.example.com;branch=z9hG4bK1", null)]
    [InlineData("SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK1;received=192.0.2.7", null)]
    [InlineData("SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK1", null)]
    public void Without_its_connection_a_response_goes_to_the_address_in_Via(string via, string? destination)
    {
        var request = SipSamples.Request(SipSamples.Minimal().Replace("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKmin", via));
        var found = ResponseRouting.WithoutConnection(SipResponse.Create(request, 200).ToBytes());
        found?.ToString().Should().Be(destination);
        (found is null).Should().Be(destination is null);
        ResponseRouting.WithoutConnection(request.ToBytes()).Should().BeNull("a request has no such way");
    }
}
