using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Listeners;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Listeners;

public sealed class SipListenersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sip-listeners").FullName;
    private readonly SipGatewayOptions _options = new() { BindAddress = "127.0.0.1", Port = 0 };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_a_list_it_is_UDP_and_TCP_on_the_bind_address()
    {
        _options.Port = 5090;
        _options.AdvertisedAddress = "203.0.113.4";
        var transports = new SipListeners(_options).CreateTransports();
        transports
            .Select(t => $"{t.Name} {t.LocalEndPoint}")
            .Should()
            .Equal("UDP 127.0.0.1:5090", "TCP 127.0.0.1:5090");
        var peer = SipDestination.Parse("TCP:192.0.2.1:5060");
        transports.Select(t => t.AdvertisedFor(peer).ToString()).Should().AllBe("203.0.113.4:5090");
    }

    [Fact]
    public void Each_of_a_list_is_as_it_says()
    {
        WriteCertificate();
        _options.AdvertisedAddress = "203.0.113.4";
        _options.Listeners =
        [
            new() { Transport = SipListenerTransport.Udp, AdvertisedPort = 6000 },
            new() { Transport = SipListenerTransport.Tcp, Address = "::" },
            new() { Transport = SipListenerTransport.Tls, AdvertisedAddress = "203.0.113.5" },
            new() { Transport = SipListenerTransport.Ws, Port = 8088 },
            new() { Transport = SipListenerTransport.Wss, Port = 8089 },
        ];
        var transports = new SipListeners(_options).CreateTransports();
        transports
            .Select(t => $"{t.Name} {t.LocalEndPoint}")
            .Should()
            .Equal("UDP 0.0.0.0:5060", "TCP [::]:5060", "TLS 0.0.0.0:5061", "WS 0.0.0.0:8088", "WSS 0.0.0.0:8089");
        var v4 = SipDestination.Parse("UDP:192.0.2.1:5060");
        transports[0].AdvertisedFor(v4).ToString().Should().Be("203.0.113.4:6000");
        transports[2].AdvertisedFor(v4).ToString().Should().Be("203.0.113.5:5061");
        var v6 = SipDestination.Parse("TCP:[::1]:5060");
        transports[1]
            .AdvertisedFor(v6)
            .ToString()
            .Should()
            .Be("[::1]:5060", "the IPv4 address is not told to IPv6 peers");
    }

    [Fact]
    public async Task Every_listener_takes_messages_once_bound()
    {
        WriteCertificate();
        _options.Listeners =
        [
            .. Enum.GetValues<SipListenerTransport>()
                .Select(transport => new SipListenerOptions
                {
                    Transport = transport,
                    Address = "127.0.0.1",
                    Port = 0,
                }),
        ];
        var core = new Answering();
        await using var endpoint = new SipEndpoint(new(), new SipListeners(_options).CreateTransports(), core);
        core.Endpoint = endpoint;
        endpoint.Start();
        var status = new SipGatewayStatus();
        status.Bound(endpoint);
        status.Listeners.Select(l => l.Transport).Should().Equal("UDP", "TCP", "TLS", "WS", "WSS");
        status.Local.Should().Be(endpoint.Transports[0].LocalEndPoint);

        foreach (var listener in status.Listeners)
        {
            var caller = new Answering();
            await using var client = new SipEndpoint(new(), [ClientFor(listener.Transport)], caller);
            client.Start();
            client.SendRequest(Options(), new(listener.Transport, listener.Local, "sip.example.com"));
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            (await caller.Status.Task.WaitAsync(deadline.Token)).Should().Be(200, listener.Transport);
            listener.Counters.Received.Should().Be(1);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_told_with_transport_address_and_cause_and_nothing_stays_bound()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        _options.Port = port;
        var endpoint = new SipEndpoint(new(), new SipListeners(_options).CreateTransports(), new Answering());
        var start = endpoint.Start;
        start.Should().Throw<SocketException>().WithMessage($"TCP 127.0.0.1:{port}: *in use*");
        await endpoint.DisposeAsync();
        using var free = new UdpClient(new IPEndPoint(IPAddress.Loopback, port));
    }

    [Fact]
    public void A_secure_listener_without_certificate_is_an_error_at_start() =>
        Refused(new() { Transport = SipListenerTransport.Tls })
            .Should()
            .Be(
                "sip.tls.certificate: the tls 0.0.0.0:5061 listener needs a certificate; set it, or take the listener out."
            );

    [Fact]
    public void A_certificate_that_cannot_be_loaded_is_named()
    {
        _options.Tls.Certificate = Path.Combine(_folder, "absent.pem");
        Refused(new() { Transport = SipListenerTransport.Tls })
            .Should()
            .StartWith($"sip.tls: {_options.Tls.Certificate} ");
    }

    [Fact]
    public void Roots_that_are_none_are_named()
    {
        WriteCertificate();
        _options.Tls.TrustedRoots = Path.Combine(_folder, "k.pem");
        Refused(new()).Should().StartWith("sip.tls.trustedRoots: ");
    }

    [Theory]
    [InlineData("not-an-address", null, "no IP address")]
    [InlineData("127.0.0.1", null, "has no usual port")]
    public void A_wrong_listener_says_what_is_wrong(string address, int? port, string problem) =>
        Refused(
                new()
                {
                    Transport = SipListenerTransport.Ws,
                    Address = address,
                    Port = port,
                }
            )
            .Should()
            .Contain(problem);

    [Fact]
    public void Two_on_one_address_are_refused()
    {
        _options.Listeners.Add(new() { Transport = SipListenerTransport.Tcp, Port = 5060 });
        Refused(new() { Transport = SipListenerTransport.Ws, Port = 5060 })
            .Should()
            .Be("sip.listeners: tcp 0.0.0.0:5060 and ws 0.0.0.0:5060 are one address; give each its own port.");
    }

    private string Refused(SipListenerOptions listener)
    {
        _options.Listeners.Add(listener);
        var make = () => new SipListeners(_options);
        return make.Should().Throw<ArgumentException>().Which.Message;
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=sip.example.com", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _options.Tls.Certificate = Path.Combine(_folder, "c.pem");
        _options.Tls.Key = Path.Combine(_folder, "k.pem");
        File.WriteAllText(_options.Tls.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(_options.Tls.Key, key.ExportPkcs8PrivateKeyPem());
    }

    private static ISipTransport ClientFor(string transport)
    {
        var bind = new IPEndPoint(IPAddress.Loopback, 0);
        return transport == "UDP"
            ? new UdpTransport(new() { Bind = bind })
            : new StreamTransport(
                new()
                {
                    Bind = bind,
                    Listens = false,
                    Tls = transport is "TLS" or "WSS" ? new() { VerifyPeers = false } : null,
                    WebSocket = transport is "WS" or "WSS" ? new() : null,
                }
            );
    }

    private static SipRequest Options() =>
        SipRequest.Create(
            "OPTIONS",
            SipUri.Parse("sip:b@example.com"),
            NameAddress.Parse("<sip:a@example.com>;tag=1"),
            NameAddress.Parse("<sip:b@example.com>")
        );

    /// <summary>Answers 200, and notes what it is answered itself.</summary>
    private sealed class Answering : ISipHandler
    {
        public SipEndpoint? Endpoint { get; set; }

        public TaskCompletionSource<int> Status { get; } = new();

        public void OnRequest(SipServerRequest request) =>
            Endpoint!.Respond(request.TransactionId!.Value, SipResponse.Create(request.Request, 200));

        public void OnCancel(SipTransactionId invite, SipRequest cancel) { }

        public void OnResponse(SipTransactionId client, SipResponse response) =>
            Status.TrySetResult(response.StatusCode);

        public void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) => Status.TrySetResult((int)end);
    }
}
