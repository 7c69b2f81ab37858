using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Gateways.Sip;

/// <summary>Where the node takes SIP, from whom, and how much.</summary>
public sealed class SipGatewayOptions
{
    /// <summary>Address that SIP is received on; 0.0.0.0 for every IPv4 interface.</summary>
    [Required]
    public string BindAddress { get; set; } = "0.0.0.0";

    /// <summary>UDP port.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 5060;

    /// <summary>Address written into Contact and Via when it differs from the bound one (NAT, Kubernetes). Empty: found by route.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>Calls at once on this node; one more INVITE gets 503 with Retry-After.</summary>
    [Range(1, 100_000)]
    public int MaxCalls { get; set; } = 500;

    /// <summary>What Retry-After says when the node is full, in s.</summary>
    [Range(1, 3600)]
    public int RetryAfterSeconds { get; set; } = 10;

    /// <summary>Digest realm.</summary>
    [Required]
    public string Realm { get; set; } = "ocplatform";

    /// <summary>
    /// Who may call. The first trunk that fits an INVITE takes it. Without any, callers from private and loopback
    /// addresses are let in and all others refused.
    /// </summary>
    public List<TrunkOptions> Trunks { get; set; } = [];

    /// <summary>Phones and browsers that register here. With any, callers need a trunk or a password.</summary>
    public List<SipUserOptions> Users { get; set; } = [];

    /// <summary>What the door lets in, and how often.</summary>
    public SipAdmissionOptions Admission { get; set; } = new();
}

/// <summary>One carrier, PBX or group of phones.</summary>
public sealed class TrunkOptions
{
    /// <summary>Its name in logs, records and metrics.</summary>
    [Required]
    public string Name { get; set; } = "";

    /// <summary>Addresses it calls from: "203.0.113.7" or "203.0.113.0/24". Empty: from anywhere, then credentials are needed.</summary>
    public List<string> Addresses { get; set; } = [];

    /// <summary>User name of its digest credentials; empty when the address alone admits it.</summary>
    public string Username { get; set; } = "";

    /// <summary>Password of its digest credentials. Secret: prefer the environment.</summary>
    public string Password { get; set; } = "";

    /// <summary>Names, one of which a TLS client's verified certificate must carry. Empty: none is asked for.</summary>
    public List<string> CertificateNames { get; set; } = [];

    /// <summary>Calls in at once over this trunk; 0 for no limit but the node's.</summary>
    [Range(0, 100_000)]
    public int MaxCalls { get; set; }

    /// <summary>Calls in a second over this trunk; 0 for no limit.</summary>
    [Range(0, 10_000)]
    public int MaxCallsPerSecond { get; set; }

    /// <summary>Its calls are taken even when the node is too busy for others, such as emergency calls.</summary>
    public bool NeverShed { get; set; }
}
