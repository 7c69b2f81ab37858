using System.Collections.Concurrent;
using System.Net;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public sealed class TlsTransportTests : IAsyncLifetime
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";

    private static readonly TestCertificates Authority = new();
    private static readonly TestCertificates OtherAuthority = new("CN=Other Authority");

    private readonly ConcurrentQueue<SipConnectionReport> _ends = new();
    private readonly List<IAsyncDisposable> _stations = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var station in _stations)
        {
            await station.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Two_endpoints_talk_and_the_caller_has_proved_whom_it_talks_to(string address)
    {
        var server = Start(new() { Identity = Authority.Identity("sip.example.com") }, address);
        var client = Start(Client(), address);
        (await client.AskAsync(server.Address("SIP.Example.com"))).Should().Be("200");
        (await client.AskAsync(server.Address("sip.example.com"))).Should().Be("200");
        client.Transports[0].Counters.Opened.Should().Be(1);
        (await server.Core.NextAsync<SipServerRequest>()).Request.TopVia.Transport.Should().Be("TLS");
    }

    [Theory]
    [InlineData("sip.example.com", "other.example.com", "not for other.example.com")]
    [InlineData("sip:example.com", "example.com", null)]
    [InlineData("sip:example.com sip.example.com", "sip.example.com", "not for sip.example.com")]
    [InlineData("*.example.com", "a.example.com", null)]
    [InlineData("*.example.com", "a.b.example.com", "not for a.b.example.com")]
    [InlineData("*.example.com", "example.com", "not for example.com")]
    [InlineData("*.com", "example.com", "not for example.com")]
    [InlineData("127.0.0.1", null, null)]
    [InlineData("sip.example.com", null, "not for 127.0.0.1")]
    public async Task The_certificate_must_be_for_the_name(string names, string? wanted, string? problem)
    {
        var server = Start(new() { Identity = Authority.Identity(names.Split(' ')) });
        var client = Start(Client());
        (await client.AskAsync(server.Address(wanted))).Should().Be(problem is null ? "200" : "TransportError");
        if (problem is not null)
        {
            (await ReportedAsync(ConnectionEnd.TlsFailed)).Should().Contain(problem);
        }
    }

    [Fact]
    public async Task A_common_name_counts_only_without_alternative_names()
    {
        var server = Start(new() { Identity = TlsIdentity.From(Authority.Issue([], "sip.example.com")) });
        (await Start(Client()).AskAsync(server.Address("sip.example.com"))).Should().Be("200");
        var other = Start(new() { Identity = TlsIdentity.From(Authority.Issue(["a.example.com"], "sip.example.com")) });
        (await Start(Client()).AskAsync(other.Address("sip.example.com"))).Should().Be("TransportError");
    }

    [Fact]
    public async Task A_server_of_an_unknown_authority_is_not_talked_to_unless_peers_are_not_verified()
    {
        var server = Start(new() { Identity = OtherAuthority.Identity("sip.example.com") });
        (await Start(Client()).AskAsync(server.Address("sip.example.com"))).Should().Be("TransportError");
        (await ReportedAsync(ConnectionEnd.TlsFailed)).Should().Contain("not trusted");
        (await Start(new() { VerifyPeers = false }).AskAsync(server.Address("sip.example.com"))).Should().Be("200");
    }

    [Fact]
    public async Task A_connection_proved_for_one_name_is_not_used_for_another()
    {
        var server = Start(new() { Identity = Authority.Identity("a.example.com", "b.example.com") });
        var client = Start(Client());
        (await client.AskAsync(server.Address("a.example.com"))).Should().Be("200");
        (await client.AskAsync(server.Address("b.example.com"))).Should().Be("200", "the certificate has both names");
        (await client.AskAsync(server.Address())).Should().Be("200", "without a name any connection will do");
        client.Transports[0].Counters.Opened.Should().Be(1);
        (await client.AskAsync(server.Address("c.example.com"))).Should().Be("TransportError");
        client.Transports[0].Counters.Opened.Should().Be(2);
    }

    [Fact]
    public async Task The_certificate_is_chosen_by_the_name_that_the_client_asks_for()
    {
        var server = Start(
            new()
            {
                Identity = Authority.Identity("default.example.com"),
                ByServerName = new Dictionary<string, TlsIdentity>
                {
                    ["a.example.com"] = Authority.Identity("a.example.com"),
                    ["b.example.com"] = Authority.Identity("b.example.com"),
                },
            }
        );
        foreach (var name in new[] { "a.example.com", "b.example.com", "default.example.com" })
        {
            (await Start(Client()).AskAsync(server.Address(name))).Should().Be("200", name);
        }
        (await Start(Client()).AskAsync(server.Address("c.example.com"))).Should().Be("TransportError");
    }

    [Theory]
    [InlineData(ClientCertificates.Required, "trusted", "carrier.example")]
    [InlineData(ClientCertificates.Required, "foreign", null)]
    [InlineData(ClientCertificates.Required, "none", null)]
    [InlineData(ClientCertificates.Optional, "trusted", "carrier.example")]
    [InlineData(ClientCertificates.Optional, "foreign", "")]
    [InlineData(ClientCertificates.Optional, "none", "")]
    [InlineData(ClientCertificates.None, "trusted", "")]
    public async Task A_clients_certificate_names_it_on_its_flow(ClientCertificates asked, string shown, string? names)
    {
        var server = Start(
            new()
            {
                Identity = Authority.Identity("sip.example.com"),
                ClientCertificates = asked,
                TrustedRoots = Authority.Roots,
            }
        );
        var client = Start(
            new()
            {
                TrustedRoots = Authority.Roots,
                Identity = shown switch
                {
                    // What public authorities issue is for servers only; carriers show it as clients too.
                    "trusted" => TlsIdentity.From(Authority.Issue(["sip:carrier.example"], usage: ForServers)),
                    "foreign" => OtherAuthority.Identity("sip:carrier.example"),
                    _ => null,
                },
            }
        );
        var outcome = await client.AskAsync(server.Address("sip.example.com"));
        if (names is null)
        {
            outcome.Should().Be("TransportError");
            return;
        }
        outcome.Should().Be("200");
        var flow = (await server.Core.NextAsync<SipServerRequest>()).Flow;
        string.Join(' ', flow.PeerNames).Should().Be(names);
    }

    [Fact]
    public async Task Old_versions_of_TLS_are_refused()
    {
        var server = Start(new() { Identity = Authority.Identity("sip.example.com") });
        using var peer = new TcpPeer(server.Local);
        // ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2) with two cipher suites.
        byte[] hello = [0x03, 0x02, .. new byte[32], 0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0];
        peer.Send([0x16, 0x03, 0x01, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello]);
        var answer = new byte[7];
        peer.Socket.ReceiveTimeout = 10_000;
        peer.Socket.Receive(answer).Should().Be(7);
        (answer[0], answer[5], answer[6]).Should().Be((21, 2, 70), "a fatal alert: protocol_version");
        await Eventually.HoldsAsync(
            () => server.Transports[0].Counters.Closed(ConnectionEnd.TlsFailed) == 1,
            "the end"
        );
    }

    [Fact]
    public async Task A_peer_that_never_begins_the_handshake_is_hung_up_on()
    {
        var server = Start(new() { Identity = Authority.Identity("sip.example.com") }, handshakeTimeoutMs: 300);
        using var peer = new TcpPeer(server.Local);
        (await peer.ReceiveTextAsync()).Should().Be("closed");
        (await ReportedAsync(ConnectionEnd.HandshakeTimeout)).Should().Contain("300 ms");
    }

    [Fact]
    public async Task Plain_SIP_to_the_TLS_port_costs_only_its_connection()
    {
        var server = Start(new() { Identity = Authority.Identity("sip.example.com") });
        using var peer = new TcpPeer(server.Local);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK1"));
        var answer = new byte[100];
        peer.Socket.ReceiveTimeout = 10_000;
        while (peer.Socket.Receive(answer) > 0) { }
        (await Start(Client()).AskAsync(server.Address("sip.example.com"))).Should().Be("200");
    }

    [Fact]
    public void A_listener_without_certificate_is_refused()
    {
        var make = () => new StreamTransport(new() { Tls = new() });
        make.Should().Throw<ArgumentException>().WithMessage("*needs a certificate*");
    }

    [Fact]
    public async Task A_megabyte_each_way_survives_encryption()
    {
        var server = Start(new() { Identity = Authority.Identity("sip.example.com") });
        var client = Start(Client());
        for (var i = 0; i < 20; i++)
        {
            var outcome = await client.AskAsync(
                server.Address("sip.example.com"),
                request => request.SetBody(new byte[50_000], "application/octet-stream")
            );
            outcome.Should().Be("200");
        }
        (await server.Core.NextAsync<SipServerRequest>()).Request.Body.Length.Should().Be(50_000);
    }

    private static TlsSettings Client() => new() { TrustedRoots = Authority.Roots };

    private Station Start(TlsSettings tls, string address = "127.0.0.1", int handshakeTimeoutMs = 10_000)
    {
        var station = new Station(
            new StreamTransport(
                new()
                {
                    Bind = new IPEndPoint(IPAddress.Parse(address), 0),
                    Tls = tls,
                    Listens = tls.Identity is not null,
                    HandshakeTimeoutMs = handshakeTimeoutMs,
                    OnClosed = _ends.Enqueue,
                }
            )
        );
        _stations.Add(station);
        return station;
    }

    private async Task<string> ReportedAsync(ConnectionEnd end)
    {
        await Eventually.HoldsAsync(() => _ends.Any(report => report.End == end), $"an end as {end}");
        return _ends.First(report => report.End == end).Detail;
    }
}
