using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// SIP over connections: TCP and TLS (RFC 3261 §18), WS and WSS (RFC 7118), IPv4 or IPv6. A message goes over the connection that leads to its
/// destination, whoever opened it, else over a new one; it waits there until that is established, never in the caller.
/// </summary>
public sealed class StreamTransport : ISipTransport
{
    private static readonly TimeSpan MaxSweep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinSweep = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RoomPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly ConnectionTable _connections;
    private readonly AdvertisedAddress _advertised;
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _sweep;
    private readonly TimeSpan _sweepEvery;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private ISipTransportReceiver? _receiver;
    private int _disposed;

    /// <exception cref="ArgumentException">TLS that listens, without a certificate.</exception>
    public StreamTransport(StreamTransportOptions options, TimeProvider? time = null)
    {
        if (options is { Listens: true, Tls.HasCertificate: false })
        {
            throw new ArgumentException("A TLS listener needs a certificate.", nameof(options));
        }
        Options = options;
        Time = time ?? TimeProvider.System;
        LocalEndPoint = options.Bind;
        _connections = new ConnectionTable(options.MaxConnections, options.MaxConnectionsPerAddress);
        _advertised = new AdvertisedAddress(options.AdvertisedAddress, options.AdvertisedPort);
        _sweepEvery = SweepOf(options);
        _sweep = Time.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name =>
        Options.Tls is null
            ? Options.WebSocket is null
                ? "TCP"
                : "WS"
            : Options.WebSocket is null
                ? "TLS"
                : "WSS";

    public bool IsReliable => true;

    public IPEndPoint LocalEndPoint { get; private set; }

    public SipTransportCounters Counters { get; } = new();

    internal StreamTransportOptions Options { get; }

    internal TimeProvider Time { get; }

    public void Start(ISipTransportReceiver receiver)
    {
        _receiver = receiver;
        if (Options.Listens)
        {
            _listener = Listen();
            LocalEndPoint = (IPEndPoint)_listener.LocalEndPoint!;
            _accepting = Task.Run(AcceptAsync);
        }
        _sweep.Change(_sweepEvery, _sweepEvery);
    }

    public IPEndPoint AdvertisedFor(SipDestination destination) => _advertised.For(destination, LocalEndPoint);

    public bool HasFlow(SipDestination destination) => _connections.Find(destination) is not null;

    public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination)
    {
        // A connection that ends in this moment may still be found; then a new one takes its place.
        for (var attempt = 0; attempt < 2 && Volatile.Read(ref _disposed) == 0; attempt++)
        {
            var connection = _connections.Find(destination);
            var added = connection is null && TryOpen(destination, out connection);
            if (connection is null)
            {
                break;
            }
            var queued = connection.Send(message, destination);
            if (added)
            {
                // Not on this thread: a TLS handshake computes for a while.
                _ = Task.Run(connection.RunAsync);
            }
            if (queued == Queued.Taken)
            {
                Interlocked.Increment(ref Counters.SentCount);
                return true;
            }
            _connections.Remove(connection);
            if (queued == Queued.TooMuch)
            {
                break;
            }
        }
        Interlocked.Increment(ref Counters.SendFailedCount);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _stop.CancelAsync();
        _listener?.Dispose();
        await _accepting;
        await _sweep.DisposeAsync();
        foreach (var connection in _connections.ToArray())
        {
            connection.Close(ConnectionEnd.Stopped, "the transport was stopped");
        }
        var since = Time.GetTimestamp();
        while (Counters.Connections > 0 && Time.GetElapsedTime(since) < StopTimeout)
        {
            await Task.Delay(RoomPause, Time);
        }
        _stop.Dispose();
    }

    internal void OnMessage(ReadOnlySpan<byte> message, SipFlow flow)
    {
        Interlocked.Increment(ref Counters.ReceivedCount);
        _receiver!.OnReceived(message, flow);
    }

    /// <summary>While the loop above is full, connections are not read: their peers notice by TCP's own flow control.</summary>
    internal async ValueTask WaitForRoomAsync(CancellationToken cancellation)
    {
        while (!_receiver!.HasRoom)
        {
            await Task.Delay(RoomPause, Time, cancellation);
        }
    }

