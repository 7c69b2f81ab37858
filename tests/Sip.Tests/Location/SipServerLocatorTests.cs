using System.Net;
using System.Net.Sockets;
using OCPlatform.Sip.Location;

namespace OCPlatform.Sip.Tests.Location;

public class SipServerLocatorTests
{
    /// <summary>A zone by records, as in RFC 3263 §4.1; notes what is asked.</summary>
    private sealed class Zone(string text) : ISipNameResolver
    {
        private readonly string[][] _records =
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        ];

        public List<string> Asked { get; } = [];

        public Task<IReadOnlyList<NaptrRecord>> NaptrAsync(string name, CancellationToken cancellation) =>
            Of("NAPTR", name, r => new NaptrRecord(int.Parse(r[2]), int.Parse(r[3]), r[4], r[5], r[6]), cancellation);

        public Task<IReadOnlyList<SrvRecord>> SrvAsync(string name, CancellationToken cancellation) =>
            Of("SRV", name, r => new SrvRecord(int.Parse(r[2]), int.Parse(r[3]), int.Parse(r[4]), r[5]), cancellation);

        public Task<IReadOnlyList<IPAddress>> AddressesAsync(
            string host,
            AddressFamily family,
            CancellationToken cancellation
        ) => Of(family == AddressFamily.InterNetwork ? "A" : "AAAA", host, r => IPAddress.Parse(r[2]), cancellation);

