using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.Sip.Authentication;

/// <summary>Hash of the digest scheme (RFC 7616, RFC 8760).</summary>
public enum DigestAlgorithm
{
    Md5,
    Sha256,
    Sha512T256,
}

/// <summary>The sums of RFC 7616 §3.4.</summary>
public static class Digest
{
    /// <summary>The algorithm's name on the wire.</summary>
    public static string NameOf(DigestAlgorithm algorithm) =>
        algorithm switch
        {
            DigestAlgorithm.Md5 => "MD5",
            DigestAlgorithm.Sha256 => "SHA-256",
            _ => "SHA-512-256",
        };

    /// <summary>H(username ":" realm ":" password) in lower-case hex: what a password store should hold instead of passwords.</summary>
    public static string Ha1(DigestAlgorithm algorithm, string username, string realm, string password) =>
        Hash(algorithm, $"{username}:{realm}:{password}");

    /// <summary>The response value for qop=auth or auth-int, or without qop when <paramref name="qop"/> is null (RFC 2069).</summary>
    /// <param name="body">Of the message: auth-int protects it too.</param>
    public static string Response(
        DigestAlgorithm algorithm,
        string ha1,
        string method,
        string uri,
        string nonce,
        string? qop = null,
        string? nonceCount = null,
        string? clientNonce = null,
        ReadOnlySpan<byte> body = default
    )
    {
        var ha2 = Hash(algorithm, qop == "auth-int" ? $"{method}:{uri}:{Hex(algorithm, body)}" : $"{method}:{uri}");
        return qop is null
            ? Hash(algorithm, $"{ha1}:{nonce}:{ha2}")
            : Hash(algorithm, $"{ha1}:{nonce}:{nonceCount}:{clientNonce}:{qop}:{ha2}");
    }

    internal static bool TryParseAlgorithm(string? name, out DigestAlgorithm algorithm)
    {
        // Without a name it is MD5 (RFC 7616 §3.3).
        algorithm = DigestAlgorithm.Md5;
        if (name is null)
        {
            return true;
        }
        foreach (var known in Enum.GetValues<DigestAlgorithm>())
        {
            if (name.Equals(NameOf(known), StringComparison.OrdinalIgnoreCase))
            {
                algorithm = known;
                return true;
            }
        }
        return false;
    }

    private static string Hash(DigestAlgorithm algorithm, string text) => Hex(algorithm, Encoding.UTF8.GetBytes(text));

    private static string Hex(DigestAlgorithm algorithm, ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(
            algorithm switch
            {
                DigestAlgorithm.Md5 => MD5.HashData(bytes),
                DigestAlgorithm.Sha256 => SHA256.HashData(bytes),
                _ => Sha512T256.HashData(bytes),
            }
        );
}
