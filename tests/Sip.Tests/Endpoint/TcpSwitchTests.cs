using System.Net;
using System.Text;
using OCPlatform.Sip.Tests.Transports;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Endpoint;

/// <summary>Requests over the MTU: by TCP where it can be, by UDP where it cannot (RFC 3261 §18.1.1).</summary>
public sealed class TcpSwitchTests : IAsyncLifetime
{
    private readonly UdpTransport _udp = new(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
    private readonly StreamTransport _tcp = new(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
    private Station _station = null!;

    public Task InitializeAsync()
    {
        _station = new Station(_udp, _tcp);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _station.DisposeAsync();

    private static void Enlarge(SipRequest request) => request.SetBody(new byte[1_300], "application/octet-stream");

    [Fact]
    public async Task A_large_request_goes_by_TCP_and_its_Via_says_so()
    {
        await using var peer = SameAddressPeer(out var address);
        (await _station.AskAsync(address, Enlarge)).Should().Be("200");
        var received = await peer.Core.NextAsync<SipServerRequest>();
        received.Transport.Should().Be("TCP");
        received.Request.TopVia.Transport.Should().Be("TCP");
        received.Request.TopVia.Port.Should().Be(_tcp.LocalEndPoint.Port);

        (await _station.AskAsync(address)).Should().Be("200");
        (await peer.Core.NextAsync<SipServerRequest>()).Transport.Should().Be("UDP", "a small one stays as it was");
    }

    [Fact]
    public async Task Where_TCP_is_refused_the_same_request_goes_by_UDP()
    {
        using var peer = new RawPeer(_udp.LocalEndPoint);
        var asked = _station.AskAsync(ToPeer(peer), Enlarge);
        var request = await peer.ReceiveRequestAsync();
        request.TopVia.Transport.Should().Be("UDP");
        request.TopVia.Port.Should().Be(_udp.LocalEndPoint.Port);
        request.Body.Length.Should().Be(1_300);
        peer.Send(SipResponse.Create(request, 200, toTag: "t").ToBytes());
        (await asked).Should().Be("200", "the core sees one transaction");
        _tcp.Counters.Closed(ConnectionEnd.Broken).Should().Be(1);
    }

    [Fact]
    public async Task A_peer_that_TCP_did_not_reach_is_not_kept_waiting_the_next_time()
    {
        var tcp = new StreamTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0), ConnectTimeoutMs = 300 });
        await using var station = new Station(
            new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) }),
            tcp
        );
        using var deaf = new DeafListener();
        using var udpSide = new System.Net.Sockets.UdpClient(deaf.Address);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 2; i++)
        {
            var asked = station.AskAsync(SipDestination.Udp(deaf.Address), Enlarge);
            var datagram = await udpSide.ReceiveAsync(deadline.Token);
            var request = SipSamples.Request(Encoding.UTF8.GetString(datagram.Buffer));
            udpSide.Send(SipResponse.Create(request, 200, toTag: "t").ToBytes(), datagram.RemoteEndPoint);
            (await asked).Should().Be("200");
        }
        tcp.Counters.Closed(ConnectionEnd.ConnectTimeout).Should().Be(1, "it was tried once");
    }

    [Fact]
    public async Task An_INVITE_cancelled_while_TCP_is_tried_is_cancelled_by_UDP()
    {
        using var peer = new RawPeer(_udp.LocalEndPoint);
        var invite = SipRequest.Create(
            "INVITE",
            SipUri.Parse("sip:b@example.com"),
            NameAddress.Parse("<sip:a@example.com>;tag=1"),
            NameAddress.Parse("<sip:b@example.com>"),
            "large",
            1
        );
        Enlarge(invite);
        var id = _station.Endpoint.SendRequest(invite, ToPeer(peer))!.Value;
        _station.Endpoint.Cancel(id);
        var received = await peer.ReceiveRequestAsync();
        received.Method.Should().Be("INVITE");
        peer.Send(SipResponse.Create(received, 180, toTag: "t").ToBytes());
        var cancel = await peer.ReceiveAsync<SipRequest>(request => request.Method != "INVITE");
        cancel.Method.Should().Be("CANCEL");
        cancel.TopVia.Transport.Should().Be("UDP");
        peer.Send(SipResponse.Create(cancel, 200, toTag: "t").ToBytes());
        peer.Send(SipResponse.Create(received, 487, toTag: "t").ToBytes());
        (await peer.ReceiveAsync<SipRequest>(r => r.Method == "ACK")).TopVia.Transport.Should().Be("UDP");
    }

    [Fact]
    public async Task Without_a_TCP_transport_it_goes_by_UDP_at_once()
    {
        await using var only = new Station(new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) }));
        using var peer = new RawPeer(only.Local);
        var asked = only.AskAsync(ToPeer(peer), Enlarge);
        var request = await peer.ReceiveRequestAsync();
        request.TopVia.Transport.Should().Be("UDP");
        peer.Send(SipResponse.Create(request, 200, toTag: "t").ToBytes());
        (await asked).Should().Be("200");
    }

    private static SipDestination ToPeer(RawPeer peer) =>
        SipDestination.Udp(new IPEndPoint(IPAddress.Loopback, peer.Port));

    /// <summary>A station that has UDP and TCP on one port, as RFC 3261 §18.2.1 wants.</summary>
    private static Station SameAddressPeer(out SipDestination udp)
    {
        while (true)
        {
            using var probe = new TcpListenerPeer();
            var address = probe.Address.EndPoint;
            probe.Dispose();
            try
            {
                var station = new Station(
                    new UdpTransport(new() { Bind = address }),
                    new StreamTransport(new() { Bind = address })
                );
                udp = SipDestination.Udp(address);
                return station;
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Another took the port in between; the next one, then.
            }
        }
    }
}
