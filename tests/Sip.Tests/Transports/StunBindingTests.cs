using System.Net;
using System.Net.Sockets;
using CsCheck;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public class StunBindingTests
{
    private const string Header = "00010000 2112a442 b7e7a701 bc34d686 fa87dfae";

    [Theory]
    // The addresses and ids of RFC 5769 §2.2 and §2.3, in responses of that one attribute.
    [InlineData("192.0.2.1:32853", "0101000c 2112a442 b7e7a701 bc34d686 fa87dfae 00200008 0001a147 e112a643")]
    [InlineData(
        "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        "01010018 2112a442 b7e7a701 bc34d686 fa87dfae 00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"
    )]
    public void A_binding_request_is_told_its_source(string source, string response) =>
        Answer(Header, source).Should().Be(response.Replace(" ", ""));

    [Fact]
    public void Optional_attributes_are_passed_over_and_needed_ones_refused()
    {
        // SOFTWARE (0x8022) of 5 bytes, padded, then FINGERPRINT.
        Answer(Header.Replace("00010000", "00010014") + "80220005 61626364 65000000 80280004 00000000", "192.0.2.1:1")
            .Should()
            .StartWith("0101");
        // USERNAME
        Answer(Header.Replace("00010000", "00010008") + "00060004 61626364", "192.0.2.1:1")
            .Should()
            .Be("01110010" + Header[8..].Replace(" ", "") + "0009000400000414000a000200060000");
    }

    [Theory]
    [InlineData("00010000 2112a443 b7e7a701 bc34d686 fa87dfae")]
    [InlineData("00010004 2112a442 b7e7a701 bc34d686 fa87dfae")]
    [InlineData("00110000 2112a442 b7e7a701 bc34d686 fa87dfae")]
    [InlineData("00010000 2112a442")]
    public void What_is_no_binding_request_is_not_answered(string request) =>
        Answer(request, "192.0.2.1:1").Should().BeEmpty();

    [Fact]
    public void Noise_behind_a_good_header_never_throws() =>
        Gen
            .Byte.Array[0, 64]
            .Sample(noise =>
            {
                var padded = noise.Concat(new byte[(4 - noise.Length % 4) % 4]).ToArray();
                byte[] request = [.. Convert.FromHexString(Header.Replace(" ", "")), .. padded];
                request[3] = (byte)padded.Length;
                Span<byte> response = stackalloc byte[StunBinding.MaxResponseBytes];
                StunBinding.Answer(request, new IPEndPoint(IPAddress.Loopback, 1), response).Should().BeGreaterThan(0);
            });

    [Fact]
    public async Task The_SIP_port_answers_it_and_no_SIP_is_seen()
    {
        var inbox = new Inbox();
        await using var udp = new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        udp.Start(inbox);
        using var phone = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        phone.Send(Convert.FromHexString(Header.Replace(" ", "")), udp.LocalEndPoint);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var response = (await phone.ReceiveAsync(deadline.Token)).Buffer;
        var port = (response[26] << 8 | response[27]) ^ 0x2112;
        port.Should().Be(((IPEndPoint)phone.Client.LocalEndPoint!).Port);
        udp.Counters.StunRequests.Should().Be(1);
        inbox.Received.Should().BeEmpty();
    }

    private static string Answer(string request, string source)
    {
        var response = new byte[StunBinding.MaxResponseBytes];
        var length = StunBinding.Answer(
            Convert.FromHexString(request.Replace(" ", "")),
            IPEndPoint.Parse(source),
            response
        );
        return Convert.ToHexStringLower(response.AsSpan(0, length));
    }
}
