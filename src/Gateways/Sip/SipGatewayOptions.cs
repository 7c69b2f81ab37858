using System.ComponentModel.DataAnnotations;
using OCPlatform.Gateways.Sip.Listeners;

namespace OCPlatform.Gateways.Sip;

/// <summary>Where the node takes SIP, from whom, and how much.</summary>
public sealed class SipGatewayOptions
{
    /// <summary>Address that SIP is received on; 0.0.0.0 for every IPv4 interface.</summary>
    [Required]
    public string BindAddress { get; set; } = "0.0.0.0";

    /// <summary>UDP and TCP port.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 5060;

    /// <summary>Address written into Contact and Via when it differs from the bound one (NAT, Kubernetes). Empty: found by route.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>Every address that SIP is received on. Empty: UDP and TCP on sip.bindAddress and sip.port.</summary>
    public List<SipListenerOptions> Listeners { get; set; } = [];

    /// <summary>TLS of the listeners, and of connections to carriers.</summary>
    public SipTlsOptions Tls { get; set; } = new();

    /// <summary>Limits of TCP, TLS and WebSocket connections.</summary>
    public SipConnectionOptions Connections { get; set; } = new();

    /// <summary>How domains of SIP URIs are looked up.</summary>
    public SipDnsOptions Dns { get; set; } = new();

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
}
