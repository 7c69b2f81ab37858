using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>Both ends of a call, each with a node's certificate of its own.</summary>
internal sealed class DtlsPair : IDisposable
{
    private static readonly DtlsCertificate ClientCertificate = DtlsCertificate.Create(TimeProvider.System);
    private static readonly DtlsCertificate ServerCertificate = DtlsCertificate.Create(TimeProvider.System);

    public DtlsPair(
        DtlsHandshakes clients,
        DtlsHandshakes servers,
        int seed = 1,
        double loss = 0,
        double swap = 0,
        DtlsFingerprint? clientExpects = null,
        DtlsFingerprint? serverExpects = null
    )
    {
        Client = new TestCall { Path = new LossyPath(seed, loss, swap, () => ServerHandshake!).Send };
        Server = new TestCall { Path = new LossyPath(seed + 1, loss, swap, () => ClientHandshake!).Send };
        ServerHandshake = servers.Start(DtlsRole.Server, [serverExpects ?? clients.Fingerprint], Server);
        // Not by Start: the server's flight may come before that returns.
        ClientHandshake = new DtlsHandshake(clients, DtlsRole.Client, [clientExpects ?? servers.Fingerprint], Client);
        ClientHandshake.Queue();
    }

    public TestCall Client { get; }

    public TestCall Server { get; }

    public DtlsHandshake ClientHandshake { get; }

    public DtlsHandshake ServerHandshake { get; }

    public static DtlsHandshakes Clients(DtlsOptions? options = null, TimeProvider? time = null) =>
        new(ClientCertificate, options ?? new DtlsOptions(), time ?? TimeProvider.System);

    public static DtlsHandshakes Servers(DtlsOptions? options = null, TimeProvider? time = null) =>
        new(ServerCertificate, options ?? new DtlsOptions(), time ?? TimeProvider.System);

    public async Task ShouldAgreeAsync()
    {
        var client = await Client.Keys;
        var server = await Server.Keys;
        client.Send.Matches(server.Receive).Should().BeTrue();
        client.Receive.Matches(server.Send).Should().BeTrue();
        client.Send.Matches(client.Receive).Should().BeFalse("each direction has keys of its own");
        Client.Reports.Should().Be(1);
        Server.Reports.Should().Be(1);
    }

    public void Dispose()
    {
        ClientHandshake.Dispose();
        ServerHandshake.Dispose();
    }
}
