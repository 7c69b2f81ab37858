using System.Security.Authentication;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>SIP over TLS (RFC 3261 §26.3.2, RFC 5922).</summary>
[Collection(SignallingCollection.Name)]
public sealed class TlsTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_call_over_TLS_is_answered_changed_and_hung_up_on_its_own_connection(SslProtocols version)
    {
        var user = $"tls-{version}".ToLowerInvariant();
        var options = signalling.Certificate.Client();
        options.EnabledSslProtocols = version;
        await using var wire = await WireSip.OverTlsAsync(signalling.Secure.Tls, options);
        var call = new WireCall(wire, user);
        var answer = await call.SetUpAsync();
        answer.Uri("Contact").Should().Contain("transport=tls").And.Contain($":{signalling.Secure.Tls}");
        await wire.SendAsync(call.Invite(WireCall.SdpOf("sendonly", 2)));
        (await wire.FinalAsync("INVITE")).Body.Should().Contain("a=recvonly");
        await wire.SendAsync(call.Ack());
        var id = await Platform.LiveCallIdAsync(user);

        var hangUp = Platform.DoAsync(id, "hangup");
        await wire.SendAsync(WireCall.Reply(await wire.RequestAsync("BYE"), "200 OK"));
        await hangUp;

        (await Platform.EndedCallAsync(id)).Text("remoteAddress").Should().Be(wire.Local);
    }

    [Fact]
    public async Task A_message_in_single_bytes_over_TLS_is_as_good_as_any()
    {
        await using var wire = await WireSip.OverTlsAsync(signalling.Secure.Tls, signalling.Certificate.Client());
        await wire.SendInPiecesAsync(new WireCall(wire, "tls-pieces").Request("OPTIONS"));

        (await wire.FinalAsync("OPTIONS")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_client_that_expects_another_name_does_not_connect()
    {
        var connect = () =>
            WireSip.OverTlsAsync(signalling.Secure.Tls, signalling.Certificate.Client("sip.example.com"));

        await connect.Should().ThrowAsync<AuthenticationException>();
    }

    [Fact]
    public async Task A_peer_that_speaks_no_TLS_is_hung_up_on_and_others_are_served()
    {
        await using var plain = await WireSip.OverTcpAsync(signalling.Secure.Tls);
        await plain.SendAsync(new WireCall(plain, "plain").Request("OPTIONS"));

        (await plain.IsClosedAsync(TimeSpan.FromSeconds(10))).Should().BeTrue();
        await using var wire = await WireSip.OverTlsAsync(signalling.Secure.Tls, signalling.Certificate.Client());
        await wire.SendAsync(new WireCall(wire, "tls").Request("OPTIONS"));
        (await wire.FinalAsync("OPTIONS")).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_call_is_placed_over_TLS_to_a_server_with_a_certificate_that_is_trusted()
    {
        await using var listener = WireListener.Open();
        var id = await Platform.PlaceAsync($"sip:callee@{listener.Local};transport=tls");
        await using var wire = await listener.AcceptTlsAsync(signalling.Certificate.Server());
        var callee = await WireCallee.InvitedAsync(wire);
        callee.Invite["Via"].Should().StartWith("SIP/2.0/TLS ");
        await callee.AnswerAsync();
        await Platform.ConnectedAsync(id);
        await callee.HangUpAsync();

        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_call_is_not_placed_to_a_server_whose_certificate_is_not_trusted()
    {
        var folder = Directory.CreateTempSubdirectory("ocp-untrusted-");
        try
        {
            await using var listener = WireListener.Open();
            var id = await Platform.PlaceAsync($"sip:callee@{listener.Local};transport=tls");
            var accept = async () =>
            {
                await using var wire = await listener.AcceptTlsAsync(TestCertificate.Make(folder.FullName).Server());
                await WireCallee.InvitedAsync(wire);
            };
            // With TLS 1.3 the server is done before its client has judged: then the connection just ends.
            (await accept.Should().ThrowAsync<Exception>())
                .Which.Should()
                .NotBeOfType<TimeoutException>();

            var record = await Platform.EndedCallAsync(id);
            record.Text("endCause", "by").Should().Be("network");
            record
                .GetProperty("ladder")
                .EnumerateArray()
                .Should()
                .NotContain(rung => rung.GetProperty("incoming").GetBoolean());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
