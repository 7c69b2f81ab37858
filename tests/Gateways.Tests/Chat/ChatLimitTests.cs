using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Gateways.Chat;

namespace OCPlatform.Gateways.Tests.Chat;

public sealed class ChatLimitTests
{
    [Theory]
    [InlineData("hello", "malformed", "not JSON")]
    [InlineData("[1]", "malformed", "JSON object")]
    [InlineData("""{"type":7}""", "malformed", "'type' must be a string")]
    [InlineData("""{"type":"shout"}""", "unknownType", "must be one of")]
    [InlineData("""{"type":"open"}""", "malformed", "'version' must be a number")]
    [InlineData("""{"type":"open","version":1,"seen":{"index":3}}""", "malformed", "'seen'")]
    [InlineData("""{"type":"open","version":1,"agent":"backoffice"}""", "agentUnknown", "no such agent")]
    [InlineData("""{"type":"open","version":1,"token":"x"}""", "tokenInvalid", "token")]
    [InlineData("""{"type":"send","id":"a","text":"hi"}""", "notOpen", "'open' first")]
    [InlineData("""{"type":"send","id":"a b","text":"hi"}""", "malformed", "'id'")]
    [InlineData("""{"type":"send","id":"a","text":" "}""", "malformed", "empty")]
    [InlineData("""{"type":"send","id":"a","text":"\u0000"}""", "malformed", "control characters")]
    [InlineData("""{"type":"send","id":"a","text":"\ud800"}""", "malformed", "Unicode")]
    public async Task A_bad_message_is_answered_by_its_cause_and_the_connection_stays(
        string message,
        string code,
        string cause
    )
    {
        await using var server = await ChatServer.StartAsync();
        using var client = await server.ConnectAsync();

        await client.SendTextAsync(message);
        var error = await client.ExpectErrorAsync(code);
        error.GetProperty("message").GetString().Should().Contain(cause);

        await client.SendAsync(new { type = "open", version = 1 });
        FakeConversation.ExpectNew(server);
        await client.ExpectAsync("opened");
    }

    [Fact]
    public async Task Another_version_of_the_protocol_is_refused_with_the_one_that_is_spoken()
    {
        await using var server = await ChatServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync(new { type = "open", version = 2 });

        (await client.ExpectErrorAsync("versionUnsupported"))
            .GetProperty("message")
            .GetString()
            .Should()
            .Contain("use 1");
        (await client.ExpectCloseAsync()).Should().Be(4002);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused_by_its_id()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxTextLength = 10);
        var (client, _, _) = await server.OpenAsync();
        await client.SendAsync(
            new
            {
                type = "send",
                id = "long",
                text = new string('x', 11),
            }
        );

