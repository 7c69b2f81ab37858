namespace OCPlatform.Media.Srtp;

/// <summary>Protection profiles of SRTP, best first within their kind.</summary>
public enum SrtpSuite
{
    /// <summary>AEAD_AES_256_GCM (RFC 7714).</summary>
    AeadAes256Gcm,

    /// <summary>AEAD_AES_128_GCM (RFC 7714).</summary>
    AeadAes128Gcm,

    /// <summary>AES_256_CM_HMAC_SHA1_80 (RFC 6188).</summary>
    AesCm256HmacSha1Tag80,

    /// <summary>AES_CM_128_HMAC_SHA1_80 (RFC 3711, RFC 4568).</summary>
    AesCm128HmacSha1Tag80,

    /// <summary>AES_256_CM_HMAC_SHA1_32 (RFC 6188).</summary>
    AesCm256HmacSha1Tag32,

    /// <summary>AES_CM_128_HMAC_SHA1_32 (RFC 3711, RFC 4568).</summary>
    AesCm128HmacSha1Tag32,
}

/// <summary>Names and sizes of the profiles.</summary>
public static class SrtpSuites
{
    /// <summary>The name in a=crypto (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2).</summary>
    public static string SdesName(this SrtpSuite suite) =>
        suite switch
        {
            SrtpSuite.AeadAes256Gcm => "AEAD_AES_256_GCM",
            SrtpSuite.AeadAes128Gcm => "AEAD_AES_128_GCM",
            SrtpSuite.AesCm256HmacSha1Tag80 => "AES_256_CM_HMAC_SHA1_80",
            SrtpSuite.AesCm128HmacSha1Tag80 => "AES_CM_128_HMAC_SHA1_80",
            SrtpSuite.AesCm256HmacSha1Tag32 => "AES_256_CM_HMAC_SHA1_32",
            SrtpSuite.AesCm128HmacSha1Tag32 => "AES_CM_128_HMAC_SHA1_32",
            _ => throw new ArgumentOutOfRangeException(nameof(suite)),
        };

    /// <summary>Length of the master key, in bytes.</summary>
    public static int KeyBytes(this SrtpSuite suite) =>
        suite is SrtpSuite.AeadAes256Gcm or SrtpSuite.AesCm256HmacSha1Tag80 or SrtpSuite.AesCm256HmacSha1Tag32
            ? 32
            : 16;

    /// <summary>Length of the master salt, in bytes.</summary>
    public static int SaltBytes(this SrtpSuite suite) =>
        suite is SrtpSuite.AeadAes256Gcm or SrtpSuite.AeadAes128Gcm ? 12 : 14;
}
