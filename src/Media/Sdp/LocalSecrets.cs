using System.Security.Cryptography;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Sdp;

/// <summary>
/// What one leg's descriptions need from chance: SDES keys, ICE credentials; and the node's DTLS fingerprint. Each is
/// drawn when it is first needed and stays for the life of the leg, so that a re-INVITE changes no key. Not thread-safe.
/// </summary>
/// <param name="fingerprint">Null: no DTLS.</param>
public sealed class LocalSecrets(DtlsFingerprint? fingerprint)
{
    // RFC 8445 §5.3: at least 24 and 128 bits; an ICE character has six.
    private const int UfragCharacters = 8;
    private const int PasswordCharacters = 24;
    private const string IceCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private readonly SrtpKeys?[] _keys = new SrtpKeys?[Enum.GetValues<SrtpSuite>().Length];
    private string? _ufrag;
    private string? _password;

    /// <summary>Suites that our offers name, best first. GCM costs the least; SHA1-80 is what every phone has.</summary>
    public static IReadOnlyList<SrtpSuite> OfferedSuites { get; } =
    [
        SrtpSuite.AeadAes128Gcm,
        SrtpSuite.AesCm128HmacSha1Tag80,
        SrtpSuite.AeadAes256Gcm,
        SrtpSuite.AesCm256HmacSha1Tag80,
    ];

    public DtlsFingerprint? Fingerprint { get; } = fingerprint;

    public string IceUfrag => _ufrag ??= RandomNumberGenerator.GetString(IceCharacters, UfragCharacters);

    public string IcePassword => _password ??= RandomNumberGenerator.GetString(IceCharacters, PasswordCharacters);

    /// <summary>The keys that we encrypt with under this suite.</summary>
    public SrtpKeys KeysFor(SrtpSuite suite) => _keys[(int)suite] ??= SrtpKeys.Create(suite);
}
