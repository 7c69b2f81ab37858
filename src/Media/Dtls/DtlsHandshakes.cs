using System.Diagnostics.CodeAnalysis;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// The node's handshakes: the certificate, and the threads that the protocol library blocks. Threads come with the work, up
/// to a bound, and go when there was none for a while; what finds no thread waits in a bounded queue, and what finds no
/// place there fails.
/// </summary>
public sealed class DtlsHandshakes : IDisposable
{
    private const int IdleMs = 10_000;

    // The library needs little; the default of 1.5 MB is address space only, but counts against limits.
    private const int StackBytes = 512 * 1024;

    private readonly object _gate = new();
    private readonly Queue<DtlsHandshake> _waiting = new();
    private readonly HashSet<DtlsHandshake> _running = [];
    private int _threads;
    private int _idle;
    private bool _isDisposed;

    public DtlsHandshakes(DtlsCertificate certificate, DtlsOptions options, TimeProvider time)
    {
        Identity = new DtlsIdentity(certificate);
        Fingerprint = certificate.Fingerprint;
        Options = options;
        Time = time;
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
                return true;
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

            _running.Add(handshake);
            return true;
        }
    }
}
