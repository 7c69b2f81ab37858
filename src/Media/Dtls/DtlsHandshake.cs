using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// One call's handshake: keys or a failure come once, unless it is disposed before. As server it takes a thread when the
/// ClientHello has come. For some time after the keys it repeats the last flight and hears the peer's close_notify; then
/// nothing of it is left but this.
/// </summary>
public sealed class DtlsHandshake : IDisposable
{
    // After the handshake: the peer's flight a few times, and an alert. A flood does not reach the pool.
    private const int LateDatagrams = 32;

    private readonly Lock _gate = new();
    private readonly DtlsHandshakes _pool;
    private readonly DtlsRole _role;
    private readonly IReadOnlyList<DtlsFingerprint> _remoteFingerprints;
    private readonly IDtlsUser _user;
    private readonly DtlsDatagrams _datagrams;
    private readonly ITimer _timer;
    private readonly DtlsRequest? _request;
    private DtlsSession? _session;
    private Stage _stage;
    private int _lateLeft = LateDatagrams;
    private bool _isTaking;
    private long _dropped;
    private long _startedAt;
    private long _heardAt;

    internal DtlsHandshake(
        DtlsHandshakes pool,
        DtlsRole role,
        IReadOnlyList<DtlsFingerprint> remoteFingerprints,
        IDtlsUser user,
        DtlsRequest? request = null
    )
    {
        _pool = pool;
        _role = role;
        _remoteFingerprints = remoteFingerprints;
        _user = user;
        _datagrams = new DtlsDatagrams(user);
        _request = request;
        _stage = role == DtlsRole.Client || request is not null ? Stage.Queued : Stage.Waiting;
        _timer = pool.Time.CreateTimer(
            static handshake => ((DtlsHandshake)handshake!).OnTime(),
            this,
            TimeSpan.FromSeconds(pool.Options.TimeoutSeconds),
            Timeout.InfiniteTimeSpan
        );
    }

    private enum Stage
    {
        Waiting,
        Queued,
        Handshaking,
        Established,
        Over,
    }

    /// <summary>Datagrams that were no records of a handshake, out of place, or one too many.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>When it got its thread; timestamps of the pool's time.</summary>
    internal long StartedAt => Volatile.Read(ref _startedAt);

    /// <summary>When a datagram of its peer last came to a thread's turn.</summary>
    internal long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>Takes a datagram whose first byte is 20 to 63 (RFC 7983), from a source that is the peer's. Copies it.</summary>
    public void OnDatagram(ReadOnlySpan<byte> datagram)
    {
        if (!DtlsRecords.AreWhole(datagram))
        {
            Drop();
            return;
        }

        bool isTaken;
        var needsThread = false;
        lock (_gate)
        {
            switch (_stage)
            {
                case Stage.Waiting:
                    isTaken = DtlsRecords.BeginWithClientHello(datagram) && _datagrams.TryAdd(datagram);
                    needsThread = isTaken;
                    if (isTaken)
                        _stage = Stage.Queued;
                    break;
                case Stage.Queued:
                case Stage.Handshaking:
                    isTaken = _datagrams.TryAdd(datagram);
                    break;
                case Stage.Established:
                    isTaken = _session is not null && _lateLeft-- > 0 && _datagrams.TryAdd(datagram);
                    needsThread = isTaken && !_isTaking;
                    _isTaking |= needsThread;
                    break;
                default:
                    isTaken = false;
                    break;
            }
        }

        if (isTaken)
            Volatile.Write(ref _heardAt, _pool.Time.GetTimestamp());
        else
            Drop();
        if (needsThread)
            Queue();
    }

    /// <summary>The call is over, or another handshake takes this one's place: nothing is sent or reported any more.</summary>
    public void Dispose() => End();

    internal void Queue()
    {
        if (_pool.TryQueue(this))
            return;
        bool isReported;
        lock (_gate)
        {
            // After the handshake it only means that a repeated flight goes unanswered.
            _isTaking = false;
            isReported = _stage == Stage.Queued;
        }

        if (isReported)
            Fail(DtlsFailure.Overloaded, "too many handshakes");
    }

    /// <summary>A thread of the pool has it now.</summary>
    internal void OnThread() => Volatile.Write(ref _startedAt, _pool.Time.GetTimestamp());

    /// <summary>Gives its thread to one that waits.</summary>
    internal void Evict() => Fail(DtlsFailure.Overloaded, "others waited for its thread");

    /// <summary>On a thread of the pool.</summary>
    internal void Run()
    {
        bool isBegun;
        lock (_gate)
        {
            isBegun = _stage == Stage.Queued;
            if (isBegun)
                _stage = Stage.Handshaking;
        }

        if (!isBegun || Shake())
            Take();
    }

    private bool Shake()
    {
        try
        {
            var session = DtlsSession.Establish(
                _pool.Identity,
                _role,
                _remoteFingerprints,
                _datagrams,
                _pool.Options.ResendMs,
                _request,
                out var keys
            );
            lock (_gate)
            {
                if (_stage != Stage.Handshaking)
                    return false;
                _stage = Stage.Established;
                _session = session;
                _isTaking = true;
                _timer.Change(TimeSpan.FromSeconds(_pool.Options.LingerSeconds), Timeout.InfiniteTimeSpan);
            }

            _user.OnDtlsKeys(keys);
            return true;
        }
        catch (DtlsException e)
        {
            Fail(e.Failure, e.Message);
            return false;
        }
    }

    private void Take()
    {
        while (true)
        {
            var session = _session;
            if (session is null)
                return;
            if (!session.Take())
            {
                if (End())
                    _user.OnDtlsClosed();
                return;
            }

            lock (_gate)
            {
                if (_datagrams.HasArrived)
                    continue;
                _isTaking = false;
                return;
            }
        }
    }

    private void OnTime()
    {
        Stage stage;
        lock (_gate)
            stage = _stage;
        if (stage == Stage.Established)
            End();
        else
            Fail(
                DtlsFailure.TimedOut,
                stage switch
                {
                    Stage.Waiting => "no ClientHello came",
                    Stage.Queued => "no thread was free",
                    _ => "the peer did not go on",
                }
            );
    }

    private void Fail(DtlsFailure failure, string detail)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _stage < Stage.Established;
            if (isFirst)
                _stage = Stage.Over;
        }

        if (!isFirst)
            return;
        _timer.Dispose();
        _datagrams.Abandon();
        _user.OnDtlsFailed(failure, detail);
    }

    /// <summary>Whether it was not over before.</summary>
    private bool End()
    {
        lock (_gate)
        {
            if (_stage == Stage.Over)
                return false;
            _stage = Stage.Over;
            _session = null;
        }

        _timer.Dispose();
        _datagrams.Abandon();
        return true;
    }

    private void Drop() => Volatile.Write(ref _dropped, _dropped + 1);
}
