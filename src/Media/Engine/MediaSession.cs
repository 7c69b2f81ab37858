using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Quality;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The media of one call: an RTP port (and RTCP one above), what is received, what is sent. The port is bound from the
/// moment it is opened, so that it can be offered; packets flow from <see cref="Start"/> on. All members may be called
/// from any thread; they take effect at the call's next tick (20 ms).
/// </summary>
public sealed class MediaSession : IDisposable
{
    /// <summary>Digits that may wait to be sent.</summary>
    public const int MaxDigits = 32;

    private readonly MediaEngine _engine;
    private readonly MediaSockets _sockets;
    private readonly SessionStream _stream;
    private readonly GuardedSink _sink;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private bool _started;
    private bool _disposed;
    private volatile bool _ending;
    private volatile bool _silent;
    private Agreement? _agreement;

    internal MediaSession(MediaEngine engine, IMediaSink sink, MediaSockets sockets, int port)
    {
        _engine = engine;
        _sockets = sockets;
        _sink = new GuardedSink(sink);
        LocalPort = port;
        LocalEndPoint = sockets.Local;
        Playout = new Playout(engine.Options.PlayoutCapacityMs);
        _stream = new SessionStream(engine, sockets, _sink, Playout);
    }

    /// <summary>Audio to the peer.</summary>
    public Playout Playout { get; }

    /// <summary>
    /// Rate of the audio that the sink is given and the playout takes, in Hz: 8000, or 16000 when the first agreement is a
    /// wideband codec. Settled by <see cref="Start"/>, and then for good: codecs agreed later are converted.
    /// </summary>
    public int SampleRateHz { get; private set; } = 8000;

    /// <summary>Takes both directions' audio from the next tick on; null: nobody does.</summary>
    public IAudioTap? AudioTap
    {
        get => _stream.AudioTap;
        set => _stream.AudioTap = value;
    }

    /// <summary>Takes the datagrams from the next tick on; null: nobody does.</summary>
    public IPacketTap? PacketTap
    {
        get => _stream.PacketTap;
        set => _stream.PacketTap = value;
    }

    /// <summary>Sends back what it hears, from the jitter buffer and in the same tick, instead of the playout.</summary>
    public bool Echo
    {
        get => _stream.Echo;
        set => _stream.Echo = value;
    }

    /// <summary>Sends this over and over instead of the playout; null: the playout. To be set after <see cref="Start"/>.</summary>
    public SharedAudio? Repeated
    {
        get => _stream.Repeated;
        set
        {
            if (value is not null && Volatile.Read(ref _agreement) is { } agreement)
                value.Prepare(agreement.Media.Codec, SampleRateHz);
            _stream.Repeated = value;
        }
    }

    /// <summary>The node's DTLS certificate, for SDP; null: no DTLS.</summary>
    public DtlsFingerprint? Fingerprint => _engine.Fingerprint;

    /// <summary>The bound RTP port; RTCP is one above.</summary>
    public int LocalPort { get; }

    /// <summary>The bound address and port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Completes when the sockets are closed, the port is given back and no callback will come any more.</summary>
    public Task Closed => _closed.Task;

    /// <summary>The address to write into SDP for a peer at <paramref name="peer"/> (null: the configured or main one).</summary>
    public string AdvertisedAddress(IPAddress? peer = null) => _engine.AdvertisedAddress(peer);

    /// <summary>Begins to receive and send as agreed. Once only; later changes go through <see cref="Update"/>.</summary>
    /// <exception cref="InvalidOperationException">Started already.</exception>
    public void Start(NegotiatedMedia media)
    {
        lock (_gate)
        {
            if (_started)
                throw new InvalidOperationException("The session has been started; use Update.");
            if (_disposed)
                return;
            _started = true;
            SampleRateHz = media.Codec.SampleRateHz();
            Playout.SetRate(SampleRateHz);
            _stream.UseRate(SampleRateHz);
            Volatile.Write(ref _agreement, new Agreement(media, _engine.IsV6, SampleRateHz, isNewCodec: true));
            _engine.Attach(this);
        }
    }

    /// <summary>Takes a new agreement (re-INVITE, UPDATE, hold, another address or codec) without a gap.</summary>
    /// <exception cref="InvalidOperationException">Not started yet.</exception>
    public void Update(NegotiatedMedia media)
    {
        lock (_gate)
        {
            if (!_started)
                throw new InvalidOperationException("The session has not been started.");
            _stream.Repeated?.Prepare(media.Codec, SampleRateHz);
            var before = _agreement!;
            // The clock may not have come to the one before yet: what it was to change is changed now.
            var isNewCodec = media.Codec != before.Media.Codec || before.HoldsDecoder;
            Volatile.Write(ref _agreement, new Agreement(media, _engine.IsV6, SampleRateHz, isNewCodec));
        }
    }

