using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace OCPlatform.Gateways.Chat;

/// <summary>Where a session sends its client's messages. Any thread may call it; nothing in it waits.</summary>
internal interface IChatClient
{
    /// <summary>Queues a message. A client too slow for its queue is closed, and what is queued then goes nowhere.</summary>
    void Send(ServerMessage message);

    /// <summary>Closes after what is queued. The first cause counts, later ones are ignored.</summary>
    void Close(ChatClose close);
}

/// <summary>
/// One WebSocket: a reader that checks and limits what comes in, a writer behind a bounded queue. A client that does
/// not read holds up itself only: when its queue is full or a message takes too long it is closed.
/// </summary>
internal sealed class ChatConnection : IChatClient, IDisposable
{
    private readonly WebSocket _socket;
    private readonly ChatOptions _options;
    private readonly ChatMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Channel<ServerMessage> _outgoing;
    private readonly CancellationTokenSource _sending = new();
    private ChatClose? _close;

    public ChatConnection(WebSocket socket, ChatOptions options, ChatMetrics metrics, TimeProvider time)
    {
        _socket = socket;
        _options = options;
        _metrics = metrics;
        _time = time;
        _outgoing = Channel.CreateBounded<ServerMessage>(
            new BoundedChannelOptions(options.OutgoingQueue) { SingleReader = true }
        );
    }

    /// <summary>Why this side closed; null while it has not.</summary>
    public ChatClose? Closing => Volatile.Read(ref _close);

    public void Send(ServerMessage message)
    {
        if (!_outgoing.Writer.TryWrite(message) && Closing is null)
        {
            Close(ChatClose.SlowClient);
        }
    }

    public void Close(ChatClose close)
    {
        if (Interlocked.CompareExchange(ref _close, close, null) is not null)
        {
            return;
        }
        _outgoing.Writer.TryComplete();
        // What is on its way gets this much longer; then the socket is cut.
        _sending.CancelAfter(close == ChatClose.SlowClient ? _options.CloseTimeoutMs : _options.SendTimeoutMs);
    }

    /// <summary>Runs until the socket is closed or broken. <paramref name="onMessage"/> gets each good message in order.</summary>
    public async Task RunAsync(Action<ClientMessage> onMessage)
    {
        var reading = ReadAsync(onMessage);
        var writing = WriteAsync();
        await Task.WhenAny(reading, writing);
        if (!reading.IsCompleted)
        {
            // The closing handshake is out, or the socket is cut; the client has a moment to answer.
            var patience = Task.Delay(TimeSpan.FromMilliseconds(_options.CloseTimeoutMs), _time);
            await Task.WhenAny(reading, patience);
            _socket.Abort();
        }
        Close(ChatClose.ByClient);
        await writing;
        await reading;
    }

    public void Dispose()
    {
        _sending.Dispose();
        _socket.Dispose();
    }

    private async Task ReadAsync(Action<ClientMessage> onMessage)
    {
        var rate = new MessageRate(_options.MessagesPerSecond, _options.MessageBurst, _time);
        // One byte more than allowed tells a message that is too big from one that just fits.
        var buffer = ArrayPool<byte>.Shared.Rent(_options.MaxMessageBytes + 1);
        try
        {
            var refusedInARow = 0;
            while (Closing is null && await ReceiveAsync(buffer) is { } message)
            {
                _metrics.Received();
                var error = Admit(message, rate, onMessage);
                if (error is null)
                {
                    refusedInARow = 0;
                    continue;
                }
                Send(error);
                if (++refusedInARow >= _options.MaxRefusedInARow)
                {
                    Close(ChatClose.TooManyRefused);
                }
            }
            await DrainUntilClosedAsync(buffer);
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            // The client is gone, or this side has cut the socket: both end the connection.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ServerMessage.Error? Admit(ReadOnlyMemory<byte> utf8, MessageRate rate, Action<ClientMessage> onMessage)
    {
        var (message, error) = ClientMessageReader.Read(utf8, _options.MaxTextLength);
        if (!rate.TryTake(out var retryAfter))
        {
            return new ServerMessage.Error(
                ChatError.RateLimited,
                "Too many messages; this one was not taken. Send it again later.",
                message is ClientMessage.Send send ? send.Id : null,
                (int)Math.Ceiling(retryAfter.TotalMilliseconds)
            );
        }
        if (message is not null)
        {
            onMessage(message);
        }
        return error;
    }

    /// <summary>One whole text message; null when the client closes or has to be closed.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReceiveAsync(byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var room = buffer.AsMemory(length, _options.MaxMessageBytes + 1 - length);
            var received = await _socket.ReceiveAsync(room, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }
            if (received.MessageType == WebSocketMessageType.Binary)
            {
                Close(ChatClose.BinaryMessage);
                return null;
            }
            length += received.Count;
            if (length > _options.MaxMessageBytes)
            {
                Close(ChatClose.TooBig);
                return null;
            }
            if (received.EndOfMessage)
            {
                return buffer.AsMemory(0, length);
            }
        }
    }

    /// <summary>After this side has closed, what still comes in is thrown away until the client's own close.</summary>
    private async Task DrainUntilClosedAsync(byte[] buffer)
    {
        while (_socket.State is WebSocketState.Open or WebSocketState.CloseSent)
        {
            await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync())
            {
                if (Closing == ChatClose.SlowClient)
                {
                    break;
                }
                await SendAsync(message);
            }
            var close = Closing ?? ChatClose.ByClient;
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var deadline = Deadline(_options.CloseTimeoutMs);
                await _socket.CloseOutputAsync(close.Status, close.Reason, deadline.Token);
            }
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            _socket.Abort();
        }
        finally
        {
            // Nobody reads the queue any more: later messages must not pile up in it.
            Close(ChatClose.SlowClient);
            _metrics.Closed(Closing!);
        }
    }

    private async Task SendAsync(ServerMessage message)
    {
        using var deadline = Deadline(_options.SendTimeoutMs);
        await _socket.SendAsync(
            message.ToUtf8().AsMemory(),
            WebSocketMessageType.Text,
            endOfMessage: true,
            deadline.Token
        );
        _metrics.Sent(message);
    }

    private static bool IsEndOfConnection(Exception e) =>
        e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException;

    private CancellationTokenSource Deadline(int timeoutMs)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(_sending.Token);
        source.CancelAfter(timeoutMs);
        return source;
    }
}
