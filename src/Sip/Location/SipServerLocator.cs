using System.Net;
using System.Net.Sockets;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Location;

/// <summary>
/// Finds the servers for a URI (RFC 3263 §4): its transport by NAPTR or SRV, their order by SRV, their addresses by A and AAAA. Sans-IO but for the
/// resolver; thread-safe.
/// </summary>
public sealed class SipServerLocator(
    ISipNameResolver resolver,
    SipLocatorOptions options,
    TimeProvider? time = null,
    Random? random = null
)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Random _random = random ?? Random.Shared;

    /// <summary>A host to be asked for its addresses.</summary>
    private readonly record struct Candidate(string Transport, string Host, int Port);

    /// <summary>
    /// The destinations for a URI: the Request-URI, or the topmost Route of a loose router. Never throws for what DNS says or does not
    /// say; <see cref="SipLocation.Problem"/> tells.
    /// </summary>
    public async Task<SipLocation> LocateAsync(SipUri uri, CancellationToken cancellation = default)
    {
        if (!uri.IsSip)
        {
            return SipLocation.None($"a {uri.Scheme} URI names no SIP server");
        }
        var target = (uri.Parameters["maddr"] ?? uri.Host).TrimEnd('.').ToLowerInvariant();
        var transport = TransportOf(uri);
        if (transport is not null && !options.Transports.Contains(transport))
        {
            return SipLocation.None($"there is no {transport} here");
        }
        if (IPAddress.TryParse(target.Trim('[', ']'), out var address))
        {
            return Numeric(uri, transport ?? DefaultFor(uri), address);
        }
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.TimeoutMs), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            var candidates = await CandidatesAsync(uri, target, transport, both.Token);
            return await ResolveAsync(uri, target, candidates, both.Token);
        }
        catch (SipNameException e)
        {
            return SipLocation.None(e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SipLocation.None($"DNS did not tell the servers of {target} within {options.TimeoutMs} ms");
        }
    }

    private SipLocation Numeric(SipUri uri, string? transport, IPAddress address)
    {
        if (transport is null)
        {
            return SipLocation.None($"there is no transport for {uri.Scheme} here");
        }
        if (!Families.Contains(address.AddressFamily))
        {
            return SipLocation.None($"{address} cannot be reached from here: wrong address family");
        }
        var port = uri.Port != 0 ? uri.Port : PortOf(transport);
        return new SipLocation([NewDestination(uri, transport, new IPEndPoint(address, port))], null);
    }

    /// <summary>Transport, host and port in the order to try (§4.1, §4.2).</summary>
    private async Task<IReadOnlyList<Candidate>> CandidatesAsync(
        SipUri uri,
        string target,
        string? transport,
        CancellationToken cancellation
    )
    {
        if (uri.Port != 0)
        {
            return (transport ?? DefaultFor(uri)) is { } known ? [new(known, target, uri.Port)] : [];
        }
        var services = transport is not null
            ? [(transport, ServiceName(transport, target))]
            : await ServicesAsync(uri, target, cancellation);
        var found = await ServersAsync(services, cancellation);
        if (found is not null)
        {
            return found;
        }
        return (transport ?? DefaultFor(uri)) is { } plain ? [new(plain, target, PortOf(plain))] : [];
    }

    /// <summary>The transports that the domain offers and where their SRV records are: as its NAPTR records say, else all that we have.</summary>
    private async Task<IReadOnlyList<(string Transport, string Name)>> ServicesAsync(
        SipUri uri,
        string target,
        CancellationToken cancellation
    )
    {
        var rules = await RulesAsync(target, cancellation);
        var offered = rules
            .Where(rule => rule.Flags.Equals("s", StringComparison.OrdinalIgnoreCase))
            .OrderBy(rule => rule.Order)
            .ThenBy(rule => rule.Preference)
            .Select(rule => (Transport: TransportOf(rule.Service) ?? "", Name: rule.Replacement.TrimEnd('.')))
            .Where(service => IsAllowed(uri, service.Transport))
            .Take(options.MaxDestinations)
            .ToList();
        return offered.Count > 0
            ? offered
            :
            [
                .. options
                    .Transports.Where(transport => IsAllowed(uri, transport) && transport is "UDP" or "TCP" or "TLS")
                    .Select(transport => (transport, ServiceName(transport, target))),
            ];
    }

    /// <summary>None when DNS fails: there are name servers that answer everything but NAPTR.</summary>
    private async Task<IReadOnlyList<NaptrRecord>> RulesAsync(string target, CancellationToken cancellation)
    {
        try
        {
            return await resolver.NaptrAsync(target, cancellation);
        }
        catch (SipNameException)
        {
            return [];
        }
    }

    /// <summary>The servers of all these services; null when there is no SRV record at all.</summary>
    private async Task<IReadOnlyList<Candidate>?> ServersAsync(
        IReadOnlyList<(string Transport, string Name)> services,
        CancellationToken cancellation
    )
    {
        var records = await Task.WhenAll(services.Select(service => resolver.SrvAsync(service.Name, cancellation)));
        if (records.All(list => list.Count == 0))
        {
            return null;
        }
        var found = new List<Candidate>();
        for (var i = 0; i < services.Count; i++)
        {
            // A target of "." says that the domain has no such service (RFC 2782): no reason to guess one.
            var usable = records[i]
                .Where(record => record.Target is not ("." or "") && record.Port is > 0 and < 65_536);
            found.AddRange(
                SrvOrder
                    .Of(usable, _random)
                    .Select(record => new Candidate(
                        services[i].Transport,
                        record.Target.TrimEnd('.').ToLowerInvariant(),
                        record.Port
                    ))
            );
        }
        return [.. found.Take(options.MaxDestinations)];
    }

    private async Task<SipLocation> ResolveAsync(
        SipUri uri,
        string target,
        IReadOnlyList<Candidate> candidates,
        CancellationToken cancellation
    )
    {
        if (candidates.Count == 0)
        {
            return SipLocation.None($"{target} offers no transport that is here");
        }
        var addresses = await Task.WhenAll(candidates.Select(c => AddressesAsync(c.Host, cancellation)));
        var destinations = new List<SipDestination>();
        for (var i = 0; i < candidates.Count; i++)
        {
            destinations.AddRange(
                addresses[i]
                    .Found.Select(address =>
                        NewDestination(uri, candidates[i].Transport, new IPEndPoint(address, candidates[i].Port))
                    )
            );
        }
        return destinations.Count > 0
            ? new SipLocation([.. destinations.Distinct().Take(options.MaxDestinations)], null)
            : SipLocation.None(
                addresses.Select(answer => answer.Problem).FirstOrDefault(problem => problem is not null)
                    ?? $"no address for {candidates[0].Host}"
            );
    }

    /// <summary>
    /// IPv4 first: where both work nobody notices, and where IPv6 is only half set up every call would wait for its time-out. One server whose name
    /// cannot be asked for does not spoil the others.
    /// </summary>
    private async Task<(IReadOnlyList<IPAddress> Found, string? Problem)> AddressesAsync(
        string host,
        CancellationToken cancellation
    )
    {
        if (IPAddress.TryParse(host, out var numeric))
        {
            return ([numeric], null);
        }
        try
        {
            var answers = await Task.WhenAll(
                Families.Select(family => resolver.AddressesAsync(host, family, cancellation))
            );
            return ([.. answers.SelectMany(answer => answer)], null);
        }
        catch (SipNameException e)
        {
            return ([], e.Message);
        }
    }

    private IEnumerable<AddressFamily> Families
    {
        get
        {
            if (options.IPv4)
            {
                yield return AddressFamily.InterNetwork;
            }
            if (options.IPv6)
            {
                yield return AddressFamily.InterNetworkV6;
            }
        }
    }

    /// <summary>The transport that the URI asks for, null when it leaves the choice; of sips always a secure one.</summary>
    private static string? TransportOf(SipUri uri) =>
        (uri.Transport, uri.IsSecure) switch
        {
            (null, _) => null,
            ("ws" or "wss", true) => "WSS",
            (_, true) => "TLS",
            var (transport, _) => transport.ToUpperInvariant(),
        };

    /// <summary>NAPTR services of RFC 3263 §4.1 and RFC 7118 §8.1.</summary>
    private static string? TransportOf(string service) =>
        service.ToUpperInvariant() switch
        {
            "SIP+D2U" => "UDP",
            "SIP+D2T" => "TCP",
            "SIPS+D2T" => "TLS",
            "SIP+D2W" => "WS",
            "SIPS+D2W" => "WSS",
            _ => null,
        };

    private bool IsAllowed(SipUri uri, string transport) =>
        options.Transports.Contains(transport) && (!uri.IsSecure || transport is "TLS" or "WSS");

    /// <summary>UDP for sip, TLS for sips (§4.1); where there is no UDP here, TCP.</summary>
    private string? DefaultFor(SipUri uri) =>
        (uri.IsSecure ? ["TLS"] : (string[])["UDP", "TCP"]).FirstOrDefault(options.Transports.Contains);

    private static string ServiceName(string transport, string domain) =>
        transport switch
        {
            "UDP" => $"_sip._udp.{domain}",
            "TCP" => $"_sip._tcp.{domain}",
            "TLS" => $"_sips._tcp.{domain}",
            "WS" => $"_sip._ws.{domain}",
            _ => $"_sips._ws.{domain}",
        };

    private static int PortOf(string transport) =>
        transport switch
        {
            "TLS" => 5061,
            "WS" => 80,
            "WSS" => 443,
            _ => 5060,
        };

    /// <summary>A certificate is compared with the domain of the URI, whatever DNS made of it (RFC 5922 §5).</summary>
    private static SipDestination NewDestination(SipUri uri, string transport, IPEndPoint endPoint)
    {
        var name = transport is "UDP" or "TCP" || IPAddress.TryParse(uri.Host.Trim('[', ']'), out _) ? null : uri.Host;
        return new SipDestination(transport, endPoint, name?.TrimEnd('.'));
    }
}
