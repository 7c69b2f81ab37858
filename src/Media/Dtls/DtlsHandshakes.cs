using System.Diagnostics.CodeAnalysis;
using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// The node's handshakes: the certificate, and the threads that the protocol library blocks. Threads come with the work, up
/// to a bound, and go when there was none for a while; what finds no thread waits in a bounded queue, and what finds no
/// place there fails.
/// </summary>
/// <remarks>
/// A handshake holds its thread while it waits for its peer. So while others wait for one, handshakes that are older than
/// <see cref="DtlsOptions.PatienceMs"/> make place, those first whose peers have been silent the longest: peers that begin
/// and then say nothing delay the others, but stop nobody.
/// </remarks>
public sealed class DtlsHandshakes : IDisposable
{
    private const int IdleMs = 10_000;
    private static readonly TimeSpan EvictionPeriod = TimeSpan.FromMilliseconds(100);

    // The library needs little; the default of 1.5 MB is address space only, but counts against limits.
    private const int StackBytes = 512 * 1024;

    private readonly object _gate = new();
    private readonly Queue<DtlsHandshake> _waiting = new();
    private readonly HashSet<DtlsHandshake> _running = [];
    private readonly ITimer _eviction;
    private readonly DtlsVerifier _verifier;
    private int _threads;
    private int _idle;
    private bool _isDisposed;

    public DtlsHandshakes(DtlsCertificate certificate, DtlsOptions options, TimeProvider time)
    {
        Identity = new DtlsIdentity(certificate);
        Fingerprint = certificate.Fingerprint;
        Options = options;
        Time = time;
        _verifier = new DtlsVerifier(Identity.Crypto);
        _eviction = time.CreateTimer(
            static pool => ((DtlsHandshakes)pool!).Evict(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    /// <summary>Of the node's certificate, for descriptions.</summary>
    public DtlsFingerprint Fingerprint { get; }

    internal DtlsIdentity Identity { get; }

    internal DtlsOptions Options { get; }

    internal TimeProvider Time { get; }

    /// <summary>Threads that exist, and handshakes that wait for one.</summary>
    internal (int Threads, int Waiting) Load
    {
        get
        {
            lock (_gate)
                return (_threads, _waiting.Count);
        }
    }

    /// <summary>Begins a call's handshake. As client the ClientHello leaves at once, so that the path must be open already.</summary>
    /// <param name="remoteFingerprints">The peer's certificate must match one of them.</param>
    public DtlsHandshake Start(DtlsRole role, IReadOnlyList<DtlsFingerprint> remoteFingerprints, IDtlsUser user)
    {
        var handshake = new DtlsHandshake(this, role, remoteFingerprints, user);
        if (role == DtlsRole.Client)
            handshake.Queue();
        return handshake;
    }

    /// <summary>Begins, as server, with a client whose address its cookie has proven.</summary>
    internal DtlsHandshake Start(DtlsRequest request, IReadOnlyList<DtlsFingerprint> remoteFingerprints, IDtlsUser user)
    {
        var handshake = new DtlsHandshake(this, DtlsRole.Server, remoteFingerprints, user, request);
        handshake.Queue();
        return handshake;
    }

    /// <summary>
    /// Reads a whole ClientHello with a valid cookie (RFC 6347 §4.2.1). Null: it has none, and the reply says which; or it is
    /// not one. Keeps nothing.
    /// </summary>
    /// <param name="client">Whom the cookie is for.</param>
    internal DtlsRequest? Verify(ReadOnlySpan<byte> client, ReadOnlySpan<byte> datagram, Action<byte[]> reply)
    {
        // From clock threads that hardly ever meet here.
        lock (_verifier)
            return _verifier.VerifyRequest(
                client.ToArray(),
                datagram.ToArray(),
                0,
                datagram.Length,
                new ReplySender(reply)
            );
    }

    /// <summary>
    /// A handshake of the node with itself, so that the code is compiled before a caller waits for it: the first one takes
    /// some 300 ms longer. False when it failed.
    /// </summary>
    public Task<bool> WarmUpAsync() => DtlsWarmUp.RunAsync(this);

    /// <summary>Ends what is under way, without a report.</summary>
    public void Dispose()
    {
        DtlsHandshake[] all;
        lock (_gate)
        {
            _isDisposed = true;
            all = [.. _running, .. _waiting];
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }

        _eviction.Dispose();
        foreach (var handshake in all)
            handshake.Dispose();
    }

    /// <summary>False: there is no room, or no node any more.</summary>
    internal bool TryQueue(DtlsHandshake handshake)
    {
        lock (_gate)
        {
            var hasThread = _idle > _waiting.Count || _threads < Options.MaxConcurrent;
            if (_isDisposed || (!hasThread && _waiting.Count >= Options.MaxQueued))
                return false;
            _waiting.Enqueue(handshake);
            if (_idle >= _waiting.Count)
            {
                Monitor.Pulse(_gate);
                return true;
            }

            if (_threads == Options.MaxConcurrent)
            {
                if (_waiting.Count == 1)
                    _eviction.Change(TimeSpan.Zero, EvictionPeriod);
                return true;
            }

            _threads++;
        }

        new Thread(Work, StackBytes) { IsBackground = true, Name = "dtls-handshake" }.Start();
        return true;
    }

    private void Work()
    {
        while (TryTake(out var handshake))
        {
            handshake.Run();
            lock (_gate)
                _running.Remove(handshake);
        }
    }

    /// <summary>Makes place for those that wait, see the remarks.</summary>
    private void Evict()
    {
        List<DtlsHandshake> evicted = [];
        lock (_gate)
        {
            if (_waiting.Count == 0 || _isDisposed)
            {
                if (!_isDisposed)
                    _eviction.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            var patience = TimeSpan.FromMilliseconds(Options.PatienceMs);
            evicted.AddRange(
                _running
                    .Where(running => Time.GetElapsedTime(running.StartedAt) >= patience)
                    .OrderBy(static running => running.HeardAt)
                    .Take(_waiting.Count)
            );
        }

        foreach (var handshake in evicted)
            handshake.Evict();
    }

    private bool TryTake([NotNullWhen(true)] out DtlsHandshake? handshake)
    {
        lock (_gate)
        {
            while (!_waiting.TryDequeue(out handshake))
            {
                _idle++;
                var isWoken = !_isDisposed && Monitor.Wait(_gate, IdleMs);
                _idle--;
                if (_isDisposed || (!isWoken && _waiting.Count == 0))
                {
                    _threads--;
                    return false;
                }
            }

            handshake.OnThread();
            _running.Add(handshake);
            return true;
        }
    }

    private sealed class ReplySender(Action<byte[]> reply) : DatagramSender
    {
        public int GetSendLimit() => DtlsDatagrams.SendBytes;

        public void Send(byte[] buf, int off, int len) => reply(buf.AsSpan(off, len).ToArray());

        public void Send(ReadOnlySpan<byte> buffer) => reply(buffer.ToArray());
    }
}
