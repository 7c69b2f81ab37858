using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using OCPlatform.Sip.Location;
using SrvRecord = OCPlatform.Sip.Location.SrvRecord;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>Asks name servers, and keeps what they say.</summary>
public sealed class DnsNameResolver : ISipNameResolver
{
    // An answer of the hosts file says no time, and neither does every "no such name".
    private static readonly TimeSpan WithoutTtl = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestNo = TimeSpan.FromMinutes(1);

    private readonly SipDnsOptions _options;
    private readonly Lazy<LookupClient> _client;
    private readonly DnsCache _cache;

    /// <exception cref="ArgumentException">A server's address cannot be read.</exception>
    public DnsNameResolver(SipDnsOptions options, TimeProvider? time = null)
    {
        _options = options;
        _cache = new DnsCache(TimeSpan.FromSeconds(options.MaxCacheSeconds), time ?? TimeProvider.System);
        var servers = options.Servers.Select(ReadServer).ToArray();
        // The system's servers are read at the first question: a node without network starts all the same.
        _client = new Lazy<LookupClient>(() => new LookupClient(ClientOptions(servers)));
    }

    public Task<IReadOnlyList<NaptrRecord>> NaptrAsync(string name, CancellationToken cancellation) =>
        AskAsync(
            name,
            QueryType.NAPTR,
            response =>
                response
                    .Answers.NAPtrRecords()
                    .Select(r => new NaptrRecord(r.Order, r.Preference, r.Flags, r.Services, r.Replacement.Value)),
            cancellation
        );

    public Task<IReadOnlyList<SrvRecord>> SrvAsync(string name, CancellationToken cancellation) =>
        AskAsync(
            name,
            QueryType.SRV,
            response =>
                response.Answers.SrvRecords().Select(r => new SrvRecord(r.Priority, r.Weight, r.Port, r.Target.Value)),
            cancellation
        );

    public async Task<IReadOnlyList<IPAddress>> AddressesAsync(
        string host,
        AddressFamily family,
        CancellationToken cancellation
    )
    {
        var isV6 = family == AddressFamily.InterNetworkV6;
        var type = isV6 ? QueryType.AAAA : QueryType.A;
        var found = await AskAsync(
            host,
            type,
            response =>
                isV6
                    ? response.Answers.AaaaRecords().Select(r => r.Address)
                    : response.Answers.ARecords().Select(r => r.Address),
            cancellation
        );
        return found.Count > 0 || _options.Servers.Count > 0
            ? found
            : await _cache.GetAsync($"hosts {type} {host}", () => FromSystemAsync(host, family), cancellation);
    }

    private Task<IReadOnlyList<T>> AskAsync<T>(
        string name,
        QueryType type,
        Func<IDnsQueryResponse, IEnumerable<T>> read,
        CancellationToken cancellation
    ) => _cache.GetAsync($"{type} {name}", () => QueryAsync(name, type, read), cancellation);

    private async Task<DnsAnswer<T>> QueryAsync<T>(
        string name,
        QueryType type,
        Func<IDnsQueryResponse, IEnumerable<T>> read
    )
    {
        try
        {
            var response = await _client.Value.QueryAsync(name, type);
            if (response.HasError && response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain)
            {
                throw new SipNameException($"the name server failed for {name} ({response.Header.ResponseCode})");
            }
            IReadOnlyList<T> records = [.. read(response)];
            return new DnsAnswer<T>(records, records.Count > 0 ? TtlOf(response.Answers) : TtlOfNo(response));
        }
        catch (Exception e) when (e is not SipNameException)
        {
            throw new SipNameException($"DNS could not be asked for {name}: {e.Message}", e);
        }
    }

    /// <summary>The hosts file, and names without a domain, which only the system's own resolver completes.</summary>
    private static async Task<DnsAnswer<IPAddress>> FromSystemAsync(string host, AddressFamily family)
    {
        try
        {
            return new DnsAnswer<IPAddress>(await Dns.GetHostAddressesAsync(host, family), WithoutTtl);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return new DnsAnswer<IPAddress>([], WithoutTtl);
        }
    }

    private static TimeSpan TtlOf(IReadOnlyList<DnsResourceRecord> answers) =>
        TimeSpan.FromSeconds(answers.Min(record => record.InitialTimeToLive));

    /// <summary>RFC 2308 §5.</summary>
    private static TimeSpan TtlOfNo(IDnsQueryResponse response) =>
        response.Authorities.SoaRecords().FirstOrDefault() is { } soa
            ? TimeSpan.FromSeconds(
                Math.Min(Math.Min(soa.Minimum, (uint)soa.InitialTimeToLive), (uint)LongestNo.TotalSeconds)
            )
            : WithoutTtl;

    private LookupClientOptions ClientOptions(IPEndPoint[] servers)
    {
        var options = servers.Length > 0 ? new LookupClientOptions(servers) : new LookupClientOptions();
        options.UseCache = false;
        options.Timeout = TimeSpan.FromMilliseconds(_options.QueryTimeoutMs);
        options.Retries = 1;
        options.ThrowDnsErrors = false;
        return options;
    }

    private static IPEndPoint ReadServer(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return new IPEndPoint(address, 53);
        }
        return IPEndPoint.TryParse(text, out var endPoint)
            ? endPoint
            : throw new ArgumentException($"sip.dns.servers: '{text}' is neither an address nor address and port.");
    }
}
