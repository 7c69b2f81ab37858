using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OCPlatform.Sip.Transports;

/// <summary>Settings of a <see cref="UdpTransport"/>.</summary>
public sealed class UdpTransportOptions
{
    /// <summary>Address and port to bind; port 0 takes a free one.</summary>
    public IPEndPoint Bind { get; set; } = new(IPAddress.Any, 5060);

    /// <summary>Address told to peers in Via and Contact; null: the bound one, or the one the route to the peer leaves from.</summary>
    public IPAddress? AdvertisedAddress { get; set; }

    /// <summary>Port told to peers; 0: the bound one.</summary>
    public int AdvertisedPort { get; set; }

    /// <summary>Socket receive buffer in bytes: what a burst of INVITEs may pile up while the loop is busy.</summary>
    public int ReceiveBufferBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Socket send buffer in bytes.</summary>
    public int SendBufferBytes { get; set; } = 1024 * 1024;
}

/// <summary>SIP over UDP (RFC 3261 §18), IPv4 or IPv6. One receive loop; sends are made on the caller's thread without waiting.</summary>
public sealed class UdpTransport : ISipTransport
{
    /// <summary>Peers known by address, so that a datagram from one of them allocates no address; emptied when full.</summary>
    private const int MaxKnownPeers = 4096;

    private readonly UdpTransportOptions _options;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<SocketAddress, SipFlow> _peers = [];
    private readonly ConcurrentDictionary<IPEndPoint, bool> _known = new();
    private readonly AdvertisedAddress _advertised;
    private Task _loop = Task.CompletedTask;
    private ISipTransportReceiver? _receiver;
    private int _disposed;

    public UdpTransport(UdpTransportOptions options)
    {
        _options = options;
        _advertised = new AdvertisedAddress(options.AdvertisedAddress, options.AdvertisedPort);
        _socket = new Socket(options.Bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = options.ReceiveBufferBytes,
            SendBufferSize = options.SendBufferBytes,
            Blocking = false,
        };
        LocalEndPoint = options.Bind;
    }

    public string Name => "UDP";

    public bool IsReliable => false;

    public IPEndPoint LocalEndPoint { get; private set; }

    public SipTransportCounters Counters { get; } = new();

    public void Start(ISipTransportReceiver receiver)
    {
        _receiver = receiver;
        try
        {
            _socket.Bind(_options.Bind);
        }
        catch (SocketException e)
        {
            throw AdvertisedAddress.BindFailure(Name, _options.Bind, e);
        }
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _loop = Task.Run(ReceiveAsync);
    }

    public IPEndPoint AdvertisedFor(SipDestination destination) => _advertised.For(destination, LocalEndPoint);

    /// <summary>A datagram came from there lately.</summary>
    public bool HasFlow(SipDestination destination) => _known.ContainsKey(destination.EndPoint);

    public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination)
    {
        try
        {
            _socket.SendTo(message, SocketFlags.None, destination.SocketAddress);
            Interlocked.Increment(ref Counters.SentCount);
            return true;
        }
        catch (SocketException error)
            when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
        {
            // The send buffer is full: a datagram lost on the way, which retransmission makes good.
            Interlocked.Increment(ref Counters.SendDroppedCount);
            return true;
        }
        catch (SocketException error)
        {
            Interlocked.Increment(
                ref error.SocketErrorCode == SocketError.MessageSize
                    ? ref Counters.TooLargeCount
                    : ref Counters.SendFailedCount
            );
            return false;
        }
        catch (ObjectDisposedException)
        {
            Interlocked.Increment(ref Counters.SendFailedCount);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(65_536, pinned: true);
        var source = new SocketAddress(LocalEndPoint.AddressFamily);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, source, _stop.Token);
                Interlocked.Increment(ref Counters.ReceivedCount);
                var datagram = buffer.AsSpan(0, length);
                if (!datagram.ContainsAnyExcept((byte)'\r', (byte)'\n', (byte)0))
                {
                    Interlocked.Increment(ref Counters.KeepAliveCount);
                    continue;
                }
                // No SIP message begins with a zero byte, and every STUN request does (RFC 5626 §8).
                if (datagram[0] == 0 && TryAnswerStun(datagram, source))
                {
                    continue;
                }
                _receiver!.OnReceived(datagram, FlowFrom(source));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // An ICMP error of an earlier send, or a passing shortage of memory: the socket itself is well.
                Interlocked.Increment(ref Counters.ReceiveErrorCount);
            }
        }
    }

    private bool TryAnswerStun(ReadOnlySpan<byte> datagram, SocketAddress source)
    {
        Span<byte> response = stackalloc byte[StunBinding.MaxResponseBytes];
        var length = StunBinding.Answer(datagram, (IPEndPoint)LocalEndPoint.Create(source), response);
        if (length == 0)
        {
            return false;
        }
        Interlocked.Increment(ref Counters.StunCount);
        try
        {
            _socket.SendTo(response[..length], SocketFlags.None, source);
        }
        catch (SocketException)
        {
            // The phone asks again.
            Interlocked.Increment(ref Counters.SendDroppedCount);
        }
        return true;
    }

    private SipFlow FlowFrom(SocketAddress source)
    {
        if (_peers.TryGetValue(source, out var known))
        {
            return known;
        }
        if (_peers.Count >= MaxKnownPeers)
        {
            _peers.Clear();
            _known.Clear();
        }
        var remote = (IPEndPoint)LocalEndPoint.Create(source);
        var flow = new SipFlow(this, LocalEndPoint, new SipDestination("UDP", remote) { Listener = this });
        _known[remote] = true;
        var key = new SocketAddress(source.Family, source.Size);
        source.Buffer.Span[..source.Size].CopyTo(key.Buffer.Span);
        _peers[key] = flow;
        return flow;
    }
}
