using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// All media of one node: the port range and the clock threads, one per core. A clock sweeps the non-blocking sockets of
/// its calls every 20 ms itself; no packet passes a queue, a task or an actor.
/// </summary>
public sealed class MediaEngine : IAsyncDisposable
{
    // A port of the range may be taken by another process: try this many before giving up.
    private const int BindAttempts = 20;

    private readonly IPAddress _bind;
    private readonly PortRange _ports;
    private readonly MediaClock[] _clocks;
    private readonly Random _random;
    private readonly Lock _randomGate = new();
    private readonly ConcurrentDictionary<MediaSession, byte> _sessions = new();
    private readonly Lazy<(DtlsCertificate Certificate, DtlsHandshakes Handshakes)> _dtls;
    private volatile bool _disposed;
    private volatile bool _closed;

    /// <param name="options">Must satisfy its ranges; checked here.</param>
    /// <param name="random">Source of SSRCs, first sequence numbers and timestamps; a seeded one makes them repeatable.</param>
    /// <param name="time">For the rest of released ports.</param>
    /// <exception cref="ArgumentException">An option is out of range or an address is not numeric.</exception>
    public MediaEngine(MediaOptions options, Random? random = null, TimeProvider? time = null)
    {
        Options = options;
        _bind = Check(options);
        _random = random ?? new Random();
        Noise = new ComfortNoise(options.ComfortNoiseDb, _random);
        _ports = new PortRange(
            options.PortRangeStart,
            options.PortRangeEnd,
            TimeSpan.FromSeconds(options.PortRestSeconds),
            _random,
            time ?? TimeProvider.System
        );
        _dtls = new(() =>
        {
            var certificate = DtlsCertificate.Create(time ?? TimeProvider.System);
            return (certificate, new DtlsHandshakes(certificate, options.Dtls, time ?? TimeProvider.System));
        });
        var threads = options.ClockThreads == 0 ? Environment.ProcessorCount : options.ClockThreads;
        _clocks = [.. Enumerable.Range(0, threads).Select(i => new MediaClock(options, i))];
    }

    public MediaOptions Options { get; }

    /// <summary>Of this node's certificate, for descriptions (RFC 8122).</summary>
    public DtlsFingerprint Fingerprint => Dtls.Fingerprint;

    /// <summary>Has what only browsers' calls need compiled, so that the first of them does not wait.</summary>
    public Task WarmUpAsync() => Dtls.WarmUpAsync();

    internal ComfortNoise Noise { get; }

    internal DtlsHandshakes Dtls => _dtls.Value.Handshakes;

    internal bool IsV6 => _bind.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Binds an RTP/RTCP port pair for a call; null when the range, or the process's file descriptors, are used up, or all is closed.</summary>
    /// <exception cref="SocketException">The address is none of this machine.</exception>
    public MediaSession? TryOpenSession(IMediaSink sink) => TryOpenSession(sink, Datagrams.TryBind);

    /// <param name="bind">Binds a socket, as <see cref="Datagrams.TryBind"/> does.</param>
    internal MediaSession? TryOpenSession(IMediaSink sink, Func<IPAddress, int, UdpEnd?> bind)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_closed)
            return null;
        var refused = new List<int>();
        MediaSession? session = null;
        try
        {
            while (session is null && refused.Count < BindAttempts && _ports.TryTake() is { } port)
            {
                refused.Add(port);
                if (MediaSockets.TryBind(_bind, port, bind) is not { } sockets)
                    continue;
                session = Open(sink, sockets, port);
                refused.Remove(port);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
        {
            return null;
        }
        finally
        {
            foreach (var port in refused)
                _ports.Release(port);
        }

        if (session is not null)
            _sessions.TryAdd(session, 0);
        if (_closed)
            session?.Abandon(); // It came to be while all was closed.
        return session;
    }

    private MediaSession Open(IMediaSink sink, MediaSockets sockets, int port)
    {
        try
        {
            return new MediaSession(this, sink, sockets, port);
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Closes every session for good and without a word (no RTCP BYE), and opens none any more: another node speaks in
    /// this one's place. Running sessions end within a tick; does not wait.
    /// </summary>
    public void CloseAll()
    {
        _closed = true;
        foreach (var session in _sessions.Keys)
            session.Abandon();
    }

    /// <summary>
    /// The numeric address to write into SDP: <see cref="MediaOptions.AdvertisedAddress"/>, else the bound address, else
    /// the interface on the route to <paramref name="peer"/>.
    /// </summary>
    public string AdvertisedAddress(IPAddress? peer = null)
    {
        if (Options.AdvertisedAddress.Length > 0)
            return Options.AdvertisedAddress;
        if (!_bind.Equals(IPAddress.Any) && !_bind.Equals(IPAddress.IPv6Any))
            return _bind.ToString();
        return MediaSockets.RouteTo(peer ?? IPAddress.Parse("192.0.2.1")).ToString();
    }

    public MediaEngineStats Stats =>
        new()
        {
            Sessions = _sessions.Count,
            PortsInUse = _ports.InUse,
            PortsTotal = _ports.Total,
            Clocks = [.. _clocks.Select(c => c.Stats)],
        };

    /// <summary>Closes every session and stops the clocks.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var session in _sessions.Keys)
        {
            session.Dispose();
            await session.Closed;
        }

        foreach (var clock in _clocks)
            clock.Dispose();
        if (_dtls.IsValueCreated)
        {
            _dtls.Value.Handshakes.Dispose();
            _dtls.Value.Certificate.Dispose();
        }
    }

    internal uint NextRandom()
    {
        lock (_randomGate)
            return (uint)_random.NextInt64(1L << 32);
    }

    /// <summary>Puts a session on the clock that carries the fewest.</summary>
    internal void Attach(MediaSession session) => _clocks.MinBy(c => c.Sessions)!.Add(session);

    /// <summary>The session's sockets are closed.</summary>
    internal void Release(MediaSession session)
    {
        if (_sessions.TryRemove(session, out _))
            _ports.Release(session.LocalPort);
    }

    private static IPAddress Check(MediaOptions options)
    {
        try
        {
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        }
        catch (ValidationException e)
        {
            throw new ArgumentException(e.Message, nameof(options), e);
        }

        if (options.PortRangeEnd <= options.PortRangeStart)
            throw new ArgumentException("PortRangeEnd must lie above PortRangeStart.", nameof(options));
        if (20 % options.ClockSlots != 0)
            throw new ArgumentException("ClockSlots must divide 20.", nameof(options));
        if (options.JitterMaxDelayMs < options.JitterMinDelayMs)
            throw new ArgumentException("JitterMaxDelayMs must not lie below JitterMinDelayMs.", nameof(options));
        if (options.AdvertisedAddress.Length > 0 && !IPAddress.TryParse(options.AdvertisedAddress, out _))
            throw new ArgumentException("AdvertisedAddress must be a numeric IP address.", nameof(options));
        return IPAddress.TryParse(options.BindAddress, out var bind)
            ? bind
            : throw new ArgumentException("BindAddress must be a numeric IP address.", nameof(options));
    }
}
