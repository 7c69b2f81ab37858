using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// What both roles offer and demand, and what became of it (RFC 5764, RFC 8827 §6.5). DTLS 1.2 only: 1.0 is refused. The
/// extended master secret (RFC 7627) is demanded, because keys are exported. There is neither renegotiation nor resumption.
/// <para>
/// The address that the peer is known to have needs no cookie: an ICE check has proven it, or the signalling named it, so that
/// our flight goes nowhere else. It would cost a round trip of silence, and browsers' ClientHellos, too long for one
/// datagram, could not be verified without keeping state. Anybody else needs one, see <see cref="DtlsAttempts"/>.
/// </para>
/// </summary>
internal sealed class DtlsNegotiation(DtlsIdentity identity, IReadOnlyList<DtlsFingerprint> remoteFingerprints)
{
    /// <summary>
    /// Best first. AES-GCM costs less than AES-CM with HMAC-SHA1 where the processor has both, and 128 bits are what the
    /// handshake's own curves are worth. The first is taken that a client offers; AES_CM_128_HMAC_SHA1_80 everyone has, so
    /// that the 32-bit tag is not needed.
    /// </summary>
    public static readonly SrtpSuite[] Profiles =
    [
        SrtpSuite.AeadAes128Gcm,
        SrtpSuite.AeadAes256Gcm,
        SrtpSuite.AesCm128HmacSha1Tag80,
    ];

    /// <summary>Every flight of a certificate chain is gathered before its fingerprint is known.</summary>
    public const int MaxHandshakeMessageBytes = 8192;

    public const int MaxChainLength = 4;

    public static readonly int[] Groups = [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1];

    /// <summary>With our certificate, when we are the server.</summary>
    public static readonly int[] ServerCipherSuites =
    [
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>A server's certificate may be of either kind.</summary>
    public static readonly int[] ClientCipherSuites =
    [
        .. ServerCipherSuites,
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    private static readonly SignatureAndHashAlgorithm Sha256WithEcdsa = new(
        HashAlgorithm.sha256,
        SignatureAlgorithm.ecdsa
    );

    private SrtpSuite? _profile;

    /// <summary>The reason, when it was ours to fail.</summary>
    public DtlsException? Failure { get; private set; }

    public DtlsSrtpKeys? Keys { get; private set; }

    /// <summary>The peer's fatal alert.</summary>
    public short? FatalAlert { get; private set; }

    public bool IsClosedByPeer { get; private set; }

    public static IList<SignatureAndHashAlgorithm> SignatureAlgorithms() =>
        [
            Sha256WithEcdsa,
            new(HashAlgorithm.sha384, SignatureAlgorithm.ecdsa),
            new(HashAlgorithm.sha512, SignatureAlgorithm.ecdsa),
            SignatureAndHashAlgorithm.rsa_pss_rsae_sha256,
            new(HashAlgorithm.sha256, SignatureAlgorithm.rsa),
            new(HashAlgorithm.sha384, SignatureAlgorithm.rsa),
            new(HashAlgorithm.sha512, SignatureAlgorithm.rsa),
        ];

    public static UseSrtpData Offer() => new([.. Profiles.Select(DtlsSrtpProfile.Id)], []);

    /// <summary>As server: the first of ours that the client has.</summary>
    public UseSrtpData Choose(UseSrtpData? offered)
    {
        foreach (var profile in Profiles)
        {
            if (offered?.ProtectionProfiles.Contains(DtlsSrtpProfile.Id(profile)) != true)
                continue;
            _profile = profile;
            // A client may ask for an MKI; we use none, which is said by an empty one (RFC 5764 §4.1.3).
            return new UseSrtpData([DtlsSrtpProfile.Id(profile)], []);
        }

        throw Fail(
            DtlsFailure.NoCommonProfile,
            AlertDescription.handshake_failure,
            offered is null ? "no use_srtp" : $"profiles {string.Join(", ", offered.ProtectionProfiles)}"
        );
    }

    /// <summary>As client: the server names exactly one of ours, and repeats our empty MKI.</summary>
    public void Accept(UseSrtpData? chosen)
    {
        if (
            chosen?.ProtectionProfiles is not [var id]
            || !DtlsSrtpProfile.TryFromId(id, out var suite)
            || !Profiles.Contains(suite)
            || chosen.Mki.Length != 0
        )
            throw Fail(DtlsFailure.NoCommonProfile, AlertDescription.illegal_parameter, "the server's use_srtp");
        _profile = suite;
    }

    /// <summary>RFC 8122 §6.2: another certificate than the description's ends the handshake.</summary>
    public void Check(Certificate certificate)
    {
        if (certificate.IsEmpty)
            throw Fail(DtlsFailure.FingerprintMismatch, AlertDescription.bad_certificate, "no certificate");
        var encoded = certificate.GetCertificateAt(0).GetEncoded();
        if (!DtlsFingerprints.Match(remoteFingerprints, encoded))
            throw Fail(
                DtlsFailure.FingerprintMismatch,
                AlertDescription.bad_certificate,
                DtlsFingerprints.Of(encoded, "sha-256")!.ToString()
            );
    }

    public TlsCredentialedSigner Sign(TlsContext context) =>
        new DefaultTlsCredentialedSigner(
            new TlsCryptoParameters(context),
            identity,
            identity.Certificate,
            Sha256WithEcdsa
        );

    /// <summary>The handshake is complete; its secrets are wiped right after.</summary>
    public void Export(TlsContext context)
    {
        var suite = _profile!.Value;
        var exported = context.ExportKeyingMaterial(
            DtlsSrtpProfile.ExporterLabel,
            null,
            DtlsSrtpProfile.ExportedBytes(suite)
        );
        var (client, server) = DtlsSrtpProfile.Split(suite, exported);
        Array.Clear(exported);
        Keys = context.IsServer ? new DtlsSrtpKeys(server, client) : new DtlsSrtpKeys(client, server);
    }

    public void OnAlert(short level, short description)
    {
        if (level == AlertLevel.fatal)
            FatalAlert = description;
        else if (description == AlertDescription.close_notify)
            IsClosedByPeer = true;
    }

    private TlsFatalAlert Fail(DtlsFailure failure, short alert, string detail)
    {
        Failure = new DtlsException(failure, detail);
        return new TlsFatalAlert(alert, detail);
    }
}
