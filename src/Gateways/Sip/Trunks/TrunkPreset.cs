namespace OCPlatform.Gateways.Sip;

/// <summary>What a carrier publishes about its trunks, as the start of a trunk's settings. What is configured wins.</summary>
internal sealed record TrunkPreset
{
    /// <summary>Networks that the carrier signals from.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Host in From and Request-URI; empty when each account has one of its own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>How an account's own host reads, for the fault that asks for it.</summary>
    public string DomainExample { get; init; } = "";

    public TrunkTransport? Transport { get; init; }

    public IReadOnlyList<string> Codecs { get; init; } = [];

    public NumberFormat Numbers { get; init; } = NumberFormat.AsGiven;

    public bool AssertIdentity { get; init; }

    public bool TrustIdentity { get; init; }

    public int? SessionTimerSeconds { get; init; }

    /// <summary>Whether an account with a user name registers; one without is known by its address.</summary>
    public bool RegistersWithCredentials { get; init; }

    public static TrunkPreset Of(TrunkPresetName name) =>
        name switch
        {
            TrunkPresetName.Twilio => Twilio,
            TrunkPresetName.Vonage => Vonage,
            TrunkPresetName.Telnyx => Telnyx,
            _ => Generic,
        };

    private static readonly TrunkPreset Generic = new();

    // "IP Addresses for Elastic SIP Trunking Services" (twilio.com/docs/sip-trunking/ip-addresses) and "Elastic SIP Trunking"
    // (twilio.com/docs/sip-trunking), both as of July 2026: regional signalling gateways, all of which must be allowed;
    // calls out go to the trunk's own termination URI, NAME.pstn.twilio.com or a localised one, in E.164 with a plus, and
    // are admitted by an address list or by digest. Twilio offers no registration for trunks. PCMU is the codec of the network.
    private static readonly TrunkPreset Twilio = new()
    {
        Addresses =
        [
            "54.172.60.0/30", // North America, Virginia
            "54.244.51.0/30", // North America, Oregon
            "54.171.127.192/30", // Europe, Ireland
            "35.156.191.128/30", // Europe, Frankfurt
            "54.65.63.192/30", // Asia Pacific, Tokyo
            "54.169.127.128/30", // Asia Pacific, Singapore
            "54.252.254.64/30", // Asia Pacific, Sydney
            "177.71.206.192/30", // South America, São Paulo
        ],
        DomainExample = "example.pstn.twilio.com",
        Transport = TrunkTransport.Udp,
        Codecs = ["PCMU", "PCMA"],
        Numbers = NumberFormat.Plus,
        TrustIdentity = true,
    };

    // "Technical Details" of Vonage SIP Trunking (developer.vonage.com/en/sip/technical-details), 2026: INVITEs go to the
    // account's own domain below the regional host, such as example.sip-us.vonage.com, with digest or an address list;
    // numbers in E.164, the caller's in From; G.711 among the codecs. The signalling addresses are those that "BYOC IP
    // allow list" (cloud.google.com/contact-center/ccai-platform/docs/byoc-ip-allow-list, 2026) gives for Vonage.
    private static readonly TrunkPreset Vonage = new()
    {
        Addresses = [.. Enumerable.Range(0, 6).SelectMany(site => new[] { $"216.147.{site}.1", $"216.147.{site}.2" })],
        DomainExample = "example.sip-us.vonage.com",
        Transport = TrunkTransport.Udp,
        Codecs = ["PCMU", "PCMA"],
        Numbers = NumberFormat.Digits,
        TrustIdentity = true,
    };

    // "SIP Info" (sip.telnyx.com), 2026: two proxies in each region; NAPTR and SRV of the regional name lead to both, so that the
    // transport is left to DNS. "Authentication methods" (developers.telnyx.com/docs/voice/sip-trunking/authentication/
    // credential-types), 2026: a credentials connection registers, an IP connection is known by its address; +E.164.
    private static readonly TrunkPreset Telnyx = new()
    {
        Addresses =
        [
            "192.76.120.10", // US
            "64.16.250.10",
            "185.246.41.140", // Europe
            "185.246.41.141",
            "103.115.244.145", // Australia
            "103.115.244.146",
            "192.76.120.31", // Canada
            "64.16.250.13",
            "103.115.244.158", // Asia
            "103.115.244.159",
        ],
        Domain = "sip.telnyx.com",
        Codecs = ["PCMU", "PCMA"],
        Numbers = NumberFormat.Plus,
        AssertIdentity = true,
        TrustIdentity = true,
        RegistersWithCredentials = true,
    };
}
