namespace OCPlatform.Media.Srtp;

/// <summary>
/// Protection profiles as DTLS names them (RFC 5764 §4.1.2, RFC 7714 §14.2), and keys out of a handshake (RFC 5764 §4.2).
/// </summary>
public static class DtlsSrtpProfile
{
    /// <summary>The label to export keys under (RFC 5764 §4.2); there is no context.</summary>
    public const string ExporterLabel = "EXTRACTOR-dtls_srtp";

    /// <summary>The suites that DTLS has an id for, best first. AES-CM-256 is not among them.</summary>
    public static IReadOnlyList<SrtpSuite> Suites { get; } =
    [
        SrtpSuite.AeadAes256Gcm,
        SrtpSuite.AeadAes128Gcm,
        SrtpSuite.AesCm128HmacSha1Tag80,
        SrtpSuite.AesCm128HmacSha1Tag32,
    ];

    /// <summary>False for a profile that is not ours, the ones without encryption included.</summary>
    public static bool TryFromId(int id, out SrtpSuite suite)
    {
        SrtpSuite? known = id switch
        {
            0x0001 => SrtpSuite.AesCm128HmacSha1Tag80,
            0x0002 => SrtpSuite.AesCm128HmacSha1Tag32,
            0x0007 => SrtpSuite.AeadAes128Gcm,
            0x0008 => SrtpSuite.AeadAes256Gcm,
            _ => null,
        };
        suite = known.GetValueOrDefault();
        return known is not null;
    }

    /// <exception cref="ArgumentOutOfRangeException">The suite is not one of <see cref="Suites"/>.</exception>
    public static int Id(SrtpSuite suite) =>
        suite switch
        {
            SrtpSuite.AesCm128HmacSha1Tag80 => 0x0001,
            SrtpSuite.AesCm128HmacSha1Tag32 => 0x0002,
            SrtpSuite.AeadAes128Gcm => 0x0007,
            SrtpSuite.AeadAes256Gcm => 0x0008,
            _ => throw new ArgumentOutOfRangeException(nameof(suite)),
        };

    /// <summary>How many bytes to export for a suite: both keys and both salts.</summary>
    public static int ExportedBytes(SrtpSuite suite) => 2 * (suite.KeyBytes() + suite.SaltBytes());

    /// <summary>
    /// The keys of both directions: each side encrypts with those of its own role.
    /// <code>
    /// | client_write_key | server_write_key | client_write_salt | server_write_salt |
    /// </code>
    /// </summary>
    /// <exception cref="ArgumentException">Not <see cref="ExportedBytes"/> long.</exception>
    public static (SrtpKeys Client, SrtpKeys Server) Split(SrtpSuite suite, ReadOnlySpan<byte> exported)
    {
        if (exported.Length != ExportedBytes(suite))
            throw new ArgumentException($"{suite} takes {ExportedBytes(suite)} bytes.");
        var (key, salt) = (suite.KeyBytes(), suite.SaltBytes());
        var salts = exported[(2 * key)..];
        return (
            new SrtpKeys(suite, exported[..key], salts[..salt]),
            new SrtpKeys(suite, exported.Slice(key, key), salts[salt..])
        );
    }
}
