namespace OCPlatform.Media.Dtls;

/// <summary>Why a handshake gave no keys.</summary>
public enum DtlsFailure
{
    /// <summary>The peer did not come, or did not come to the end, in time.</summary>
    TimedOut,

    /// <summary>This node has too many handshakes at once.</summary>
    Overloaded,

    /// <summary>The peer's certificate is not one that its description names, or there was none (RFC 5763 §5).</summary>
    FingerprintMismatch,

    /// <summary>The peer knows none of our SRTP profiles, or no use_srtp at all (RFC 5764 §4.1).</summary>
    NoCommonProfile,

    /// <summary>The peer sent a fatal alert, or closed.</summary>
    RefusedByPeer,

    /// <summary>Anything else that breaks a handshake: version, cipher suite, signature, message out of place.</summary>
    HandshakeFailed,
}

/// <summary>A handshake's failure on its way to the one who reports it. The message holds nothing secret.</summary>
internal sealed class DtlsException(DtlsFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public DtlsFailure Failure { get; } = failure;
}
