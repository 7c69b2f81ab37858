using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>Clients that are not ours, down to what must be refused.</summary>
public sealed class StrangePeerTests : IDisposable
{
    private static readonly DtlsCertificate Certificate = DtlsCertificate.Create(TimeProvider.System);
    private static readonly DtlsIdentity Identity = new(Certificate);

    private readonly DtlsHandshakes _servers = DtlsPair.Servers();
    private readonly TestCall _call = new();

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData(new[] { 1 }, SrtpSuite.AesCm128HmacSha1Tag80)]
    [InlineData(new[] { 2, 1 }, SrtpSuite.AesCm128HmacSha1Tag80)]
    [InlineData(new[] { 1, 2, 8 }, SrtpSuite.AeadAes256Gcm)]
    [InlineData(new[] { 1, 8, 7 }, SrtpSuite.AeadAes128Gcm)]
    public async Task The_best_profile_that_the_client_has_is_taken(int[] profiles, SrtpSuite suite)
    {
        var client = new StrangeClient(Identity) { Profiles = profiles, Mki = [1, 2, 3] };

        await ConnectAsync(client);

        var keys = await _call.Keys;
        keys.Receive.Suite.Should().Be(suite);
        var (clientKeys, serverKeys) = DtlsSrtpProfile.Split(suite, client.Exported);
        keys.Receive.Matches(clientKeys).Should().BeTrue();
        keys.Send.Matches(serverKeys).Should().BeTrue();
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 2 })]
    [InlineData(new[] { 5, 6 })]
    public async Task A_client_without_a_profile_of_ours_is_refused(int[] profiles)
    {
        var refused = await ShouldFailAsync(new StrangeClient(Identity) { Profiles = profiles });

        refused.Should().Be(AlertDescription.handshake_failure);
        (await _call.FailureAsync()).Failure.Should().Be(DtlsFailure.NoCommonProfile);
    }

    [Fact]
    public async Task Dtls_1_0_is_refused()
    {
        await ShouldFailAsync(new StrangeClient(Identity) { Version = ProtocolVersion.DTLSv10 });

        (await _call.FailureAsync()).Failure.Should().Be(DtlsFailure.HandshakeFailed);
    }

    [Fact]
    public async Task A_client_without_extended_master_secret_is_refused()
    {
        var refused = await ShouldFailAsync(new StrangeClient(Identity) { HasExtendedMasterSecret = false });

        refused.Should().Be(AlertDescription.handshake_failure);
        (await _call.FailureAsync()).Failure.Should().Be(DtlsFailure.HandshakeFailed);
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_refused()
    {
        var refused = await ShouldFailAsync(new StrangeClient(Identity) { HasCertificate = false });

        refused.Should().Be(AlertDescription.bad_certificate);
        (await _call.FailureAsync()).Failure.Should().Be(DtlsFailure.FingerprintMismatch);
    }

    [Fact]
    public async Task A_peer_that_closes_after_the_handshake_is_heard()
    {
        var transport = await ConnectAsync(new StrangeClient(Identity));
        await _call.Keys;

        transport.Close();

        await _call.Closed;
        _call.Reports.Should().Be(1);
    }

    private async Task<short> ShouldFailAsync(StrangeClient client) =>
        (await ((Func<Task>)(() => ConnectAsync(client))).Should().ThrowAsync<TlsFatalAlertReceived>())
            .Which
            .AlertDescription;

    private async Task<DtlsTransport> ConnectAsync(StrangeClient client)
    {
        var server = _servers.Start(DtlsRole.Server, [Certificate.Fingerprint], _call);
        var path = new StrangePath(server);
        _call.Path = path.Add;
        return await Task.Run(() => new DtlsClientProtocol().Connect(client, path)).WaitAsync(TestCall.Patience);
    }
}
