using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Host.Configuration;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Host.Tests.Configuration;

/// <summary>The sections of the SIP listeners as they are written.</summary>
public sealed class SipListenersConfigTests
{
    [Fact]
    public void Listeners_and_TLS_are_read_from_the_file_and_the_environment()
    {
        const string Yaml = """
            sip:
              listeners:
              - transport: udp
                address: 10.0.0.5
                advertisedAddress: 203.0.113.5
                advertisedPort: 6000
              - transport: wss
                address: "::"
                port: 8089
                allowedOrigins: [https://app.example.com]
              tls:
                certificate: a.pem
                clientCertificates: optional
                verifyPeers: false
                certificates:
                - serverName: b.example.com
                  certificate: b.pfx
              connections:
                maxPerAddress: 9
              dns:
                servers: [192.0.2.53, "192.0.2.54:5353"]
            """;
        var sip = ConfigLoader.Load("test.yaml", Yaml, [new("OCP_SIP_TLS_PASSWORD", "secret")]).Options.Sip;

        var (udp, wss) = (sip.Listeners[0], sip.Listeners[1]);
        (udp.Transport, udp.Address, udp.Port).Should().Be((SipListenerTransport.Udp, "10.0.0.5", null));
        (udp.AdvertisedAddress, udp.AdvertisedPort).Should().Be(("203.0.113.5", 6000));
        (wss.Transport, wss.Port).Should().Be((SipListenerTransport.Wss, 8089));
        wss.AllowedOrigins.Should().Equal("https://app.example.com");
        (sip.Tls.Certificate, sip.Tls.Password).Should().Be(("a.pem", "secret"));
        (sip.Tls.ClientCertificates, sip.Tls.VerifyPeers).Should().Be((ClientCertificates.Optional, false));
        sip.Tls.Certificates.Single().ServerName.Should().Be("b.example.com");
        sip.Connections.MaxPerAddress.Should().Be(9);
        sip.Dns.Servers.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("transport: quic", "sip.listeners[0].transport must be one of udp, tcp, tls, ws, wss, not 'quic'")]
    [InlineData("transport: ws", "sip.listeners[0].port: ws has no usual port; set one.")]
    [InlineData("port: 70000", "sip.listeners[0].port must be a whole number from 1 to 65535. It is '70000'.")]
    [InlineData("address: here", "sip.listeners[0].address: 'here' is no IP address.")]
    public void A_mistake_is_told_with_its_place(string line, string problem)
    {
        var load = () => ConfigLoader.Load("test.yaml", $"sip:\n  listeners:\n  - {line}\n", []);
        load.Should().Throw<ConfigurationException>().Which.Problems.Should().ContainSingle(p => p.Contains(problem));
    }
}
