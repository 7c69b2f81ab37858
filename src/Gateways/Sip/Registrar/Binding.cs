using System.Net;
using System.Text.Json.Serialization;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>One contact of an address-of-record, with the flow it was registered over.</summary>
public sealed record Binding
{
    private SipUri? _uri;

    /// <summary>The Contact URI as text.</summary>
    public required string Contact { get; init; }

    /// <summary>Preference in thousandths (RFC 3261 §20.10).</summary>
    public int QThousandths { get; init; } = 1_000;

    /// <summary>When the device last sent a REGISTER for it.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Call-ID and CSeq of the REGISTER, for the order of later ones.</summary>
    public required string CallId { get; init; }

    public required uint CSeq { get; init; }

    /// <summary>The +sip.instance of the device, quotes and brackets kept (RFC 5626 §4.1).</summary>
    public string? InstanceId { get; init; }

    /// <summary>Which of the device's flows; null without an instance.</summary>
    public int? RegId { get; init; }

    /// <summary>Registered by the procedures of RFC 5626: the flow is the only way to the device.</summary>
    public bool Outbound { get; init; }

    /// <summary>Path values, first hop from here first (RFC 3327).</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    public required string Transport { get; init; }

    /// <summary>Where the REGISTER really came from, "ip:port".</summary>
    public required string Remote { get; init; }

    /// <summary>The device itself sent it to us; false when a proxy stands between.</summary>
    public bool Direct { get; init; } = true;

    /// <summary>The flow is connection-oriented.</summary>
    public bool Connected { get; init; }

    /// <summary>The connection of a connection-oriented flow is still open.</summary>
    public bool FlowAlive { get; init; } = true;

    public string? UserAgent { get; init; }

    [JsonIgnore]
    public SipUri Uri => _uri ??= SipUri.Parse(Contact);

    [JsonIgnore]
    public SipDestination Flow => new(Transport, IPEndPoint.Parse(Remote));

    /// <summary>Something sent to it now has a chance to arrive.</summary>
    [JsonIgnore]
    public bool Reachable => !Direct || !Connected || FlowAlive || TakesConnections;

    /// <summary>Where to send; null where RFC 3263 decides by Path or Contact.</summary>
    [JsonIgnore]
    public SipDestination? Destination =>
        !Direct ? null
        : Connected && !FlowAlive ? SipDestination.FromUri(Uri)
        : Flow;

    public RegisteredContact ToContact() => new(Uri, Destination, Path, QThousandths / 1000.0, InstanceId, ExpiresAt);

    /// <summary>
    /// Its Contact names the address it registered from, so it is behind no NAT and a new connection can be made. Browsers
    /// take none (RFC 7118 §5), and with outbound the flow is the only way.
    /// </summary>
    private bool TakesConnections =>
        !Outbound
        && Transport is "TCP" or "TLS"
        && SipDestination.FromUri(Uri) is { } contact
        && contact.EndPoint.Address.Equals(Flow.EndPoint.Address);
}
