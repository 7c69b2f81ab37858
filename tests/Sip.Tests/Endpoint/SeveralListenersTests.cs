using System.Net;
using OCPlatform.Sip.Tests.Transports;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Endpoint;

/// <summary>An endpoint with two UDP listeners: what came by one goes back by it.</summary>
public sealed class SeveralListenersTests : IAsyncLifetime
{
    private readonly UdpTransport _first = new(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
    private readonly UdpTransport _second = new(
        new() { Bind = new IPEndPoint(IPAddress.Loopback, 0), AdvertisedAddress = IPAddress.Parse("192.0.2.9") }
    );
    private Station _station = null!;

    public Task InitializeAsync()
    {
        _station = new Station(_first, _second);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _station.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_leaves_by_the_listener_of_its_request(bool rport)
    {
        using var peer = new RawPeer(_second.LocalEndPoint);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1", rport: rport));
        (await peer.ReceiveResponseAsync()).StatusCode.Should().Be(200);
        await Eventually.HoldsAsync(() => _second.Counters.Sent == 1, "the count");
        _first.Counters.Sent.Should().Be(0);
    }

    [Fact]
    public async Task A_request_to_a_peer_leaves_by_the_listener_it_was_heard_on_also_when_its_address_came_as_text()
    {
        using var peer = new RawPeer(_second.LocalEndPoint);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1"));
        await peer.ReceiveResponseAsync();
        var flow = (await _station.Core.NextAsync<SipServerRequest>()).Flow;
        var asked = _station.AskAsync(SipDestination.Parse(flow.Remote.ToString()));
        var request = await peer.ReceiveRequestAsync();
        request.TopVia.Host.Should().Be("192.0.2.9");
        peer.Send(SipResponse.Create(request, 200, toTag: "t").ToBytes());
        (await asked).Should().Be("200");
    }

    [Fact]
    public async Task A_peer_never_heard_of_is_sent_to_by_the_first_listener()
    {
        using var peer = new RawPeer(_first.LocalEndPoint);
        var asked = _station.AskAsync(SipDestination.Udp(new IPEndPoint(IPAddress.Loopback, peer.Port)));
        var request = await peer.ReceiveRequestAsync();
        request.TopVia.Port.Should().Be(_first.LocalEndPoint.Port);
        peer.Send(SipResponse.Create(request, 200, toTag: "t").ToBytes());
        (await asked).Should().Be("200");
    }
}
