using System.Net;
using System.Net.WebSockets;
using System.Text;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public sealed class WebSocketTransportTests : IAsyncLifetime
{
    private const string Upgrade =
        "GET /sip HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, sip\r\n"
        + "Origin: https://app.example.com\r\n\r\n";

    private readonly StreamTransportOptions _options = new()
    {
        Bind = new IPEndPoint(IPAddress.Loopback, 0),
        WebSocket = new(),
        Connects = false,
    };

    private readonly List<IAsyncDisposable> _stations = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var station in _stations)
        {
            await station.DisposeAsync();
        }
    }

    private Station Start(StreamTransportOptions? options = null)
    {
        var station = new Station(new StreamTransport(options ?? _options));
        _stations.Add(station);
        return station;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_endpoints_talk_and_everything_goes_back_on_the_flow(bool secure)
    {
        var authority = new TestCertificates();
        _options.Tls = secure ? new() { Identity = authority.Identity("sip.example.com") } : null;
        var server = Start();
        var client = Start(
            new()
            {
                Bind = new IPEndPoint(IPAddress.Loopback, 0),
                WebSocket = new(),
                Listens = false,
                Tls = secure ? new() { TrustedRoots = authority.Roots } : null,
            }
        );
        (await client.AskAsync(server.Address(secure ? "sip.example.com" : null))).Should().Be("200");
        var received = await server.Core.NextAsync<SipServerRequest>();
        received.Transport.Should().Be(secure ? "WSS" : "WS");
        (await server.AskAsync(received.Flow.Remote)).Should().Be("200", "the browser has no other address");
    }

    [Fact]
    public async Task A_page_is_answered_though_its_addresses_lead_nowhere()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        await page.SendAsync(Register("df7jal23ls0d.invalid"), WebSocketMessageType.Text, true, default);
        var response = await ReceiveAsync(page);
        response.StatusCode.Should().Be(200);
        response.TopVia.Host.Should().Be("df7jal23ls0d.invalid");
        response.TopVia.Received.Should().Be("127.0.0.1");
    }

    [Fact]
    public async Task A_message_in_fragments_of_binary_frames_is_one_message()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        var bytes = Register("a.invalid");
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var piece = bytes.AsMemory(i, Math.Min(7, bytes.Length - i));
            await page.SendAsync(piece, WebSocketMessageType.Binary, i + 7 >= bytes.Length, default);
        }
        (await ReceiveAsync(page)).StatusCode.Should().Be(200);
    }

    [Fact]
    public async Task Line_ends_as_keep_alive_are_answered_here_too()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        await page.SendAsync("\r\n\r\n"u8.ToArray(), WebSocketMessageType.Text, true, default);
        (await ReceiveTextAsync(page)).Should().Be("\r\n");
    }

    [Fact]
    public async Task What_is_no_UTF8_goes_in_a_binary_message()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        var bytes = Encoding.Latin1.GetBytes(
            Encoding.UTF8.GetString(Register("a.invalid")).Replace("From: ", "From: \"\u00e9\" ")
        );
        await page.SendAsync(bytes, WebSocketMessageType.Binary, true, default);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        (await page.ReceiveAsync(new byte[4_096], deadline.Token))
            .MessageType.Should()
            .Be(WebSocketMessageType.Binary, "a page would close on a broken text");
    }

    [Fact]
    public async Task A_message_beyond_the_limit_closes_the_socket_and_says_so()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        await page.SendAsync(new byte[70_000], WebSocketMessageType.Binary, true, default);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var end = await page.ReceiveAsync(new byte[100], deadline.Token);
        end.CloseStatus.Should().Be(WebSocketCloseStatus.MessageTooBig);
        await Eventually.HoldsAsync(() => server.Transports[0].Counters.TooLarge == 1, "the count");
    }

    [Fact]
    public async Task A_page_that_says_goodbye_is_gone()
    {
        var server = Start();
        using var page = await ConnectAsync(server);
        await page.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await Eventually.HoldsAsync(
            () => server.Transports[0].Counters.Closed(ConnectionEnd.ClosedByPeer) == 1,
            "the end"
        );
        (await server.AskAsync(new("WS", new IPEndPoint(IPAddress.Loopback, 9)))).Should().Be("TransportError");
    }

    [Theory]
    [InlineData("GET /sip", "POST /sip", 405)]
    [InlineData("HTTP/1.1", "HTTP/1.0", 405)]
    [InlineData("Upgrade: websocket\r\n", "", 426)]
    [InlineData("keep-alive, Upgrade", "keep-alive", 426)]
    [InlineData("Version: 13", "Version: 8", 426)]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==", 400)]
    [InlineData("Host: x\r\n", "", 400)]
    [InlineData("chat, sip", "chat", 400)]
    [InlineData("https://app.example.com", "https://evil.example", 403)]
    [InlineData("Origin: https://app.example.com\r\n", "", 403)]
    [InlineData("Host: x", "Host : x", 400)]
    [InlineData("\r\n\r\n", "\r\n\r\nearly", 400)]
    public async Task A_wrong_upgrade_is_refused_with_its_status(string part, string instead, int status)
    {
        _options.WebSocket = new() { AllowedOrigins = ["https://app.example.com"] };
        var server = Start();
        using var peer = new TcpPeer(server.Local);
        peer.Send(Encoding.ASCII.GetBytes(Upgrade.Replace(part, instead)));
        (await ReadAllAsync(peer)).Should().StartWith($"HTTP/1.1 {status} ");
        await Eventually.HoldsAsync(
            () => server.Transports[0].Counters.Closed(ConnectionEnd.UpgradeFailed) == 1,
            "the end"
        );
    }

    [Fact]
    public async Task The_right_upgrade_is_answered_as_in_the_RFC()
    {
        _options.WebSocket = new() { AllowedOrigins = ["https://app.example.com"] };
        var server = Start();
        using var peer = new TcpPeer(server.Local);
        // Byte by byte, as the slowest client would.
        foreach (var b in Encoding.ASCII.GetBytes(Upgrade))
        {
            peer.Send([b]);
        }
        var buffer = new byte[1_000];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var length = await peer.Socket.ReceiveAsync(buffer, deadline.Token);
        Encoding
            .ASCII.GetString(buffer, 0, length)
            .Should()
            .StartWith("HTTP/1.1 101 ")
            .And.Contain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
            .And.Contain("Sec-WebSocket-Protocol: sip\r\n");
    }

    [Fact]
    public async Task A_head_without_end_is_refused_at_the_cap()
    {
        var server = Start();
        using var peer = new TcpPeer(server.Local);
        peer.Send(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('x', 8_192 - 19)));
        (await ReadAllAsync(peer)).Should().StartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task An_upgrade_that_does_not_come_is_not_waited_for()
    {
        _options.HandshakeTimeoutMs = 300;
        var server = Start();
        using var peer = new TcpPeer(server.Local);
        peer.Send("GET / HT"u8);
        (await ReadAllAsync(peer)).Should().BeEmpty();
        await Eventually.HoldsAsync(
            () => server.Transports[0].Counters.Closed(ConnectionEnd.HandshakeTimeout) == 1,
            "the end"
        );
    }

    [Fact]
    public async Task A_server_that_is_no_WebSocket_is_a_failed_transport()
    {
        using var listener = new TcpListenerPeer();
        var client = Start(
            new()
            {
                Bind = new IPEndPoint(IPAddress.Loopback, 0),
                WebSocket = new(),
                Listens = false,
            }
        );
        var asked = client.AskAsync(new("WS", listener.Address.EndPoint));
        using var peer = await listener.AcceptAsync();
        peer.Send("HTTP/1.1 404 Not Found\r\n\r\n"u8);
        (await asked).Should().Be("TransportError");
    }

    private static byte[] Register(string host) =>
        SipSamples.Bytes(
            SipSamples.Wire(
                $"REGISTER sip:example.com SIP/2.0\nVia: SIP/2.0/WS {host};branch=z9hG4bK1;rport\nFrom: <sip:a@example.com>;tag=1\n"
                    + $"To: <sip:a@example.com>\nCall-ID: r1\nCSeq: 1 REGISTER\nContact: <sip:a@{host};transport=ws>\n\n"
            )
        );

    private static async Task<ClientWebSocket> ConnectAsync(Station server)
    {
        var page = new ClientWebSocket();
        page.Options.AddSubProtocol("sip");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await page.ConnectAsync(new Uri($"ws://{server.Local}/"), deadline.Token);
        return page;
    }

    private static async Task<SipResponse> ReceiveAsync(ClientWebSocket page) =>
        SipSamples.Response(await ReceiveTextAsync(page));

    private static async Task<string> ReceiveTextAsync(ClientWebSocket page)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var buffer = new byte[65_536];
        var read = await page.ReceiveAsync(buffer, deadline.Token);
        read.EndOfMessage.Should().BeTrue();
        return Encoding.UTF8.GetString(buffer, 0, read.Count);
    }

    private static async Task<string> ReadAllAsync(TcpPeer peer)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var all = new StringBuilder();
        var buffer = new byte[1_000];
        try
        {
            while (await peer.Socket.ReceiveAsync(buffer, deadline.Token) is var count and > 0)
            {
                all.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // A reset ends it as well.
        }
        return all.ToString();
    }
}
