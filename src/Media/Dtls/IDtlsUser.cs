using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Dtls;

/// <summary>What a handshake gave: keys for either direction, of the same suite.</summary>
public sealed record DtlsSrtpKeys(SrtpKeys Send, SrtpKeys Receive)
{
    public override string ToString() => Send.ToString();
}

/// <summary>
/// The call behind a <see cref="DtlsHandshake"/>. Calls come from any thread, one at a time, and must neither block nor
/// throw; after <see cref="DtlsHandshake.Dispose"/> one that was under way may still arrive.
/// </summary>
public interface IDtlsUser
{
    /// <summary>Sends one datagram of at most 1200 bytes to the peer.</summary>
    void SendDtls(ReadOnlySpan<byte> datagram);

    /// <summary>The handshake is done. Either this or <see cref="OnDtlsFailed"/> comes, once.</summary>
    void OnDtlsKeys(DtlsSrtpKeys keys);

    /// <summary>There will be no keys. May come within <see cref="DtlsHandshakes.Start"/> or <see cref="DtlsHandshake.OnDatagram"/>.</summary>
    /// <param name="detail">For the log.</param>
    void OnDtlsFailed(DtlsFailure failure, string detail);

    /// <summary>After the keys: the peer closed (close_notify), as a page does that goes away.</summary>
    void OnDtlsClosed();
}