        private async Task<IReadOnlyList<T>> Of<T>(
            string type,
            string name,
            Func<string[], T> read,
            CancellationToken cancellation
        )
        {
            Asked.Add($"{type} {name}");
            var found = _records.Where(r => r[0] == name && (r[1] == type || r[1] is "FAILS" or "SILENT")).ToList();
            if (found.Any(r => r[1] == "SILENT"))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            }
            return found.Any(r => r[1] == "FAILS")
                ? throw new SipNameException($"the name server failed for {name}")
                : [.. found.Select(read)];
        }
    }

    /// <summary>The example of RFC 3263 §4.1, with addresses.</summary>
    private const string Example = """
        example.com NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com.
        example.com NAPTR 90 50 s SIP+D2T _sip._tcp.example.com.
        example.com NAPTR 100 50 s SIP+D2U _sip._udp.example.com.
        _sip._tcp.example.com SRV 0 1 5060 server1.example.com.
        _sip._tcp.example.com SRV 1 2 5060 server2.example.com.
        _sips._tcp.example.com SRV 0 1 5061 server1.example.com.
        _sip._udp.example.com SRV 0 1 5070 server1.example.com.
        server1.example.com A 192.0.2.1
        server2.example.com A 192.0.2.2
        server2.example.com AAAA 2001:db8::2
        example.com A 192.0.2.9
        bare.example.net A 192.0.2.7
        bare.example.net AAAA 2001:db8::7
        srv.example.org SRV 0 0 1 x
        _sip._udp.srv.example.org SRV 5 0 5080 bare.example.net.
        _sip._tcp.srv.example.org SRV 5 0 5081 bare.example.net.
        closed.example.org A 192.0.2.8
        _sip._udp.closed.example.org SRV 0 0 0 .
        odd.example.org NAPTR 10 10 u E2U+sip !.*!sip:x@example.com!
        odd.example.org NAPTR 10 10 s SIP+D2X _sip._x.odd.example.org.
        odd.example.org A 192.0.2.6
        wide.example.org NAPTR 10 10 S sip+d2w _sip._ws.wide.example.org.
        _sip._ws.wide.example.org SRV 0 0 8088 bare.example.net.
        half.example.org NAPTR 10 10 s SIP+D2U _sip._udp.half.example.org.
        _sip._udp.half.example.org SRV 0 0 5060 broken.example.org.
        _sip._udp.half.example.org SRV 1 0 5060 bare.example.net.
        broken.example.org FAILS
        silent.example.org SILENT
        """;

    [Theory]
    // Without DNS (§4.1, §4.2).
    [InlineData("sip:192.0.2.3", "UDP:192.0.2.3:5060")]
    [InlineData("sip:a@192.0.2.3:5066", "UDP:192.0.2.3:5066")]
    [InlineData("sip:192.0.2.3;transport=tcp", "TCP:192.0.2.3:5060")]
    [InlineData("sips:192.0.2.3", "TLS:192.0.2.3:5061")]
    [InlineData("sips:192.0.2.3;transport=tcp", "TLS:192.0.2.3:5061")]
    [InlineData("sip:192.0.2.3;transport=tls", "TLS:192.0.2.3:5061")]
    [InlineData("sip:192.0.2.3;transport=wss", "WSS:192.0.2.3:443")]
    [InlineData("sip:[2001:db8::3]", "UDP:[2001:db8::3]:5060")]
    [InlineData("sip:example.com;maddr=192.0.2.4;transport=tls", "TLS:192.0.2.4:5061;example.com")]
    // NAPTR orders the transports, SRV the servers; the certificate is the domain's.
    [InlineData(
        "sip:user@example.com",
        "TLS:192.0.2.1:5061;example.com TCP:192.0.2.1:5060 TCP:192.0.2.2:5060 TCP:[2001:db8::2]:5060 UDP:192.0.2.1:5070"
    )]
    [InlineData("sips:user@example.com", "TLS:192.0.2.1:5061;example.com")]
    [InlineData(
        "sip:example.com.",
        "TLS:192.0.2.1:5061;example.com TCP:192.0.2.1:5060 TCP:192.0.2.2:5060 TCP:[2001:db8::2]:5060 UDP:192.0.2.1:5070"
    )]
    // A transport or port in the URI leaves less to ask.
    [InlineData("sip:example.com;transport=tcp", "TCP:192.0.2.1:5060 TCP:192.0.2.2:5060 TCP:[2001:db8::2]:5060")]
    [InlineData("sip:example.com;transport=udp", "UDP:192.0.2.1:5070")]
    [InlineData("sip:example.com:5060", "UDP:192.0.2.9:5060")]
    [InlineData("sips:example.com:5099", "TLS:192.0.2.9:5099;example.com")]
    [InlineData("sip:EXAMPLE.com:5061;transport=tls", "TLS:192.0.2.9:5061;example.com")]
    // Without NAPTR: SRV of every transport we have; without SRV: the host itself.
    [InlineData(
        "sip:srv.example.org",
        "UDP:192.0.2.7:5080 UDP:[2001:db8::7]:5080 TCP:192.0.2.7:5081 TCP:[2001:db8::7]:5081"
    )]
    [InlineData("sip:bare.example.net", "UDP:192.0.2.7:5060 UDP:[2001:db8::7]:5060")]
    [InlineData("sips:bare.example.net", "TLS:192.0.2.7:5061;bare.example.net TLS:[2001:db8::7]:5061;bare.example.net")]
    [InlineData("sip:odd.example.org", "UDP:192.0.2.6:5060")]
    [InlineData("sip:wide.example.org", "WS:192.0.2.7:8088;wide.example.org WS:[2001:db8::7]:8088;wide.example.org")]
    // One server that DNS fails for does not spoil the other.
    [InlineData("sip:half.example.org", "UDP:192.0.2.7:5060 UDP:[2001:db8::7]:5060")]
    public async Task The_destinations_of_a_URI(string uri, string destinations)
    {
        var location = await Locator(new Zone(Example)).LocateAsync(SipUri.Parse(uri));
        string.Join(' ', location.Destinations).Should().Be(destinations);
        location.Problem.Should().BeNull();
    }

    [Theory]
    [InlineData("tel:+15551234", "a tel URI names no SIP server")]
    [InlineData("sip:nowhere.example", "no address for nowhere.example")]
    [InlineData("sip:closed.example.org", "closed.example.org offers no transport that is here")]
    [InlineData("sip:example.com;transport=sctp", "there is no SCTP here")]
    [InlineData("sip:broken.example.org", "the name server failed for broken.example.org")]
    [InlineData("sip:broken.example.org:5060", "the name server failed for broken.example.org")]
    [InlineData("sip:silent.example.org", "DNS did not tell the servers of silent.example.org within 50 ms")]
    public async Task What_leads_nowhere_says_why(string uri, string problem)
    {
        var location = await Locator(new Zone(Example), timeoutMs: 50).LocateAsync(SipUri.Parse(uri));
        location.Destinations.Should().BeEmpty();
        location.Problem.Should().Be(problem);
    }

    [Fact]
    public async Task Only_families_and_transports_that_are_here_are_told()
    {
        var v4 = new SipServerLocator(new Zone(Example), new() { Transports = ["TCP"] });
        string.Join(' ', (await v4.LocateAsync(SipUri.Parse("sip:example.com"))).Destinations)
            .Should()
            .Be("TCP:192.0.2.1:5060 TCP:192.0.2.2:5060");
        var v6 = new SipServerLocator(new Zone(Example), new() { IPv4 = false, IPv6 = true });
        string.Join(' ', (await v6.LocateAsync(SipUri.Parse("sip:bare.example.net"))).Destinations)
            .Should()
            .Be("UDP:[2001:db8::7]:5060");
        (await v6.LocateAsync(SipUri.Parse("sip:192.0.2.1"))).Problem.Should().Contain("wrong address family");
        var tls = new SipServerLocator(new Zone(Example), new() { Transports = ["UDP"] });
        (await tls.LocateAsync(SipUri.Parse("sips:192.0.2.1")))
            .Problem.Should()
            .Be("there is no transport for sips here");
    }

    [Fact]
    public async Task A_number_asks_nobody_and_a_port_asks_for_addresses_only()
    {
        var zone = new Zone(Example);
        await Locator(zone).LocateAsync(SipUri.Parse("sip:192.0.2.3"));
        zone.Asked.Should().BeEmpty();
        await Locator(zone).LocateAsync(SipUri.Parse("sip:example.com:5060"));
        zone.Asked.Should().BeEquivalentTo("A example.com", "AAAA example.com");
    }

    [Fact]
    public async Task A_zone_of_a_thousand_servers_is_cut_short()
    {
        var lines = Enumerable
            .Range(0, 1_000)
            .Select(i =>
                $"_sip._udp.big.example SRV {i} 0 5060 s{i}.big.example.\ns{i}.big.example A 192.0.2.{i % 250}"
            );
        var zone = new Zone(string.Join('\n', lines));
        var location = await Locator(zone).LocateAsync(SipUri.Parse("sip:big.example"));
        location.Destinations.Should().HaveCount(16);
        zone.Asked.Should().HaveCountLessThan(40);
    }

    [Fact]
    public void Servers_come_by_priority_then_at_random_by_weight()
    {
        SrvRecord[] records =
        [
            new(10, 0, 1, "never"),
            new(10, 60, 1, "most"),
            new(10, 30, 1, "some"),
            new(1, 0, 1, "first"),
        ];
        var seconds = new Dictionary<string, int>();
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var order = SrvOrder.Of(records, random);
            order.Should().HaveCount(4);
            order[0].Target.Should().Be("first");
            seconds[order[1].Target] = seconds.GetValueOrDefault(order[1].Target) + 1;
        }
        seconds["most"].Should().BeInRange(6_300, 6_900);
        seconds["some"].Should().BeInRange(3_000, 3_600);
        seconds["never"].Should().BeLessThan(250, "weight 0 is chosen seldom");
    }

    private static SipServerLocator Locator(Zone zone, int timeoutMs = 5_000) =>
        new(
            zone,
            new()
            {
                Transports = ["UDP", "TCP", "TLS", "WS", "WSS"],
                IPv6 = true,
                TimeoutMs = timeoutMs,
            }
        );
}
