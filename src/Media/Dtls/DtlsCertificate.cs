using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Dtls;

/// <summary>
/// The node's self-signed certificate (ECDSA P-256, RFC 8827 §6.5): made at start, kept in memory only. Peers do not
/// trust it, they compare it with the fingerprint that the signalling carried.
/// </summary>
public sealed class DtlsCertificate : IDisposable
{
    private readonly ECDsa _key;

    private DtlsCertificate(ECDsa key, byte[] encoded)
    {
        _key = key;
        Encoded = encoded;
        Fingerprint = DtlsFingerprints.Of(encoded, "sha-256")!;
    }

    /// <summary>sha-256, for a=fingerprint (RFC 8122 §5).</summary>
    public DtlsFingerprint Fingerprint { get; }

    /// <summary>DER.</summary>
    internal byte[] Encoded { get; }

    public static DtlsCertificate Create(TimeProvider time)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The name tells nothing about the node: anyone who places a call sees it.
        var request = new CertificateRequest("CN=media", key, HashAlgorithmName.SHA256);
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        return new DtlsCertificate(key, certificate.RawData);
    }

    /// <summary>An ECDSA signature as TLS writes it (RFC 8422 §5.4): DER of r and s.</summary>
    internal byte[] Sign(ReadOnlySpan<byte> hash)
    {
        // .NET promises no concurrent use of a key; a signature takes 30 µs.
        lock (_key)
            return _key.SignHash(hash.ToArray(), DSASignatureFormat.Rfc3279DerSequence);
    }

    public void Dispose() => _key.Dispose();
}
