using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OCPlatform.Gateways.Tests.Chat;

/// <summary>A plain chat client: sends what it is given, and hands out what it gets, message by message.</summary>
internal sealed class ChatClient(ClientWebSocket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 20];

    public static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token;

    public Task SendAsync(object message) => SendTextAsync(JsonSerializer.Serialize(message));

    public Task SendTextAsync(string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Patience());

    public Task SendBinaryAsync(byte[] bytes) => socket.SendAsync(bytes, WebSocketMessageType.Binary, true, Patience());

    /// <summary>The next message; it must be of this type.</summary>
    public async Task<JsonElement> ExpectAsync(string type)
    {
        var message = await ReceiveAsync();
        message
            .Should()
            .NotBeNull($"'{type}' should come, not the close {socket.CloseStatus} {socket.CloseStatusDescription}");
        message.Value.GetProperty("type").GetString().Should().Be(type, message.Value.GetRawText());
        return message.Value;
    }

    /// <summary>The next message must be an error with this code.</summary>
    public async Task<JsonElement> ExpectErrorAsync(string code)
    {
        var error = await ExpectAsync("error");
        error.GetProperty("code").GetString().Should().Be(code, error.GetRawText());
        error.GetProperty("message").GetString().Should().NotBeEmpty();
        return error;
    }

    /// <summary>The next thing must be the server's close; its code.</summary>
    public async Task<int> ExpectCloseAsync()
    {
        var message = await ReceiveAsync();
        message.Should().BeNull("the server should close");
        return (int)socket.CloseStatus!;
    }

    /// <summary>The code of the server's close, whatever comes before.</summary>
    public async Task<int> SkipToCloseAsync()
    {
        while (await ReceiveAsync() is not null) { }
        return (int)socket.CloseStatus!;
    }

    /// <summary>Breaks the connection as a lost network does, without a close.</summary>
    public void Drop() => socket.Abort();

    public void Dispose() => socket.Dispose();

    /// <summary>The next message; null for the server's close.</summary>
    public async Task<JsonElement?> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), Patience());
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Patience());
                return null;
            }
            length += received.Count;
            if (received.EndOfMessage)
            {
                using var document = JsonDocument.Parse(_buffer.AsMemory(0, length));
                return document.RootElement.Clone();
            }
        }
    }
}
