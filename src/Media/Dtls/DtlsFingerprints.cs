using System.Security.Cryptography;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Dtls;

/// <summary>Fingerprints of certificates (RFC 8122 §5). MD5 and SHA-1, which the RFC still lists, prove nothing and match nothing.</summary>
internal static class DtlsFingerprints
{
    /// <summary>Null for an algorithm that is not accepted.</summary>
    /// <param name="certificate">DER.</param>
    public static DtlsFingerprint? Of(ReadOnlySpan<byte> certificate, string algorithm)
    {
        var digest = algorithm.ToLowerInvariant() switch
        {
            "sha-256" => SHA256.HashData(certificate),
            "sha-384" => SHA384.HashData(certificate),
            "sha-512" => SHA512.HashData(certificate),
            _ => null,
        };
        return digest is null
            ? null
            : new DtlsFingerprint(
                algorithm.ToLowerInvariant(),
                string.Join(':', digest.Select(static b => b.ToString("X2")))
            );
    }

    /// <summary>Whether the certificate is one of those that the peer's description names.</summary>
    public static bool Match(IReadOnlyList<DtlsFingerprint> expected, ReadOnlySpan<byte> certificate)
    {
        foreach (var fingerprint in expected)
        {
            if (
                Of(certificate, fingerprint.Algorithm) is { } actual
                && actual.Value.Equals(fingerprint.Value, StringComparison.OrdinalIgnoreCase)
            )
                return true;
        }

        return false;
    }
}