    internal void OnEnded(StreamConnection connection, List<SipDestination> aliases, ConnectionEnd end, string detail)
    {
        _connections.Remove(connection);
        Counters.CountClosed(end);
        Interlocked.Decrement(ref Counters.ConnectionsNow);
        Options.OnClosed?.Invoke(new SipConnectionReport(connection.Remote, connection.IsIncoming, end, detail));
        foreach (var alias in aliases)
        {
            _receiver!.OnTransportFailed(alias);
        }
    }

    private Socket Listen()
    {
        var socket = NewSocket(Options.Bind.AddressFamily);
        try
        {
            // A restarted node takes its port again while old connections linger in TIME_WAIT.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(Options.Bind);
            socket.Listen(512);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw AdvertisedAddress.BindFailure(Name, Options.Bind, e);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Take(await _listener!.AcceptAsync(_stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                Interlocked.Increment(ref Counters.ReceiveErrorCount);
                if (e.SocketErrorCode is not (SocketError.ConnectionAborted or SocketError.ConnectionReset))
                {
                    // Out of descriptors: connections that end give some back. A peer that gave up already costs no pause.
                    await Task.Delay(AcceptPause, Time, CancellationToken.None);
                }
            }
        }
    }

    private void Take(Socket socket)
    {
        StreamConnection connection;
        try
        {
            var remote = new SipDestination(Name, (IPEndPoint)socket.RemoteEndPoint!);
            SetOptions(socket);
            connection = new StreamConnection(this, socket, remote, incoming: true);
        }
        catch (SocketException)
        {
            // Reset before it was looked at.
            Interlocked.Increment(ref Counters.ReceiveErrorCount);
            socket.Dispose();
            return;
        }
        if (!_connections.TryAddIncoming(connection))
        {
            Interlocked.Increment(ref Counters.RefusedConnectionCount);
            socket.Dispose();
            return;
        }
        Interlocked.Increment(ref Counters.AcceptedCount);
        Interlocked.Increment(ref Counters.ConnectionsNow);
        _ = Task.Run(connection.RunAsync);
    }

    /// <summary>True when the connection is a new one; null when none could be made.</summary>
    private bool TryOpen(SipDestination destination, out StreamConnection? connection)
    {
        connection = null;
        if (!Options.Connects)
        {
            return false;
        }
        var socket = NewSocket(destination.EndPoint.AddressFamily);
        try
        {
            SetOptions(socket);
            if (!AdvertisedAddress.IsAny(Options.Bind))
            {
                socket.Bind(new IPEndPoint(Options.Bind.Address, 0));
            }
            var opened = new StreamConnection(this, socket, destination, incoming: false);
            connection = _connections.GetOrAdd(destination, opened);
            if (connection == opened)
            {
                Interlocked.Increment(ref Counters.ConnectionsNow);
                return true;
            }
            if (connection is null)
            {
                Interlocked.Increment(ref Counters.RefusedConnectionCount);
            }
        }
        catch (SocketException)
        {
            // No descriptor, no such address family: the send has failed.
        }
        socket.Dispose();
        return false;
    }

    private static Socket NewSocket(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp);

    private static void SetOptions(Socket socket)
    {
        socket.NoDelay = true;
        // The kernel's own probes find peers that vanished, and keep NATs from forgetting quiet ones.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
    }

    private void Sweep()
    {
        foreach (var connection in _connections.ToArray())
        {
            connection.CheckDeadlines();
        }
    }

    /// <summary>A quarter of the shortest deadline, within bounds: one timer for all connections is exact enough.</summary>
    private static TimeSpan SweepOf(StreamTransportOptions options)
    {
        int[] deadlines =
        [
            options.ConnectTimeoutMs,
            options.HandshakeTimeoutMs,
            options.FirstMessageTimeoutMs,
            options.MessageTimeoutMs,
            options.SendTimeoutMs,
            options.IdleTimeoutMs,
            options.PongTimeoutMs,
            options.PingIntervalMs > 0 ? options.PingIntervalMs : int.MaxValue,
        ];
        var quarter = TimeSpan.FromMilliseconds(deadlines.Min()) / 4;
        return quarter < MinSweep ? MinSweep
            : quarter > MaxSweep ? MaxSweep
            : quarter;
    }
}
