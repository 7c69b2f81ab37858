using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace OCPlatform.Sip.Transports;

/// <summary>What became of a message given to a connection.</summary>
internal enum Queued
{
    Taken,

    /// <summary>The connection was over already.</summary>
    NotOpen,

    /// <summary>Too much waits for the peer; the connection is over now.</summary>
    TooMuch,
}

/// <summary>
/// One connection, opened by us or by the peer: its set-up, its reading loop, and the messages that wait to be written. Messages may be given to it
/// from the start; they leave once it is established. The transport's sweep calls <see cref="CheckDeadlines"/>.
/// </summary>
internal sealed class StreamConnection
{
    /// <summary>Senders name a peer with or without its server name; of more names than this the first ones are kept.</summary>
    private const int MaxAliases = 4;

    /// <summary>How long a refused peer may take to read its last response.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private static readonly byte[] PingBytes = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] PongBytes = "\r\n"u8.ToArray();

    private readonly StreamTransport _transport;
    private readonly StreamTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly SendQueue _queue;
    private readonly List<SipDestination> _aliases = [];
    private IMessageChannel? _channel;
    private TaskCompletionSource? _drained;
    private bool _writing;
    private bool _closed;
    private ConnectionEnd _end;
    private string _detail = "";

    // Written by the connection, read by the sweep.
    private volatile Phase _phase;
    private long _phaseSince;
    private long _lastTraffic;
    private long _lastHeard;
    private long _messageSince;
    private long _writeSince;
    private long _pingSince;
    private volatile bool _heard;

    private enum Phase : byte
    {
        Connecting,
        Handshaking,
        Open,
        Closing,
    }

    public StreamConnection(StreamTransport transport, Socket socket, SipDestination remote, bool incoming)
    {
        _transport = transport;
        _options = transport.Options;
        _time = transport.Time;
        _socket = socket;
        _queue = new SendQueue(_options.SendQueueBytes);
        Remote = remote;
        IsIncoming = incoming;
        _phase = incoming ? Phase.Handshaking : Phase.Connecting;
        _phaseSince = _lastTraffic = _time.GetTimestamp();
    }

    public SipDestination Remote { get; }

    public bool IsIncoming { get; }

    /// <summary>The domains that the peer proved; empty until the handshake is over.</summary>
    public IReadOnlyList<string> PeerNames { get; private set; } = [];

    /// <summary>
    /// A destination without name goes over any connection to its address; one with a name only where the peer has proved it, or is being
    /// asked to.
    /// </summary>
    public bool LeadsTo(SipDestination destination) =>
        _options.Tls is null
        || destination.ServerName is not { } name
        || name == Remote.ServerName
        || PeerNames.Any(known => PeerCertificate.Covers(known, name));

    /// <summary>Queues a message; one too many ends the connection.</summary>
    /// <param name="message">Copied before this returns.</param>
    /// <param name="destination">What the sender calls the peer, to be told when the connection ends; null when nobody asks.</param>
    public Queued Send(ReadOnlySpan<byte> message, SipDestination? destination)
    {
        bool fits;
        lock (_lock)
        {
            if (_closed)
            {
                return Queued.NotOpen;
            }
            NoteAlias(destination);
            fits = _queue.TryAdd(message);
            if (fits && (_channel is null || _writing))
            {
                return Queued.Taken;
            }
            _writing |= fits;
        }
        if (!fits)
        {
            Close(ConnectionEnd.PeerDoesNotRead, $"{_options.SendQueueBytes} bytes wait for it");
            return Queued.TooMuch;
        }
        // Runs until the socket is full: in the common case the message has left when this returns.
        _ = WriteWaitingAsync();
        return Queued.Taken;
    }