    /// <summary>Sends a digit as telephone-event (RFC 4733); the playout waits meanwhile.</summary>
    /// <returns>False when the peer does not take telephone-event, the digit is none, or 32 are waiting.</returns>
    public bool SendDtmf(char digit, int durationMs = 160)
    {
        var code = TelephoneEvent.CodeOf(digit);
        lock (_gate)
        {
            return code >= 0
                && !_disposed
                && _agreement?.Media.SendTelephoneEventType is not null
                && _stream.TryQueueDigit(code, Math.Clamp(durationMs, 40, 60_000));
        }
    }

    /// <summary>A snapshot of the counters.</summary>
    public MediaStats Stats => _stream.Snapshot() with { SinkFaults = _sink.Faults };

    /// <summary>How both directions sound, from the beginning up to now; computed when asked for.</summary>
    public SessionQuality Quality => _stream.Quality();

    /// <summary>
    /// As <see cref="Dispose"/>, without RTCP BYE: the call goes on elsewhere, and its peer must not take this for the end.
    /// </summary>
    public void Abandon()
    {
        _silent = true;
        Dispose();
    }

    /// <summary>Ends the stream (RTCP BYE), closes the sockets and gives the port back; does not wait, see <see cref="Closed"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _ending = true;
            if (_started)
                return; // The clock thread sees it at the next tick.
        }

        Close();
    }

    /// <summary>What of this object a tick looks at.</summary>
    internal const int CacheLines = 2;

    internal SessionStream Stream => _stream;

    internal void AskForStream()
    {
        Engine.CacheLines.Ask(_stream, SessionStream.CacheLines);
        if (_agreement is { } agreement)
            Engine.CacheLines.Ask(agreement, 1);
    }

    /// <summary>The clock's call; false takes the session off the clock.</summary>
    internal bool Tick(in ClockTick tick)
    {
        try
        {
            if (!_ending)
            {
                _stream.Tick(tick, Volatile.Read(ref _agreement)!);
                return true;
            }

            _stream.End(tick, sayBye: !_silent);
        }
        catch (Exception e)
        {
            // Thousands of calls share this thread: what breaks one must not take the others along.
            Break(e);
        }

        // Closing sockets takes far longer than a tick's share of time.
        ThreadPool.UnsafeQueueUserWorkItem(static s => s.Close(), this, preferLocal: false);
        return false;
    }

    /// <summary>The session leaves the clock, and whoever disposes it has nothing left to do.</summary>
    private void Break(Exception cause)
    {
        bool wasEnding;
        lock (_gate)
        {
            wasEnding = _ending;
            _disposed = _ending = true;
        }

        if (wasEnding)
            return;
        _sink.OnBroken(cause);
        _stream.Abandon();
    }

    private void Close()
    {
        Playout.Close();
        _sockets.Dispose();
        _engine.Release(this);
        _closed.TrySetResult();
    }
}

/// <summary>A negotiated media with what a tick needs precomputed; compared by reference.</summary>
internal sealed class Agreement
{
    private IAudioDecoder? _decoder;
    private IAudioEncoder? _encoder;

    /// <param name="sampleRateHz">The session's.</param>
    /// <param name="isNewCodec">A decoder and an encoder are to be made, here rather than on the clock.</param>
    public Agreement(NegotiatedMedia media, bool v6, int sampleRateHz, bool isNewCodec)
    {
        Media = media;
        var address = IPAddress.Parse(media.RemoteAddress);
        if (v6)
            address = address.MapToIPv6();
        RemoteRtp = PeerAddress.From(address, media.RemotePort);
        if (!isNewCodec)
            return;
        _decoder = AudioCodecFactory.CreateDecoder(media.Codec, sampleRateHz);
        if (sampleRateHz != 8000 || media.Codec is not (AudioCodec.Pcmu or AudioCodec.Pcma))
            _encoder = AudioCodecFactory.CreateEncoder(media.Codec, sampleRateHz);
    }

    public NegotiatedMedia Media { get; }
    public PeerAddress RemoteRtp { get; }

    public bool HoldsDecoder => Volatile.Read(ref _decoder) is not null;

    /// <summary>Null when the codec stays as it is, and with it the encoder.</summary>
    public IAudioDecoder? TakeDecoder() => Interlocked.Exchange(ref _decoder, null);

    /// <summary>Null for G.711 in a session of 8 kHz, which the sender writes itself.</summary>
    public IAudioEncoder? TakeEncoder() => Interlocked.Exchange(ref _encoder, null);
}
