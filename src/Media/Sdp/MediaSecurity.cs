using System.Text.Json.Serialization;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Sdp;

/// <summary>Whether a peer's media is encrypted.</summary>
public enum SrtpPolicy
{
    /// <summary>Plain RTP only.</summary>
    Never,

    /// <summary>Answered as the peer offers; offered beside plain RTP where the signalling is encrypted (RFC 8643).</summary>
    Allowed,

    /// <summary>An offer without encryption is refused (488); RTP/SAVP is offered.</summary>
    Required,
}

/// <summary>How keys were agreed.</summary>
public enum KeyAgreement
{
    /// <summary>In the descriptions themselves (RFC 4568).</summary>
    Sdes,

    /// <summary>By a DTLS handshake on the media path (RFC 5763, RFC 5764).</summary>
    Dtls,
}

/// <summary>Which side of the handshake we are (RFC 4145 a=setup as RFC 5763 §5 uses it).</summary>
public enum DtlsRole
{
    /// <summary>a=setup:active: we send the ClientHello.</summary>
    Client,

    /// <summary>a=setup:passive: we wait for it.</summary>
    Server,
}

/// <summary>A certificate's fingerprint (RFC 8122): "sha-256" and the digest.</summary>
/// <param name="Algorithm">Lower case, as in SDP.</param>
/// <param name="Value">Upper-case hex pairs with colons.</param>
public sealed record DtlsFingerprint(string Algorithm, string Value)
{
    public override string ToString() => $"{Algorithm} {Value}";
}

/// <summary>Encryption as agreed. The keys stay out of journals and logs: another node makes new ones by a re-INVITE.</summary>
public sealed record MediaSecurity
{
    public required KeyAgreement Agreement { get; init; }

    /// <summary>SDES: the a=crypto tag that was chosen.</summary>
    public int CryptoTag { get; init; }

    /// <summary>SDES: the keys that we encrypt with; null after a restore.</summary>
    [JsonIgnore]
    public SrtpKeys? SendKeys { get; init; }

    /// <summary>SDES: the keys that the peer encrypts with; null after a restore.</summary>
    [JsonIgnore]
    public SrtpKeys? ReceiveKeys { get; init; }

    /// <summary>DTLS: our side of the handshake.</summary>
    public DtlsRole Role { get; init; }

    /// <summary>DTLS: the fingerprints that the peer's certificate must match one of.</summary>
    public IReadOnlyList<DtlsFingerprint> RemoteFingerprints { get; init; } = [];

    /// <summary>For records: "SDES" with the suite, or "DTLS".</summary>
    public override string ToString() =>
        Agreement == KeyAgreement.Dtls ? "DTLS" : $"SDES {SendKeys?.Suite.SdesName()}".TrimEnd();
}

/// <summary>Both sides' ICE credentials (RFC 8445 §5.3); we are lite (§2.5), so that the peer does the checks.</summary>
public sealed record IceCredentials
{
    public required string LocalUfrag { get; init; }

    [JsonIgnore]
    public string LocalPassword { get; init; } = "";
    public required string RemoteUfrag { get; init; }

    [JsonIgnore]
    public string RemotePassword { get; init; } = "";
}
