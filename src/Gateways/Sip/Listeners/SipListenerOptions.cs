using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>How a listener carries SIP.</summary>
public enum SipListenerTransport
{
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

/// <summary>One address that SIP is received on.</summary>
public sealed class SipListenerOptions : IValidatableObject
{
    /// <summary>udp, tcp, tls (SIP over TLS), ws or wss (SIP over WebSocket, for browsers).</summary>
    public SipListenerTransport Transport { get; set; }

    /// <summary>Address to bind; 0.0.0.0 for every IPv4 interface, "::" for every IPv6 one.</summary>
    [Required]
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>Port to bind. Not set: 5060 for udp and tcp, 5061 for tls; ws and wss need one.</summary>
    [Range(1, 65535)]
    public int? Port { get; set; }

    /// <summary>Address written into Contact and Via when it differs from the bound one (NAT, Kubernetes). Empty: sip.advertisedAddress.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>Port written into Contact and Via when it differs from the bound one. Not set: the bound one.</summary>
    [Range(1, 65535)]
    public int? AdvertisedPort { get; set; }

    /// <summary>For ws and wss: origins of the pages that may connect ("https://app.example.com"). Empty: all.</summary>
    public List<string> AllowedOrigins { get; set; } = [];

    internal bool IsSecure => Transport is SipListenerTransport.Tls or SipListenerTransport.Wss;

    internal bool IsWebSocket => Transport is SipListenerTransport.Ws or SipListenerTransport.Wss;

    internal IPEndPoint Bind =>
        new(IPAddress.Parse(Address), Port ?? (Transport == SipListenerTransport.Tls ? 5061 : 5060));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            yield return new ValidationResult($"'{Address}' is no IP address.", [nameof(Address)]);
        }
        if (AdvertisedAddress.Length > 0 && !IPAddress.TryParse(AdvertisedAddress, out _))
        {
            yield return new ValidationResult($"'{AdvertisedAddress}' is no IP address.", [nameof(AdvertisedAddress)]);
        }
        if (IsWebSocket && Port is null)
        {
            yield return new ValidationResult(
                $"{Transport.ToString().ToLowerInvariant()} has no usual port; set one.",
                [nameof(Port)]
            );
        }
    }
}
