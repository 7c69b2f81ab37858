namespace OCPlatform.Media.Sdp;

/// <summary>
/// The transport of an m-line: RTP/AVP (RFC 3551), with feedback AVPF (RFC 4585), with encryption SAVP (RFC 3711) and SAVPF
/// (RFC 5124), over DTLS UDP/TLS/RTP/SAVP(F) (RFC 5764).
/// </summary>
internal readonly record struct RtpProfile(bool Secure, bool Feedback, bool OverDtls)
{
    public static readonly RtpProfile Plain = new(false, false, false);

    /// <summary>What browsers speak (RFC 8834 §4.2).</summary>
    public static readonly RtpProfile Browser = new(true, true, true);

    public static bool TryRead(string protocol, out RtpProfile profile)
    {
        (var known, profile) = protocol switch
        {
            "RTP/AVP" => (true, Plain),
            "RTP/AVPF" => (true, Plain with { Feedback = true }),
            "RTP/SAVP" => (true, new RtpProfile(true, false, false)),
            "RTP/SAVPF" => (true, new RtpProfile(true, true, false)),
            "UDP/TLS/RTP/SAVP" => (true, new RtpProfile(true, false, true)),
            "UDP/TLS/RTP/SAVPF" => (true, Browser),
            _ => (false, Plain),
        };
        return known;
    }

    public override string ToString() =>
        $"{(OverDtls ? "UDP/TLS/" : "")}RTP/{(Secure ? "S" : "")}AVP{(Feedback ? "F" : "")}";
}