        (await client.ExpectErrorAsync("textTooLong")).GetProperty("id").GetString().Should().Be("long");
        client.Dispose();
    }

    [Fact]
    public async Task A_message_of_exactly_the_greatest_size_is_taken_and_one_byte_more_closes()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxMessageBytes = 2_048);
        using var client = await server.ConnectAsync();

        await client.SendTextAsync("{\"type\":\"ping\"}".PadRight(2_048));
        await client.ExpectAsync("pong");
        await client.SendTextAsync("{\"type\":\"ping\"}".PadRight(2_049));
        (await client.ExpectCloseAsync()).Should().Be(1009);
    }

    [Fact]
    public async Task Binary_messages_close_the_connection()
    {
        await using var server = await ChatServer.StartAsync();
        using var client = await server.ConnectAsync();
        await client.SendBinaryAsync([1, 2, 3]);

        (await client.ExpectCloseAsync()).Should().Be(1003);
    }

    [Fact]
    public async Task Messages_over_the_rate_are_refused_by_id_and_say_when_to_try_again()
    {
        await using var server = await ChatServer.StartAsync(options =>
        {
            options.MessageBurst = 3;
            options.MessagesPerSecond = 0.5;
        });
        var (client, conversation, _) = await server.OpenAsync();
        foreach (var id in new[] { "a", "b", "c" })
        {
            await client.SendAsync(
                new
                {
                    type = "send",
                    id,
                    text = id,
                }
            );
        }

        conversation.ExpectSaid("a");
        conversation.ExpectSaid("b");
        var error = await client.ExpectErrorAsync("rateLimited");
        error.GetProperty("id").GetString().Should().Be("c");
        error.GetProperty("retryAfterMs").GetInt32().Should().BeInRange(1, 2_000);
        client.Dispose();
    }

    [Fact]
    public async Task Who_goes_on_sending_what_is_refused_is_closed()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxRefusedInARow = 3);
        using var client = await server.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendTextAsync("?");
        }

        (await client.SkipToCloseAsync()).Should().Be(4000);
    }

    [Fact]
    public async Task More_unacknowledged_texts_than_allowed_are_refused()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxPendingInputs = 2);
        var (client, conversation, _) = await server.OpenAsync();
        foreach (var id in new[] { "a", "b", "c" })
        {
            await client.SendAsync(
                new
                {
                    type = "send",
                    id,
                    text = id,
                }
            );
        }

        (await client.ExpectErrorAsync("tooManyPending")).GetProperty("id").GetString().Should().Be("c");
        conversation.ExpectSaid("a");
        conversation.ExpectSaid("b");
        client.Dispose();
    }

    [Fact]
    public async Task A_connection_that_does_not_open_is_closed()
    {
        await using var server = await ChatServer.StartAsync(options => options.OpenTimeoutMs = 100);
        using var client = await server.ConnectAsync();

        (await client.ExpectCloseAsync()).Should().Be(4001);
    }

    [Fact]
    public async Task A_silent_client_is_closed_as_idle_however_much_it_pings()
    {
        await using var server = await ChatServer.StartAsync(options => options.IdleTimeoutSeconds = 1);
        var (client, _, _) = await server.OpenAsync();
        await client.SendAsync(new { type = "ping" });

        await client.ExpectAsync("pong");
        (await client.ExpectCloseAsync()).Should().Be(4008);
        client.Dispose();
    }

    [Fact]
    public async Task Connections_beyond_the_limit_of_the_node_get_503_and_a_place_comes_free_again()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxConnections = 1);
        var first = await server.ConnectAsync();

        (await RefusalAsync(server)).Should().Be(HttpStatusCode.ServiceUnavailable);
        first.Drop();
        await EventuallyAsync(async () => await RefusalAsync(server) is null);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_of_one_source_get_429()
    {
        await using var server = await ChatServer.StartAsync(options => options.MaxConnectionsPerSource = 1);
        using var first = await server.ConnectAsync();

        (await RefusalAsync(server)).Should().Be(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("https://shop.example", null)]
    [InlineData(null, null)]
    public async Task Only_pages_of_allowed_origins_may_connect(string? origin, HttpStatusCode? refusal)
    {
        await using var server = await ChatServer.StartAsync(options =>
            options.AllowedOrigins = ["https://shop.example"]
        );

        (await RefusalAsync(server, origin)).Should().Be(refusal);
    }

    [Fact]
    public async Task A_plain_GET_is_told_to_upgrade()
    {
        await using var server = await ChatServer.StartAsync();
        using var http = new HttpClient();
        using var response = await http.GetAsync(server.Url);

        response.StatusCode.Should().Be(HttpStatusCode.UpgradeRequired);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_closed_and_holds_up_nobody_else()
    {
        await using var server = await ChatServer.StartAsync(options => options.OutgoingQueue = 16);
        using var slow = await RawClient.ConnectAsync(server.Url);
        await slow.SendTextAsync("""{"type":"open","version":1}""");
        var flooded = FakeConversation.ExpectNew(server);
        flooded.Start();
        // More than the queue and all buffers on the way hold.
        var piece = new string('x', 100_000);
        for (var i = 0; i < 200; i++)
        {
            flooded.Say(piece);
        }

        var (other, conversation, _) = await server.OpenAsync();
        conversation.Start();
        await other.ExpectAsync("typing");
        await other.ExpectAsync("turnStart");
        (await slow.ReadToEndAsync()).Should().BeLessThan(200L * piece.Length);
        other.Dispose();
    }

    [Fact]
    public async Task A_slow_client_that_still_reads_learns_why_it_was_closed()
    {
        await using var server = await ChatServer.StartAsync(options =>
        {
            options.OutgoingQueue = 8;
            options.CloseTimeoutMs = 10_000;
        });
        using var slow = await RawClient.ConnectAsync(server.Url);
        await slow.SendTextAsync("""{"type":"open","version":1}""");
        var flooded = FakeConversation.ExpectNew(server);
        flooded.Start();
        for (var i = 0; i < 200; i++)
        {
            flooded.Say(new string('x', 100_000));
        }
        await flooded.UntilTakenAsync();

        await slow.ReadToEndAsync();
        slow.LastFrameIsClose(ChatClose.SlowClient.Code).Should().BeTrue();
    }

    [Fact]
    public async Task A_client_whose_network_is_gone_is_noticed_by_its_missing_pong()
    {
        await using var server = await ChatServer.StartAsync(options =>
        {
            options.PingIntervalMs = 100;
            options.PingTimeoutMs = 100;
            options.MaxConnections = 1;
        });
        using var mute = await RawClient.ConnectAsync(server.Url);

        await EventuallyAsync(async () => await RefusalAsync(server) is null);
    }

    [Fact]
    public async Task No_session_token_is_ever_logged()
    {
        await using var server = await ChatServer.StartAsync();
        var (client, conversation, token) = await server.OpenAsync();
        client.Drop();
        using var again = await server.ConnectAsync();
        await again.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
            }
        );
        conversation.ExpectAttach();
        await again.ExpectAsync("opened");
        await again.SendAsync(
            new
            {
                type = "open",
                version = 1,
                token,
            }
        );
        await again.ExpectAsync("typing");
        await again.ExpectErrorAsync("alreadyOpen");

        var signature = token[(token.IndexOf('.', StringComparison.Ordinal) + 1)..];
        server.Log.Lines.Should().Contain(line => line.Contains(conversation.Id.Value));
        server.Log.Lines.Should().NotContain(line => line.Contains(signature));
    }

    /// <summary>The status of a refused upgrade; null when it was let in (and dropped at once).</summary>
    private static async Task<HttpStatusCode?> RefusalAsync(ChatServer server, string? origin = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }
        try
        {
            await socket.ConnectAsync(new UriBuilder(server.Url) { Scheme = "ws" }.Uri, ChatClient.Patience());
            return null;
        }
        catch (WebSocketException)
        {
            return socket.HttpStatusCode;
        }
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var patience = ChatClient.Patience();
        while (!await condition())
        {
            await Task.Delay(20, patience);
        }
    }

    /// <summary>A WebSocket client by hand: small receive buffer, reads nothing and answers no ping unless told to.</summary>
    private sealed class RawClient(Socket socket) : IDisposable
    {
        private readonly byte[] _tail = new byte[256];
        private int _tailLength;

        public static async Task<RawClient> ConnectAsync(Uri url)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                ReceiveBufferSize = 4_096,
            };
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            var request =
                $"GET /chat HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(request));
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                (await socket.ReceiveAsync(one, ChatClient.Patience())).Should().Be(1);
                head.Append((char)one[0]);
            }
            head.ToString().Should().StartWith("HTTP/1.1 101");
            return new RawClient(socket);
        }

        /// <summary>One short masked text frame (RFC 6455 §5.2), under the mask 0.</summary>
        public async Task SendTextAsync(string text)
        {
            var payload = Encoding.UTF8.GetBytes(text);
            payload.Length.Should().BeLessThan(126);
            await socket.SendAsync((byte[])[0x81, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]);
        }

        /// <summary>Reads until the server ends the connection; how many bytes came.</summary>
        public async Task<long> ReadToEndAsync()
        {
            var buffer = new byte[65_536];
            var total = 0L;
            while (true)
            {
                int length;
                try
                {
                    length = await socket.ReceiveAsync(buffer, ChatClient.Patience());
                }
                catch (SocketException)
                {
                    return total;
                }
                if (length == 0)
                {
                    return total;
                }
                total += length;
                Keep(buffer.AsSpan(0, length));
            }
        }

        /// <summary>Whether the last bytes are an unmasked close frame with this code.</summary>
        public bool LastFrameIsClose(int code)
        {
            var reason = Encoding.UTF8.GetBytes(ChatClose.SlowClient.Reason);
            byte[] frame = [0x88, (byte)(2 + reason.Length), (byte)(code >> 8), (byte)code, .. reason];
            return _tail.AsSpan(0, _tailLength).EndsWith(frame);
        }

        public void Dispose() => socket.Dispose();

        private void Keep(ReadOnlySpan<byte> bytes)
        {
            byte[] joined = [.. _tail.AsSpan(0, _tailLength), .. bytes];
            _tailLength = Math.Min(joined.Length, _tail.Length);
            joined.AsSpan(joined.Length - _tailLength).CopyTo(_tail);
        }
    }
}
