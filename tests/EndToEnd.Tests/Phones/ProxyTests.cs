using OCPlatform.EndToEnd.Tests.Sip;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>A proxy stands between caller and platform and stays in the dialog (RFC 3261 §12.1.1, §16.6): every request must take its way.</summary>
[Collection(SignallingCollection.Name)]
public sealed class ProxyTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("u1", "udp")]
    [InlineData("t1", "tcp")]
    [InlineData("u1", "tcp")]
    public async Task A_call_through_a_proxy_is_changed_and_ended_by_the_caller(string callerSide, string platformSide)
    {
        await using var proxy = await Kamailio.StartAsync(Platform.Ports.Sip, platformSide);
        var user = $"proxied-{callerSide}-{platformSide}";
        var scenario = new SippScenario("A call through a proxy")
            .SetUp()
            .Pause(200)
            .Invite(SippSdp.Offer("sendonly", version: 2), inDialog: true)
            .Response(100, optional: true)
            .Response(200, matching: ["a=recvonly"])
            .Ack()
            .Bye()
            .Response(200);
        var options = new SippOptions { Service = user, Transport = callerSide };
        await Sipp.RunAsync(Platform, scenario, options, $"{Kamailio.Address}:{proxy.Port}");

        (await Platform.EndedCallToAsync(user)).Text("endCause", "reason").Should().Be("hungUp");
    }

    [Theory]
    [InlineData("u1", "udp")]
    [InlineData("t1", "tcp")]
    [InlineData("u1", "tcp")]
    public async Task A_CANCEL_through_a_proxy_reaches_its_INVITE(string callerSide, string platformSide)
    {
        await using var proxy = await Kamailio.StartAsync(Platform.Ports.Sip, platformSide);
        var scenario = new SippScenario("CANCEL through a proxy")
            .Invite(SippSdp.Offer())
            .Response(100, optional: true)
            .Response(180)
            .Cancel()
            .Response(200)
            .Response(487, to: "INVITE")
            .AckRefusal();
        await Sipp.RunAsync(
            Platform,
            scenario,
            new SippOptions { Transport = callerSide },
            $"{Kamailio.Address}:{proxy.Port}"
        );
    }

    [Theory]
    [InlineData("udp", "udp")]
    [InlineData("tcp", "tcp")]
    [InlineData("tcp", "udp")]
    public async Task A_phone_behind_a_proxy_is_hung_up_on_along_its_route(string phoneSide, string platformSide)
    {
        await using var proxy = await Kamailio.StartAsync(Platform.Ports.Sip, platformSide);
        var user = $"behind-{phoneSide}-{platformSide}";
        var account = new PhoneAccount("guest", "", phoneSide, $"{Kamailio.Address}:{proxy.Port}");
        await using var phone = await Baresip.StartAsync(account);
        await phone.CallAsync(user);
        await Platform.AgentSpokeAsync(user);
        await phone.PressAsync('9');
        await phone.HungUpByPeerAsync();

        var record = await Platform.EndedCallToAsync(user);
        record.Text("endCause", "by").Should().Be("agent");
        record.Text("remoteAddress").Should().StartWith($"{Kamailio.Address}:");
    }
}
