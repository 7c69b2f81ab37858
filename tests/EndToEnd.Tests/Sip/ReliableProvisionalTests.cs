namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Provisional responses that must not be lost (RFC 3262).</summary>
[Collection(SignallingCollection.Name)]
public sealed class ReliableProvisionalTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public Task A_caller_that_requires_100rel_gets_it_and_acknowledges_by_PRACK() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("PRACK")
                .Invite(SippSdp.Offer(), headers: "Require: 100rel")
                .Response(100, optional: true)
                .ReliableResponse()
                .Prack()
                .Response(200)
                .Response(200, to: "INVITE", routes: true)
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task A_caller_that_only_supports_100rel_is_answered_either_way() =>
        Sipp.RunAsync(Platform, new SippScenario("100rel supported").SetUp("Supported: 100rel").Bye().Response(200));

    [Fact]
    public Task A_caller_without_100rel_is_never_asked_for_PRACK() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("No 100rel")
                .Invite(SippSdp.Offer())
                .Response(100, optional: true)
                .Response(180, lacking: ["RSeq:", "Require:.*100rel"])
                .Response(200, routes: true)
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public async Task A_reliable_response_comes_again_until_PRACK_and_the_answer_waits_for_it()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "prack-late");
        await wire.SendAsync(call.Invite(headers: "Require: 100rel"));
        var ringing = await wire.ResponseAsync(180);
        var again = await wire.ResponseAsync(180);
        again["RSeq"].Should().Be(ringing["RSeq"]).And.NotBeEmpty();

        call.Answered(again);
        await wire.SendAsync(call.Request("PRACK", headers: $"RAck: {again["RSeq"]} 1 INVITE"));
        (await wire.FinalAsync("PRACK")).Status.Should().Be(200);
        (await wire.FinalAsync("INVITE")).Status.Should().Be(200);
        await wire.SendAsync(call.Ack());
        await call.HangUpAsync();
    }

    [Fact]
    public Task A_PRACK_that_fits_nothing_gets_481() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("PRACK of nothing")
                .Invite(SippSdp.Offer(), headers: "Require: 100rel")
                .Response(100, optional: true)
                .ReliableResponse()
                .Request("PRACK", headers: ["RAck: 4711 1 INVITE"])
                .Response(481)
                .Prack()
                .Response(200)
                .Response(200, to: "INVITE", routes: true)
                .Ack()
                .Bye()
                .Response(200)
        );
}
