using System.ComponentModel.DataAnnotations;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Gateways.Sip.Messaging;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Gateways.Sip.Subscriptions;

namespace OCPlatform.Gateways.Sip;

/// <summary>Where the node takes SIP, from whom, and how much.</summary>
public sealed class SipGatewayOptions : IValidatableObject
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
    /// Carriers, PBXs and groups of phones: who may call, and over whom calls go out. The first that fits an INVITE takes it.
    /// Without any, callers from private and loopback addresses are let in and all others refused.
    /// </summary>
    public List<TrunkOptions> Trunks { get; set; } = [];

    /// <summary>Phones and browsers that register here. With any, callers need a trunk or a password.</summary>
    public List<SipUserOptions> Users { get; set; } = [];

    /// <summary>How phones and browsers of `users` register.</summary>
    public RegistrarOptions Registrar { get; set; } = new();

    /// <summary>Texts that phones send by MESSAGE: who answers them, and how many.</summary>
    public SipMessagingOptions Messaging { get; set; } = new();

    /// <summary>Who may watch the calls of an agent or number (busy lamps), and how many.</summary>
    public SubscriptionOptions Subscriptions { get; set; } = new();

    /// <summary>What the door lets in, and how often.</summary>
    public SipAdmissionOptions Admission { get; set; } = new();

    /// <summary>Calls that the platform places, over trunks and to phones.</summary>
    public OutboundOptions Outbound { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext context) =>
        Trunks
            .GroupBy(trunk => trunk.Name, StringComparer.OrdinalIgnoreCase)
            .Where(group => group.Count() > 1)
            .Select(group => new ValidationResult($"two trunks are named '{group.Key}'.", [nameof(Trunks)]));
}
