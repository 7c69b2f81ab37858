using System.Globalization;

namespace OCPlatform.Media.Sdp;

/// <summary>
/// ICE in descriptions (RFC 8839). We are lite: we name one host candidate and leave the checks to the peer. Only with
/// rtcp-mux, so that there is one component.
/// </summary>
internal static class IceAttributes
{
    public const string Lite = "ice-lite";
    public const string Ufrag = "ice-ufrag";
    public const string Password = "ice-pwd";
    public const string Candidate = "candidate";

    // RFC 8445 §5.1.2.1: type preference of host, local preference of the only address, component 1.
    private const uint HostPriority = (126u << 24) | (65535u << 8) | 255;

    /// <summary>
    /// Both sides' credentials, or null for no ICE: the peer has none, is lite as well (then nobody would check), or keeps
    /// RTCP apart.
    /// </summary>
    public static IceCredentials? Agree(
        SessionDescription theirs,
        MediaDescription audio,
        bool rtcpMux,
        LocalSecrets? secrets
    )
    {
        if (secrets is null || !rtcpMux || SdpAttributes.Find(theirs.Attributes, Lite) is not null)
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

    /// <summary>Our credentials and candidate.</summary>
    public static IEnumerable<SdpAttribute> Describe(string ufrag, string password, string address, int port)
    {
        yield return new SdpAttribute(Ufrag, ufrag);
        yield return new SdpAttribute(Password, password);
        yield return new SdpAttribute(
            Candidate,
            string.Create(CultureInfo.InvariantCulture, $"1 1 UDP {HostPriority} {address} {port} typ host")
        );
        yield return new SdpAttribute("end-of-candidates");
    }

    private static string? Find(SessionDescription description, MediaDescription media, string name) =>
        SdpAttributes.Find(media.Attributes, name)?.Value ?? SdpAttributes.Find(description.Attributes, name)?.Value;
}
