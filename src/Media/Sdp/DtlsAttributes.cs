using System.Text.RegularExpressions;

namespace OCPlatform.Media.Sdp;

/// <summary>a=fingerprint (RFC 8122) and a=setup (RFC 4145, RFC 5763), of the m-line or else of the session.</summary>
internal static partial class DtlsAttributes
{
    public const string FingerprintName = "fingerprint";
    public const string SetupName = "setup";
    private const int MostFingerprints = 8;

    /// <summary>Well-formed ones with hashes of today's strength; each stands for a certificate that the peer may show.</summary>
    public static IReadOnlyList<DtlsFingerprint> Fingerprints(SessionDescription description, MediaDescription media)
    {
        var own = Read(media.Attributes);
        return own.Count > 0 ? own : Read(description.Attributes);
    }

    public static string? Setup(SessionDescription description, MediaDescription media) =>
        SdpAttributes.Find(media.Attributes, SetupName)?.Value
        ?? SdpAttributes.Find(description.Attributes, SetupName)?.Value;

    private static List<DtlsFingerprint> Read(IReadOnlyList<SdpAttribute> attributes)
    {
        var fingerprints = new List<DtlsFingerprint>();
        foreach (var attribute in attributes)
        {
            if (attribute.Name != FingerprintName || attribute.Value is not { } value)
                continue;
            if (Pattern().Match(value) is not { Success: true } match || fingerprints.Count == MostFingerprints)
                continue;
            var algorithm = match.Groups[1].Value.ToLowerInvariant();
            if (match.Groups[2].Length == HexLength(algorithm))
                fingerprints.Add(new DtlsFingerprint(algorithm, match.Groups[2].Value.ToUpperInvariant()));
        }

        return fingerprints;
    }

    /// <summary>Hex pairs with colons between them; 0 for hashes that are not taken (RFC 8122 §5: no MD5, no SHA-1).</summary>
    private static int HexLength(string algorithm) =>
        algorithm switch
        {
            "sha-256" => 32 * 3 - 1,
            "sha-384" => 48 * 3 - 1,
            "sha-512" => 64 * 3 - 1,
            _ => 0,
        };

    [GeneratedRegex("^([A-Za-z0-9-]{3,10}) +((?:[0-9A-Fa-f]{2}:){1,63}[0-9A-Fa-f]{2})$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
