using System.Net;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>One trunk, ready to match.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Networks">Source networks; empty matches every source.</param>
/// <param name="Username">Digest user; null when none is asked for.</param>
public sealed record Trunk(string Name, IReadOnlyList<IPNetwork> Networks, string? Username, string? Password)
{
    public bool NeedsCredentials => Username is not null;

    /// <summary>As configured: what it may do on its way in.</summary>
    public TrunkOptions Options { get; init; } = new();

    public bool Covers(IPAddress source) => Networks.Count == 0 || Networks.Any(n => n.Contains(source));
}

/// <summary>The trunks in the order of the configuration: those that may call in, and those that calls go out over.</summary>
public sealed class Trunks
{
    // RFC 1918, RFC 4193, loopback and link-local: who calls from there is in the same house.
    private static readonly string[] PrivateNetworks =
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ];

    private readonly IReadOnlyList<Trunk> _trunks;
    private readonly Dictionary<string, Trunk> _byContactUser = [];

    /// <exception cref="ArgumentException">An address that cannot be read, a trunk open to everyone, or another fault of one.</exception>
    /// <param name="options">As configured.</param>
    /// <param name="openToPrivateNetworks">Without any trunk, callers from private networks are let in.</param>
    public Trunks(IReadOnlyList<TrunkOptions> options, bool openToPrivateNetworks = true)
    {
        Settings = [.. options.Select(TrunkSettings.From)];
        foreach (var trunk in Settings.Where(trunk => trunk.ContactUser is not null))
        {
            _byContactUser[trunk.ContactUser!] = TrunkOf(trunk);
        }
        _trunks =
            options.Count == 0 && openToPrivateNetworks
                ? [new Trunk("private-network", [.. PrivateNetworks.Select(n => IPNetwork.Parse(n))], null, null)]
                : [.. Settings.Where(AdmitsByItself).Select(TrunkOf)];
    }

    /// <summary>The trunks that may call in by what they are, not by their registration alone.</summary>
    public IReadOnlyList<Trunk> All => _trunks;

    /// <summary>Every configured trunk.</summary>
    public IReadOnlyList<TrunkSettings> Settings { get; }

    /// <summary>The trunks that cover the source, first match first.</summary>
    public IEnumerable<Trunk> Covering(IPAddress source)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        return _trunks.Where(t => t.Covers(address));
    }

    /// <summary>
    /// The trunk whose registered Contact a request is for; it needs no credentials, since only the registrar knows that
    /// Contact. A trunk with addresses takes it from those alone.
    /// </summary>
    public Trunk? RegisteredAs(SipUri requestUri, IPAddress source)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        return requestUri.User is { } user && _byContactUser.TryGetValue(user, out var trunk) && trunk.Covers(address)
            ? trunk
            : null;
    }

    /// <summary>Whether a request for a registered Contact could come from there.</summary>
    public bool MayBeRegisteredFrom(IPAddress source)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        return _byContactUser.Values.Any(trunk => trunk.Covers(address));
    }

    /// <summary>One that is known by its registration alone would cover everybody.</summary>
    private static bool AdmitsByItself(TrunkSettings trunk) =>
        trunk.IsInbound
        && (trunk.Networks.Count > 0 || trunk.AskedCredentials is not null || trunk.Options.CertificateNames.Count > 0);

    private static Trunk TrunkOf(TrunkSettings trunk) =>
        new(trunk.Name, trunk.Networks, trunk.AskedCredentials?.Username, trunk.AskedCredentials?.Password)
        {
            Options = trunk.Options,
        };
}
