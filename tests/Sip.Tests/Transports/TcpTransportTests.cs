using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

/// <summary>TCP over loopback: endpoints with each other, and against bare sockets.</summary>
public sealed class TcpTransportTests : IAsyncLifetime
{
    private readonly StreamTransportOptions _options = new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) };
    private readonly List<IAsyncDisposable> _stations = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var station in _stations)
        {
            await station.DisposeAsync();
        }
    }

    private (Station Station, StreamTransport Tcp) Start(StreamTransportOptions? options = null)
    {
        var tcp = new StreamTransport(options ?? _options);
        var station = new Station(tcp);
        _stations.Add(station);
        return (station, tcp);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Two_endpoints_talk_over_one_connection_both_ways(string address)
    {
        var bind = new IPEndPoint(IPAddress.Parse(address), 0);
        var (a, tcpA) = Start(new() { Bind = bind });
        var (b, tcpB) = Start(new() { Bind = bind });
        (await a.AskAsync(b.Address())).Should().Be("200");
        (await a.AskAsync(b.Address())).Should().Be("200");

        var received = await b.Core.NextAsync<SipServerRequest>();
        received.Transport.Should().Be("TCP");
        received.Flow.PeerNames.Should().BeEmpty();
        received.Request.TopVia.Transport.Should().Be("TCP");
        received.Request.TopVia.Port.Should().Be(tcpA.LocalEndPoint.Port, "Via tells where we listen");
        b.Endpoint.HasFlow(received.Flow.Remote).Should().BeTrue();
        (await b.AskAsync(received.Flow.Remote)).Should().Be("200", "a request takes the peer's own connection back");

        (tcpA.Counters.Opened, tcpA.Counters.Accepted).Should().Be((1, 0));
        (tcpB.Counters.Opened, tcpB.Counters.Accepted).Should().Be((0, 1));
    }

    [Fact]
    public async Task A_message_in_single_bytes_arrives_whole()
    {
        var (station, _) = Start();
        using var peer = new TcpPeer(station.Local);
        foreach (var b in SipSamples.Bytes(SipSamples.Wire(peer.Request("OPTIONS", "z9hG4bK1"))))
        {
            peer.Send([b]);
        }
        (await peer.ReceiveResponseAsync()).StatusCode.Should().Be(200);
    }

    [Fact]
    public async Task A_megabyte_of_pipelined_requests_is_answered_one_by_one()
    {
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        var bytes = new List<byte>();
        var count = 0;
        while (bytes.Count < 1024 * 1024)
        {
            bytes.AddRange(SipSamples.Bytes(SipSamples.Wire(peer.Request("OPTIONS", $"z9hG4bKm{count++}"))));
        }
        var sending = Task.Run(() => peer.Send(bytes.ToArray()));
        var branches = new HashSet<string>();
        for (var i = 0; i < count; i++)
        {
            branches.Add((await peer.ReceiveResponseAsync()).TopVia.Branch!);
        }
        await sending;
        branches.Should().HaveCount(count);
        tcp.Counters.Received.Should().Be(count);
        station.Endpoint.Counters.Dropped.Should().Be(0);
    }

    [Fact]
    public async Task Nothing_is_lost_while_the_core_is_slower_than_the_peer()
    {
        var inbox = new Inbox { HasRoom = false };
        await using var tcp = new StreamTransport(_options);
        tcp.Start(inbox);
        using var peer = new TcpPeer(tcp.LocalEndPoint);
        for (var i = 0; i < 100; i++)
        {
            peer.Send(peer.Request("OPTIONS", $"z9hG4bK{i}"));
        }
        await Eventually.HoldsAsync(() => tcp.Counters.Connections == 1, "the connection");
        inbox.Received.Should().BeEmpty();
        inbox.HasRoom = true;
        await Eventually.HoldsAsync(() => inbox.Received.Count == 100, "all messages");
    }

    [Fact]
    public async Task A_ping_is_answered_and_between_messages_harmless()
    {
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send("\r\n\r\n"u8);
        (await peer.ReceiveTextAsync()).Should().Be("pong");
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1") + "\n\n" + peer.Request("OPTIONS", "z9hG4bK2", callId: "c2"));
        var texts = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            texts.Add((await peer.ReceiveTextAsync()).Split("\r\n")[0]);
        }
        texts.Count(text => text == "SIP/2.0 200 OK").Should().Be(2);
        texts.Should().ContainSingle(text => text == "pong" || text == "ping", "one more line end came");
        tcp.Counters.KeepAlives.Should().Be(2);
    }

    [Fact]
    public async Task Our_own_pings_find_a_peer_that_no_longer_answers()
    {
        _options.PingIntervalMs = 100;
        _options.PongTimeoutMs = 200;
        var (station, tcp) = Start();
        using var listener = new TcpListenerPeer();
        station.Endpoint.SendRequest(NewRequest(), listener.Address);
        using var peer = await listener.AcceptAsync();
        (await peer.ReceiveRequestAsync()).Method.Should().Be("OPTIONS");
        for (var i = 0; i < 3; i++)
        {
            (await peer.ReceiveTextAsync()).Should().Be("pong", "the first half of a ping");
            (await peer.ReceiveTextAsync()).Should().Be("ping");
            peer.Send("\r\n"u8);
        }
        // From here on it is silent.
        (await EndAsync(station))
            .Should()
            .Be(SipTransactionEnd.TransportError);
        tcp.Counters.Closed(ConnectionEnd.NoPong).Should().Be(1);
    }

    [Fact]
    public async Task A_refused_connection_ends_the_transaction_at_once()
    {
        var (station, tcp) = Start();
        var since = TimeProvider.System.GetTimestamp();
        (await station.AskAsync(new("TCP", UnusedAddress()))).Should().Be("TransportError");
        TimeProvider.System.GetElapsedTime(since).Should().BeLessThan(TimeSpan.FromSeconds(3));
        tcp.Counters.Closed(ConnectionEnd.Broken).Should().Be(1);
    }

    [Fact]
    public async Task A_connection_that_is_never_established_is_given_up()
    {
        _options.ConnectTimeoutMs = 300;
        var (station, tcp) = Start();
        using var deaf = new DeafListener();
        (await station.AskAsync(new("TCP", deaf.Address))).Should().Be("TransportError");
        tcp.Counters.Closed(ConnectionEnd.ConnectTimeout).Should().Be(1);
    }

    [Fact]
    public async Task When_the_peer_dies_its_requests_fail_and_the_next_one_connects_anew()
    {
        var (station, _) = Start();
        using var listener = new TcpListenerPeer();
        station.Endpoint.SendRequest(NewRequest(), listener.Address);
        using (var peer = await listener.AcceptAsync())
        {
            await peer.ReceiveRequestAsync();
            peer.Socket.LingerState = new LingerOption(true, 0);
        }
        (await EndAsync(station)).Should().Be(SipTransactionEnd.TransportError);
        station.Endpoint.HasFlow(listener.Address).Should().BeFalse();

        var again = station.AskAsync(listener.Address);
        using var second = await listener.AcceptAsync();
        second.Send(SipResponse.Create(await second.ReceiveRequestAsync(), 200, toTag: "t").ToBytes());
        (await again).Should().Be("200");
    }

    [Fact]
    public async Task A_response_whose_connection_is_gone_goes_to_the_address_in_Via()
    {
        var (station, _) = Start();
        using var listener = new TcpListenerPeer();
        var held = new TaskCompletionSource<SipServerRequest>();
        station.Core.RequestScript = held.SetResult;
        using (var peer = new TcpPeer(station.Local))
        {
            peer.Send(peer.Request("INVITE", "z9hG4bK1", sentBy: $"phone.example:{listener.Address.EndPoint.Port}"));
            (await peer.ReceiveResponseAsync()).StatusCode.Should().Be(100);
        }
        var invite = await held.Task;
        await Eventually.HoldsAsync(() => !station.Endpoint.HasFlow(invite.Flow.Remote), "the end of the connection");
        station.Endpoint.Respond(invite.TransactionId!.Value, SipResponse.Create(invite.Request, 486, toTag: "t"));
        using var called = await listener.AcceptAsync();
        (await called.ReceiveResponseAsync()).StatusCode.Should().Be(486);
    }

    [Theory]
    [InlineData("", "400 Missing Content-Length")]
    [InlineData("Content-Length: 70000\n", "513")]
    [InlineData("Content-Length: some\n", "400 Bad Content-Length")]
    public async Task A_message_without_a_good_length_is_answered_and_ends_the_connection(string line, string answer)
    {
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1").Replace("Content-Length: 0\n", line) + "more that is not read");
        var response = await peer.ReceiveResponseAsync();
        $"{response.StatusCode} {response.ReasonPhrase}".Should().StartWith(answer);
        (await peer.ReceiveTextAsync()).Should().Be("closed");
        peer.Dispose();
        await Eventually.HoldsAsync(() => tcp.Counters.Closed(ConnectionEnd.BadFraming) == 1, "the end");
        tcp.Counters.BadFraming.Should().Be(1);
    }

    [Fact]
    public async Task What_is_not_SIP_is_hung_up_on_without_a_word()
    {
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8);
        (await peer.ReceiveTextAsync()).Should().Be("closed");
        await Eventually.HoldsAsync(() => tcp.Counters.Closed(ConnectionEnd.BadFraming) == 1, "the end");
    }

    [Fact]
    public async Task A_malformed_message_that_can_be_cut_costs_only_itself()
    {
        var (station, _) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send(
            peer.Request("OPTIONS", "z9hG4bK1", lines: "Max-Forwards: 71\n") + peer.Request("OPTIONS", "z9hG4bK2")
        );
        var statuses = new[]
        {
            (await peer.ReceiveResponseAsync()).StatusCode,
            (await peer.ReceiveResponseAsync()).StatusCode,
        };
        statuses.Should().BeEquivalentTo([400, 200]);
    }

    [Fact]
    public async Task One_address_gets_no_more_than_its_share_of_connections()
    {
        _options.MaxConnectionsPerAddress = 3;
        var (station, tcp) = Start();
        var peers = Enumerable.Range(0, 3).Select(_ => new TcpPeer(station.Local)).ToList();
        await Eventually.HoldsAsync(() => tcp.Counters.Connections == 3, "three connections");
        using var tooMany = new TcpPeer(station.Local);
        (await tooMany.ReceiveTextAsync()).Should().Be("closed");
        tcp.Counters.RefusedConnections.Should().Be(1);

        peers[0].Dispose();
        await Eventually.HoldsAsync(() => tcp.Counters.Connections == 2, "the end of one");
        using var instead = new TcpPeer(station.Local);
        instead.Send(instead.Request("OPTIONS", "z9hG4bK1"));
        (await instead.ReceiveResponseAsync()).StatusCode.Should().Be(200);
        peers.ForEach(peer => peer.Dispose());
    }

    [Fact]
    public async Task The_limit_in_total_holds_for_connections_of_ours_too()
    {
        _options.MaxConnections = 1;
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        await Eventually.HoldsAsync(() => tcp.Counters.Connections == 1, "the connection");
        using var listener = new TcpListenerPeer();
        (await station.AskAsync(listener.Address)).Should().Be("TransportError");
    }

    [Theory]
    [InlineData("OPTIONS sip:b SIP/2.0\r\n", ConnectionEnd.MessageTimeout)]
    [InlineData("", ConnectionEnd.NeverUsed)]
    public async Task A_peer_that_dawdles_loses_its_connection(string begun, ConnectionEnd end)
    {
        _options.MessageTimeoutMs = 300;
        _options.FirstMessageTimeoutMs = end == ConnectionEnd.NeverUsed ? 300 : 60_000;
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send(begun);
        var closed = peer.ReceiveTextAsync();
        // A byte now and then does not prolong it.
        for (var i = 0; i < 100 && begun.Length > 0 && !closed.IsCompleted; i++)
        {
            try
            {
                peer.Send("x"u8);
            }
            catch (SocketException)
            {
                break;
            }
            await Task.WhenAny(closed, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System));
        }
        (await closed).Should().Be("closed");
        await Eventually.HoldsAsync(() => tcp.Counters.Closed(end) == 1, $"the end as {end}");
    }

    [Fact]
    public async Task An_idle_connection_is_closed()
    {
        _options.IdleTimeoutMs = 300;
        var (station, tcp) = Start();
        using var peer = new TcpPeer(station.Local);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1"));
        (await peer.ReceiveResponseAsync()).StatusCode.Should().Be(200);
        (await peer.ReceiveTextAsync()).Should().Be("closed");
        await Eventually.HoldsAsync(() => tcp.Counters.Closed(ConnectionEnd.Idle) == 1, "the end");
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_cut_off_before_its_queue_grows_beyond_the_limit()
    {
        _options.SendQueueBytes = 100_000;
        var inbox = new Inbox();
        await using var tcp = new StreamTransport(_options);
        tcp.Start(inbox);
        using var peer = new TcpPeer(tcp.LocalEndPoint);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1"));
        await Eventually.HoldsAsync(() => inbox.Received.Count == 1, "the request");
        inbox.Received.TryPeek(out var received);
        var message = new byte[10_000];
        var sent = 0;
        while (tcp.TrySend(message, received.Flow.Remote) && tcp.HasFlow(received.Flow.Remote))
        {
            (++sent).Should().BeLessThan(10_000, "the kernel's buffers are finite");
        }
        await Eventually.HoldsAsync(() => tcp.Counters.Closed(ConnectionEnd.PeerDoesNotRead) == 1, "the end");
        await Eventually.HoldsAsync(() => inbox.Failed.Contains(received.Flow.Remote), "the report");
    }

    [Fact]
    public async Task The_advertised_address_and_port_stand_in_Via()
    {
        _options.AdvertisedAddress = IPAddress.Parse("203.0.113.9");
        _options.AdvertisedPort = 5099;
        var (station, _) = Start();
        using var listener = new TcpListenerPeer();
        station.Endpoint.SendRequest(NewRequest(), listener.Address);
        using var peer = await listener.AcceptAsync();
        (await peer.ReceiveRequestAsync()).TopVia.SentBy.Should().Be("203.0.113.9:5099");
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_transport()
    {
        using var taken = new TcpListenerPeer();
        var tcp = new StreamTransport(new() { Bind = taken.Address.EndPoint });
        var start = () => tcp.Start(new Inbox());
        start.Should().Throw<SocketException>().WithMessage($"TCP {taken.Address.EndPoint}: *in use*");
    }

    [Fact]
    public async Task Messages_to_a_peer_leave_in_their_order_while_it_is_being_connected_to()
    {
        var inbox = new Inbox();
        await using var tcp = new StreamTransport(_options);
        tcp.Start(inbox);
        using var listener = new TcpListenerPeer();
        for (var i = 0; i < 500; i++)
        {
            tcp.TrySend(Encoding.ASCII.GetBytes($"OPTIONS sip:b SIP/2.0\r\nX: {i}\r\nl:0\r\n\r\n"), listener.Address);
        }
        using var peer = await listener.AcceptAsync();
        for (var i = 0; i < 500; i++)
        {
            (await peer.ReceiveTextAsync()).Should().Contain($"X: {i}\r\n");
        }
        tcp.Counters.Opened.Should().Be(1);
    }

    private static SipRequest NewRequest() =>
        SipRequest.Create(
            "OPTIONS",
            SipUri.Parse("sip:b@example.com"),
            NameAddress.Parse("<sip:a@example.com>;tag=1"),
            NameAddress.Parse("<sip:b@example.com>"),
            Guid.NewGuid().ToString("N"),
            1
        );

    private static async Task<SipTransactionEnd> EndAsync(Station station) =>
        (await station.Core.NextAsync<(SipTransactionId, SipTransactionEnd End)>()).End;

    private static IPEndPoint UnusedAddress()
    {
        using var probe = new TcpListenerPeer();
        return probe.Address.EndPoint;
    }
}
