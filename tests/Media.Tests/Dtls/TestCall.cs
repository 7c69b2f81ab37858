using OCPlatform.Media.Dtls;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>A call that waits for its keys. What it sends goes where <see cref="Path"/> says.</summary>
internal sealed class TestCall : IDtlsUser
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<DtlsSrtpKeys> _keys = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sent;
    private int _longest;
    private int _reports;

    public Action<byte[]> Path { get; set; } = _ => { };

    public int Sent => Volatile.Read(ref _sent);

    public int LongestBytes => Volatile.Read(ref _longest);

    public int Reports => Volatile.Read(ref _reports);

    /// <summary>Throws <see cref="DtlsException"/> when there are none.</summary>
    public Task<DtlsSrtpKeys> Keys => _keys.Task.WaitAsync(Patience);

    public Task Closed => _closed.Task.WaitAsync(Patience);

    public async Task<DtlsException> FailureAsync() =>
        (await ((Func<Task>)(() => Keys)).Should().ThrowAsync<DtlsException>()).Which;

    public void SendDtls(ReadOnlySpan<byte> datagram)
    {
        Interlocked.Increment(ref _sent);
        _longest = Math.Max(_longest, datagram.Length);
        Path(datagram.ToArray());
    }

    public void OnDtlsKeys(DtlsSrtpKeys keys)
    {
        Interlocked.Increment(ref _reports);
        _keys.TrySetResult(keys);
    }

    public void OnDtlsFailed(DtlsFailure failure, string detail)
    {
        Interlocked.Increment(ref _reports);
        _keys.TrySetException(new DtlsException(failure, detail));
    }

    public void OnDtlsClosed() => _closed.TrySetResult();
}

/// <summary>A way between two handshakes: loses, swaps neighbours, and does it again the same for the same seed.</summary>
internal sealed class LossyPath(int seed, double loss, double swap, Func<DtlsHandshake> to)
{
    private readonly Random _random = new(seed);
    private byte[]? _held;

    public void Send(byte[] datagram)
    {
        lock (_random)
        {
            if (_random.NextDouble() < loss)
                return;
            if (_held is null && _random.NextDouble() < swap)
            {
                _held = datagram;
                return;
            }

            to().OnDatagram(datagram);
            if (_held is not { } held)
                return;
            _held = null;
            to().OnDatagram(held);
        }
    }
}