    /// <summary>Sets it up, reads to its end, then tells the transport. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            await OpenAsync();
            await ReadAsync(new SipFlow(_transport, LocalOf(_socket), FlowRemote(), PeerNames));
        }
        catch (Exception e)
        {
            Close(EndOf(e), e.Message);
        }
        _channel?.Dispose();
        _transport.OnEnded(this, _aliases, _end, _detail);
        _stop.Dispose();
    }

    /// <summary>Ends it. The first cause counts.</summary>
    public void Close(ConnectionEnd end, string detail)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            (_end, _detail) = (end, detail);
            _drained?.TrySetResult();
        }
        _stop.Cancel();
        // Whatever waits on the socket ends with an exception.
        _socket.Dispose();
    }

    /// <summary>Called about once a second: ends what takes too long, pings where that is wanted.</summary>
    public void CheckDeadlines()
    {
        var (end, detail) = _phase switch
        {
            Phase.Connecting when Passed(ref _phaseSince, _options.ConnectTimeoutMs) => (
                ConnectionEnd.ConnectTimeout,
                $"no connection within {_options.ConnectTimeoutMs} ms"
            ),
            Phase.Handshaking when Passed(ref _phaseSince, _options.HandshakeTimeoutMs) => (
                ConnectionEnd.HandshakeTimeout,
                $"no handshake within {_options.HandshakeTimeoutMs} ms"
            ),
            Phase.Closing when Passed(ref _phaseSince, (int)Linger.TotalMilliseconds) => (
                ConnectionEnd.BadFraming,
                "refused, and not closed by the peer"
            ),
            Phase.Open => OpenDeadlines(),
            _ => (default(ConnectionEnd?), ""),
        };
        if (end is { } reason)
        {
            Close(reason, detail);
        }
    }

    private (ConnectionEnd?, string) OpenDeadlines()
    {
        if (!_channel!.IsMidMessage)
        {
            Volatile.Write(ref _messageSince, 0);
        }
        else if (Volatile.Read(ref _messageSince) == 0)
        {
            Mark(ref _messageSince);
        }
        else if (Passed(ref _messageSince, _options.MessageTimeoutMs))
        {
            return (ConnectionEnd.MessageTimeout, $"a message was not whole within {_options.MessageTimeoutMs} ms");
        }
        if (Passed(ref _writeSince, _options.SendTimeoutMs))
        {
            return (ConnectionEnd.PeerDoesNotRead, $"nothing taken within {_options.SendTimeoutMs} ms");
        }
        if (IsIncoming && !_heard && Passed(ref _phaseSince, _options.FirstMessageTimeoutMs))
        {
            return (ConnectionEnd.NeverUsed, $"no message within {_options.FirstMessageTimeoutMs} ms");
        }
        if (Passed(ref _pingSince, _options.PongTimeoutMs))
        {
            return (ConnectionEnd.NoPong, $"ping not answered within {_options.PongTimeoutMs} ms");
        }
        if (Passed(ref _lastTraffic, _options.IdleTimeoutMs))
        {
            return (ConnectionEnd.Idle, $"nothing sent or received within {_options.IdleTimeoutMs} ms");
        }
        if (
            _options.PingIntervalMs > 0
            && !IsIncoming
            && Volatile.Read(ref _pingSince) == 0
            && Passed(ref _lastHeard, _options.PingIntervalMs)
        )
        {
            Mark(ref _pingSince);
            Send(PingBytes, null);
        }
        return (null, "");
    }

    private async Task OpenAsync()
    {
        if (!IsIncoming)
        {
            await _socket.ConnectAsync(Remote.EndPoint, _stop.Token);
            Interlocked.Increment(ref _transport.Counters.OpenedCount);
            EnterPhase(Phase.Handshaking);
        }
        Stream stream = new NetworkStream(_socket, ownsSocket: true);
        if (_options.Tls is { } tls)
        {
            (stream, PeerNames) = await (
                IsIncoming ? tls.AcceptAsync(stream, _stop.Token) : tls.ConnectAsync(stream, Remote, _stop.Token)
            );
        }
        IMessageChannel channel = _options.WebSocket is { } webSocket
            ? await (
                IsIncoming
                    ? webSocket.AcceptAsync(stream, _options.MaxMessageBytes, _stop.Token)
                    : webSocket.ConnectAsync(stream, Remote, _options.MaxMessageBytes, _stop.Token)
            )
            : new StreamChannel(stream, _options.MaxMessageBytes);
        EnterPhase(Phase.Open);
        Volatile.Write(ref _lastHeard, _lastTraffic = _time.GetTimestamp());
        lock (_lock)
        {
            _channel = channel;
            if (_queue.IsEmpty || _closed)
            {
                return;
            }
            _writing = true;
        }
        await WriteWaitingAsync();
    }

    private async Task ReadAsync(SipFlow flow)
    {
        while (await _channel!.ReadAsync(_stop.Token) is { } frame)
        {
            Volatile.Write(ref _lastHeard, _lastTraffic = _time.GetTimestamp());
            Volatile.Write(ref _pingSince, 0);
            _heard = true;
            switch (frame.Kind)
            {
                case SipFrame.Message:
                    await _transport.WaitForRoomAsync(_stop.Token);
                    _transport.OnMessage(frame.Message.Span, flow);
                    break;
                case SipFrame.Ping:
                    Interlocked.Increment(ref _transport.Counters.KeepAliveCount);
                    Send(PongBytes, null);
                    break;
                case SipFrame.Error:
                    await RefuseAsync(frame.Message, flow);
                    return;
            }
            Volatile.Write(ref _messageSince, 0);
        }
        Close(ConnectionEnd.ClosedByPeer, "closed by the peer");
    }

    /// <summary>Answers the message at fault where that can be done, waits until it is sent and the peer closes, then ends.</summary>
    private async Task RefuseAsync(ReadOnlyMemory<byte> head, SipFlow flow)
    {
        Interlocked.Increment(ref _transport.Counters.BadFramingCount);
        if (_channel!.Error == SipFramingError.TooLarge)
        {
            Interlocked.Increment(ref _transport.Counters.TooLargeCount);
        }
        var detail = _channel.Error.ToString();
        EnterPhase(Phase.Closing);
        if (FramingRefusal.Create(_channel.Error, head, flow) is { } response && Send(response, null) == Queued.Taken)
        {
            await WaitUntilSentAsync();
            // Closing with unread bytes would reset the connection and take the response from the peer.
            _socket.Shutdown(SocketShutdown.Send);
            var rest = new byte[4_096];
            while (await _socket.ReceiveAsync(rest, _stop.Token) > 0) { }
        }
        Close(ConnectionEnd.BadFraming, detail);
    }

    private Task WaitUntilSentAsync()
    {
        lock (_lock)
        {
            if (!_writing || _closed)
            {
                return Task.CompletedTask;
            }
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    private async Task WriteWaitingAsync()
    {
        try
        {
            while (true)
            {
                SendBatch batch;
                lock (_lock)
                {
                    if (_queue.IsEmpty || _closed)
                    {
                        _writing = false;
                        _drained?.TrySetResult();
                        return;
                    }
                    batch = _queue.Take();
                }
                Mark(ref _writeSince);
                await _channel!.WriteAsync(batch, _stop.Token);
                Volatile.Write(ref _writeSince, 0);
                Mark(ref _lastTraffic);
                _queue.Release();
            }
        }
        catch (Exception e)
        {
            Close(EndOf(e), e.Message);
        }
    }

    /// <summary>What messages on it are said to come from: the peer, and for a connection of ours the name it was opened for.</summary>
    private SipDestination FlowRemote() =>
        new(Remote.Transport, Remote.EndPoint, Remote.ServerName) { Listener = _transport };

    private static IPEndPoint LocalOf(Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    private static ConnectionEnd EndOf(Exception e) =>
        e switch
        {
            AuthenticationException => ConnectionEnd.TlsFailed,
            UpgradeException => ConnectionEnd.UpgradeFailed,
            _ => ConnectionEnd.Broken,
        };

    private void NoteAlias(SipDestination? destination)
    {
        if (destination is not null && _aliases.Count < MaxAliases && !_aliases.Contains(destination))
        {
            _aliases.Add(destination);
        }
    }

    private void EnterPhase(Phase phase)
    {
        Mark(ref _phaseSince);
        _phase = phase;
    }

    private void Mark(ref long since) => Volatile.Write(ref since, _time.GetTimestamp());

    /// <summary>Never of a time that is not set.</summary>
    private bool Passed(ref long since, int milliseconds) =>
        Volatile.Read(ref since) is var from
        && from != 0
        && _time.GetElapsedTime(from).TotalMilliseconds >= milliseconds;
}
