using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Dtls;

/// <summary>One end of a handshake of the node with itself, in memory.</summary>
internal sealed class DtlsWarmUp : IDtlsUser
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DtlsHandshake? _peer;

    /// <summary>Whether both ends got keys.</summary>
    public static async Task<bool> RunAsync(DtlsHandshakes pool)
    {
        var (client, server) = (new DtlsWarmUp(), new DtlsWarmUp());
        using var calling = new DtlsHandshake(pool, DtlsRole.Client, [pool.Fingerprint], client);
        using var called = new DtlsHandshake(pool, DtlsRole.Server, [pool.Fingerprint], server);
        (client._peer, server._peer) = (called, calling);
        calling.Queue();
        return await server._done.Task && await client._done.Task;
    }

    public void SendDtls(ReadOnlySpan<byte> datagram) => _peer!.OnDatagram(datagram);

    public void OnDtlsKeys(DtlsSrtpKeys keys) => _done.TrySetResult(true);

    public void OnDtlsFailed(DtlsFailure failure, string detail) => _done.TrySetResult(false);

    public void OnDtlsClosed() { }
}
