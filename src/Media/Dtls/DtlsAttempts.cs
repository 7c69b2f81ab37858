using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// The handshakes of one agreement: the one with the address that is known to be the peer's (signalled, latched, or proven
/// by ICE checks), and, where there is no ICE, those of strangers, one of whom may be the peer behind a NAT. Who completes
/// one with the certificate that the signalling named is the peer; the others are dropped.
/// </summary>
/// <remarks>
/// What a stranger can do is bounded, and touches no other handshake. As client we answer none. As server:
/// <list type="number">
/// <item>A ClientHello without a valid cookie gets a HelloVerifyRequest, shorter than itself (RFC 6347 §4.2.1), 50 a second,
/// and leaves nothing behind. So nobody has our flights sent to somebody else. ClientHellos in pieces are not verified:
/// those come from browsers, which have ICE.</item>
/// <item>With one it gets a handshake of its own, answered to its address only: one for each IP address, four in all. The
/// oldest makes place for a new one when it is 2 s old.</item>
/// </list>
/// On the clock thread, but for the handshakes' callbacks.
/// </remarks>
internal sealed class DtlsAttempts : IDisposable
{
    private const int MostStrangers = 4;
    private const long StrangerNs = 2_000_000_000;

    // HelloVerifyRequests: a burst, then one every 20 ms.
    private const int VerifyBurst = 50;
    private const long VerifyNs = 20_000_000;

    private readonly DtlsHandshakes _pool;
    private readonly DtlsRole _role;
    private readonly IReadOnlyList<DtlsFingerprint> _fingerprints;
    private readonly Attempt _expected;
    private List<Attempt>? _strangers;
    private Attempt? _winner;
    private long _verifiedNs = long.MinValue / 2;
    private bool _isFailed;

    public DtlsAttempts(DtlsHandshakes pool, DtlsRole role, IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        (_pool, _role, _fingerprints) = (pool, role, fingerprints);
        _expected = new Attempt(default, 0);
        _expected.Handshake = pool.Start(role, fingerprints, _expected);
    }

    /// <summary>There are keys.</summary>
    public bool IsDone => _winner is not null;

    /// <summary>There will be no keys.</summary>
    public bool IsFailed => _isFailed;

    /// <summary>The peer has closed (close_notify): under these keys nothing more is said or heard (RFC 5246 §7.2.1).</summary>
    public bool IsClosed => _winner is { IsClosed: true };

    /// <summary>Handshakes with strangers under way.</summary>
    public int Strangers => _strangers?.Count ?? 0;

    /// <summary>A datagram from the peer's address.</summary>
    public void OnDatagram(ReadOnlySpan<byte> datagram) => (_winner ?? _expected).Handshake!.OnDatagram(datagram);

    /// <summary>A datagram from anybody else. False: it changed nothing and got no answer.</summary>
    public bool OnStranger(ReadOnlySpan<byte> datagram, in PeerAddress source, long nowNs, Action<byte[]> reply)
    {
        if (_role == DtlsRole.Client || _winner is not null)
            return false;
        if (_strangers is { } strangers)
        {
            foreach (var stranger in strangers)
            {
                if (stranger.Source != source)
                    continue;
                stranger.Handshake!.OnDatagram(datagram);
                return true;
            }
        }

        if (!DtlsRecords.AreWhole(datagram) || !DtlsRecords.BeginWithClientHello(datagram))
            return false;
        var earliest = Math.Max(_verifiedNs, nowNs - VerifyBurst * VerifyNs) + VerifyNs;
        if (earliest > nowNs)
            return false;
        _verifiedNs = earliest;
        Span<byte> name = stackalloc byte[PeerAddress.MaxBytes];
        name = name[..source.ToSockaddr(name)];
        if (_pool.Verify(name, datagram, reply) is { } request)
            Take(request, source, nowNs);
        return true;
    }

