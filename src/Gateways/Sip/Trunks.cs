using System.Net;

namespace OCPlatform.Gateways.Sip;

/// <summary>One trunk, ready to match.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Networks">Source networks; empty matches every source.</param>
/// <param name="Username">Digest user; null when none is asked for.</param>
public sealed record Trunk(string Name, IReadOnlyList<IPNetwork> Networks, string? Username, string? Password)
{
    /// <summary>As configured: what it may do on its way in.</summary>
    public TrunkOptions Options { get; init; } = new();

    public bool NeedsCredentials => Username is not null;

    public bool Covers(IPAddress source) => Networks.Count == 0 || Networks.Any(n => n.Contains(source));
}

/// <summary>The trunks that may call in, in the order of the configuration.</summary>
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

    /// <exception cref="ArgumentException">An address that cannot be read, or a trunk open to everyone.</exception>
    /// <param name="options">As configured.</param>
    /// <param name="openToPrivateNetworks">Without any trunk, callers from private networks are let in.</param>
    public Trunks(IReadOnlyList<TrunkOptions> options, bool openToPrivateNetworks = true)
    {
        _trunks =
            options.Count == 0 && openToPrivateNetworks
                ? [new Trunk("private-network", [.. PrivateNetworks.Select(n => IPNetwork.Parse(n))], null, null)]
                : [.. options.Select(Read)];
    }

    /// <summary>The trunks that may call in.</summary>
    public IReadOnlyList<Trunk> All => _trunks;

    /// <summary>The trunks that cover the source, first match first.</summary>
    public IEnumerable<Trunk> Covering(IPAddress source)
    {
        var address = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        return _trunks.Where(t => t.Covers(address));
    }

    private static Trunk Read(TrunkOptions options)
    {
        if (options.Addresses.Count == 0 && options.Username.Length == 0 && options.CertificateNames.Count == 0)
        {
            throw new ArgumentException(
                $"sip.trunks: '{options.Name}' has neither addresses, certificate names nor a username; it would admit everyone."
            );
        }
        if (options.Username.Length > 0 && options.Password.Length == 0)
        {
            throw new ArgumentException($"sip.trunks: '{options.Name}' has a username but no password.");
        }
        return new Trunk(
            options.Name,
            [.. options.Addresses.Select(a => ReadNetwork(options.Name, a))],
            options.Username.Length > 0 ? options.Username : null,
            options.Password.Length > 0 ? options.Password : null
        )
        {
            Options = options,
        };
    }

    private static IPNetwork ReadNetwork(string trunk, string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            return network;
        }
        return IPAddress.TryParse(text, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : throw new ArgumentException($"sip.trunks: '{trunk}': '{text}' is neither an address nor a network.");
    }
}
