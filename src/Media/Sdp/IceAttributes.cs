using System.Globalization;

namespace OCPlatform.Media.Sdp;

/// <summary>
/// ICE in descriptions (RFC 8839). We are lite: we name one host candidate for each component and leave the checks to the
/// peer. With rtcp-mux there is one component; an offer has to name both, since the peer may not have it (RFC 5761 §5.1.3).
/// </summary>
internal static class IceAttributes
{
    public const string Lite = "ice-lite";
    public const string Ufrag = "ice-ufrag";
    public const string Password = "ice-pwd";
    public const string Candidate = "candidate";

    // RFC 8445 §5.1.2.1: type preference of host, local preference of the only address, 256 less the component.
    private const uint HostPriority = (126u << 24) + (65535u << 8) + 256;

    /// <summary>
    /// Both sides' credentials, or null for no ICE: the peer has none, or is lite as well (then nobody would check).
    /// </summary>
    public static IceCredentials? Agree(SessionDescription theirs, MediaDescription audio, LocalSecrets? secrets)
    {
        if (secrets is null || SdpAttributes.Find(theirs.Attributes, Lite) is not null)
            return null;
        var ufrag = Find(theirs, audio, Ufrag);
        var password = Find(theirs, audio, Password);
        // RFC 8839 §5.4: 4 to 256 and 22 to 256 characters.
        if (ufrag is not { Length: >= 4 and <= 256 } || password is not { Length: >= 22 and <= 256 })
            return null;
        return new IceCredentials
        {
            LocalUfrag = secrets.IceUfrag,
            LocalPassword = secrets.IcePassword,
            RemoteUfrag = ufrag,
            RemotePassword = password,
        };
    }

    /// <summary>Our credentials and candidates.</summary>
    /// <param name="port">Of RTP; RTCP is one above.</param>
    /// <param name="components">1, or 2 where RTCP may be apart.</param>
    public static IEnumerable<SdpAttribute> Describe(
        string ufrag,
        string password,
        string address,
        int port,
        int components
    )
    {
        yield return new SdpAttribute(Ufrag, ufrag);
        yield return new SdpAttribute(Password, password);
        for (var component = 1; component <= components; component++)
        {
            yield return new SdpAttribute(
                Candidate,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"1 {component} UDP {HostPriority - (uint)component} {address} {port + component - 1} typ host"
                )
            );
        }

        yield return new SdpAttribute("end-of-candidates");
    }

    private static string? Find(SessionDescription description, MediaDescription media, string name) =>
        SdpAttributes.Find(media.Attributes, name)?.Value ?? SdpAttributes.Find(description.Attributes, name)?.Value;
}