    /// <summary>Once a tick. True when there are keys that were not there before.</summary>
    /// <param name="source">Who has proven to be the peer; none: the address that was known already.</param>
    public bool TryTakeKeys(out DtlsSrtpKeys? keys, out PeerAddress source)
    {
        (keys, source) = (null, default);
        if (_winner is not null)
            return false;
        if (_expected.Keys is not null)
            _winner = _expected;
        for (var i = Strangers - 1; i >= 0 && _winner is null; i--)
        {
            var stranger = _strangers![i];
            if (stranger.Keys is not null)
                _winner = stranger;
            else if (stranger.Failure is not null)
                Drop(i);
        }

        if (_winner is not { } winner)
            return false;
        if (winner != _expected)
            _expected.Handshake!.Dispose();
        foreach (var stranger in _strangers ?? [])
        {
            if (stranger != winner)
                stranger.Handshake!.Dispose();
        }

        _strangers = null;
        (keys, source) = (winner.Keys, winner.Source);
        winner.Keys = null;
        return true;
    }

    /// <summary>Why there will be no keys, once; null: there still may be. Strangers under way are waited for.</summary>
    public string? TakeFailure()
    {
        if (_isFailed || _winner is not null || Strangers > 0 || _expected.Failure is not { } failure)
            return null;
        _isFailed = true;
        return failure;
    }

    /// <summary>The next datagram to be sent.</summary>
    /// <param name="knowsPeer">Whether there is an address that the peer is known to have.</param>
    /// <param name="destination">None: that address.</param>
    public bool TryTakeDatagram(bool knowsPeer, [NotNullWhen(true)] out byte[]? datagram, out PeerAddress destination)
    {
        var main = _winner ?? _expected;
        destination = main.Source;
        datagram = null;
        if ((knowsPeer || !destination.IsNone) && main.Out.TryDequeue(out datagram))
            return true;

        for (var i = 0; i < Strangers; i++)
        {
            if (!_strangers![i].Out.TryDequeue(out datagram))
                continue;
            destination = _strangers[i].Source;
            return true;
        }

        datagram = null;
        return false;
    }

    /// <summary>Nothing of it is sent or reported any more.</summary>
    public void Dispose()
    {
        _expected.Handshake!.Dispose();
        _winner?.Handshake!.Dispose();
        foreach (var stranger in _strangers ?? [])
            stranger.Handshake!.Dispose();
        _strangers = null;
    }

    private void Take(DtlsRequest request, in PeerAddress source, long nowNs)
    {
        var strangers = _strangers ??= new List<Attempt>(MostStrangers);
        var oldest = -1;
        for (var i = 0; i < strangers.Count; i++)
        {
            if (strangers[i].Source.Address == source.Address)
            {
                oldest = i;
                break;
            }

            if (
                strangers.Count == MostStrangers
                && nowNs - strangers[i].StartedNs >= StrangerNs
                && (oldest < 0 || strangers[i].StartedNs < strangers[oldest].StartedNs)
            )
                oldest = i;
        }

        if (oldest >= 0)
            Drop(oldest);
        if (strangers.Count == MostStrangers)
            return;
        var attempt = new Attempt(source, nowNs);
        attempt.Handshake = _pool.Start(request, _fingerprints, attempt);
        strangers.Add(attempt);
    }

    private void Drop(int stranger)
    {
        _strangers![stranger].Handshake!.Dispose();
        _strangers.RemoveAt(stranger);
    }

    /// <summary>One handshake's user: what a former one still has to say reaches nobody.</summary>
    private sealed class Attempt(PeerAddress source, long startedNs) : IDtlsUser
    {
        // A handshake's flight is some six datagrams; more than this wait for nobody.
        private const int MostWaiting = 32;

        private volatile DtlsSrtpKeys? _keys;
        private volatile string? _failure;
        private volatile bool _isClosed;

        /// <summary>None: wherever the peer is known to be.</summary>
        public PeerAddress Source { get; } = source;
        public long StartedNs { get; } = startedNs;
        public DtlsHandshake? Handshake { get; set; }
        public ConcurrentQueue<byte[]> Out { get; } = new();

        public DtlsSrtpKeys? Keys
        {
            get => _keys;
            set => _keys = value;
        }

        public string? Failure => _failure;
        public bool IsClosed => _isClosed;

        public void SendDtls(ReadOnlySpan<byte> datagram)
        {
            if (Out.Count < MostWaiting)
                Out.Enqueue(datagram.ToArray());
        }

        public void OnDtlsKeys(DtlsSrtpKeys keys) => _keys = keys;

        public void OnDtlsFailed(DtlsFailure failure, string detail) => _failure = $"{failure}: {detail}";

        public void OnDtlsClosed() => _isClosed = true;
    }
}
