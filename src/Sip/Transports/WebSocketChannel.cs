using System.Net.WebSockets;
using System.Text.Unicode;

namespace OCPlatform.Sip.Transports;

/// <summary>SIP over WebSocket (RFC 7118 §5): each message of the one is one of the other.</summary>
internal sealed class WebSocketChannel(WebSocket socket, int maxMessageBytes) : IMessageChannel
{
    private const int SmallBuffer = 4_096;

    private byte[] _buffer = new byte[SmallBuffer];
    private volatile int _length;

    public bool IsMidMessage => _length > 0;

    public SipFramingError Error { get; private set; }

    public async ValueTask<ChannelFrame?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(_length), cancellation);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
                return null;
            }
            var length = _length + read.Count;
            if (!read.EndOfMessage)
            {
                if (length == _buffer.Length && !TryEnlarge())
                {
                    Error = SipFramingError.TooLarge;
                    await socket.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, null, cancellation);
                    return new ChannelFrame(SipFrame.Error, default);
                }
                _length = length;
                continue;
            }
            _length = 0;
            if (length > 0)
            {
                return FrameOf(_buffer.AsMemory(0, length));
            }
        }
    }

    public async ValueTask WriteAsync(SendBatch batch, CancellationToken cancellation)
    {
        var at = 0;
        foreach (var length in batch.Lengths)
        {
            var message = batch.Bytes.Slice(at, length);
            at += length;
            // A text that is no UTF-8 would end the connection (RFC 6455 §8.1); SIP may hold any bytes.
            var type = Utf8.IsValid(message.Span) ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
            await socket.SendAsync(message, type, endOfMessage: true, cancellation);
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Some clients send the keep-alive of streams here too (RFC 7118 §6, RFC 5626 §3.5.1).</summary>
    private static ChannelFrame FrameOf(ReadOnlyMemory<byte> message) =>
        message.Span.ContainsAnyExcept((byte)'\r', (byte)'\n') ? new ChannelFrame(SipFrame.Message, message)
        : message.Length >= 4 ? new ChannelFrame(SipFrame.Ping, default)
        : new ChannelFrame(SipFrame.Pong, default);

    private bool TryEnlarge()
    {
        if (_buffer.Length >= maxMessageBytes)
        {
            return false;
        }
        Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, maxMessageBytes));
        return true;
    }
}
