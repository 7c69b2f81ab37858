namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Transfers: REFER towards the platform, which then calls (RFC 3515, RFC 5589), and INVITE with Replaces (RFC 3891).</summary>
[Collection(SignallingCollection.Name)]
public sealed class TransferTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("u1", "udp")]
    [InlineData("t1", "tcp")]
    public async Task A_blind_transfer_calls_the_target_and_tells_how_it_goes(string transport, string targetTransport)
    {
        await using var target = Sipp.Start(
            Platform,
            Callee("Target of a transfer", matching: ["Referred-By:"]),
            new SippOptions { Service = "target", Transport = transport }
        );
        var refer = new SippScenario("Blind transfer")
            .SetUp()
            .Request(
                "REFER",
                headers:
                [
                    $"Refer-To: <sip:target@{SignallingPlatform.TrunkAddress}:{target.Port};transport={targetTransport}>",
                    "Referred-By: <sip:sipp@[local_ip]:[local_port]>",
                ]
            )
            .Response(202)
            .Incoming(
                "NOTIFY",
                matching:
                [
                    "Event: *refer",
                    "Subscription-State: *active",
                    "Content-Type: *message/sipfrag",
                    "SIP/2.0 100",
                ]
            )
            .Reply("200 OK")
            .FinalNotify("SIP/2.0 200")
            .Incoming("BYE")
            .Reply("200 OK");
        var user = $"transferred-{targetTransport}";
        await Sipp.RunAsync(Platform, refer, new SippOptions { Service = user, Transport = transport });
        // The conversation goes on with the target.
        await Platform.DoAsync(await Platform.LiveCallIdAsync(user), "hangup");
        await target.SucceedsAsync();
    }

    [Fact]
    public async Task A_transfer_to_a_busy_target_is_told_as_failed_and_the_call_goes_on()
    {
        await using var target = Sipp.Start(
            Platform,
            new SippScenario("Busy")
                .Incoming("INVITE")
                .Reply("486 Busy Here", tag: "B", retransmitted: true)
                .Incoming("ACK"),
            new SippOptions { Service = "busy" }
        );
        var refer = new SippScenario("Transfer to the busy")
            .SetUp()
            .Request("REFER", headers: [$"Refer-To: <sip:busy@{SignallingPlatform.TrunkAddress}:{target.Port}>"])
            .Response(202)
            .Incoming("NOTIFY", matching: ["SIP/2.0 100"])
            .Reply("200 OK")
            .FinalNotify("SIP/2.0 486")
            .Request("OPTIONS")
            .Response(200)
            .Bye()
            .Response(200);
        await Sipp.RunAsync(Platform, refer);
        await target.SucceedsAsync();
    }

    [Fact]
    public async Task An_attended_transfer_calls_the_target_in_place_of_the_dialog_it_names()
    {
        await using var target = Sipp.Start(
            Platform,
            Callee(
                "Target with Replaces",
                matching: ["Replaces: *consult-1@sipp.invalid;", "to-tag=target-1", "from-tag=sipp-1"]
            ),
            new SippOptions { Service = "target" }
        );
        var replaces = "consult-1%40sipp.invalid%3Bto-tag%3Dtarget-1%3Bfrom-tag%3Dsipp-1";
        var refer = new SippScenario("Attended transfer")
            .SetUp()
            .Request(
                "REFER",
                headers: [$"Refer-To: <sip:target@{SignallingPlatform.TrunkAddress}:{target.Port}?Replaces={replaces}>"]
            )
            .Response(202)
            .Incoming("NOTIFY", matching: ["SIP/2.0 100"])
            .Reply("200 OK")
            .FinalNotify("SIP/2.0 200")
            .Incoming("BYE")
            .Reply("200 OK");
        await Sipp.RunAsync(Platform, refer, new SippOptions { Service = "attended" });
        await Platform.DoAsync(await Platform.LiveCallIdAsync("attended"), "hangup");
        await target.SucceedsAsync();
    }

    [Fact]
    public Task A_REFER_that_names_no_target_gets_400() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("REFER without Refer-To").SetUp().Request("REFER").Response(400).Bye().Response(200)
        );

    [Fact]
    public async Task An_INVITE_with_Replaces_takes_the_call_over_and_hangs_up_on_the_first_caller()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip);
        await using var second = WireSip.OverUdp(Platform.Ports.Sip);
        var replaced = new WireCall(first, "replaced");
        await replaced.SetUpAsync();
        var taking = new WireCall(second, "replaced");
        await second.SendAsync(
            taking.Invite(
                headers:
                [
                    "Require: replaces",
                    $"Replaces: {replaced.CallId};to-tag={replaced.ToTag};from-tag={replaced.FromTag}",
                ]
            )
        );

        var answer = await second.FinalAsync("INVITE");
        answer.Status.Should().Be(200, answer.ToString());
        taking.Answered(answer);
        await second.SendAsync(taking.Ack());
        var bye = await first.RequestAsync("BYE");
        bye["Call-ID"].Should().Be(replaced.CallId);
        await first.SendAsync(WireCall.Reply(bye, "200 OK"));
        await taking.HangUpAsync();
    }

    [Fact]
    public async Task An_INVITE_that_replaces_nothing_gets_481()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "replaces-nothing");
        await wire.SendAsync(call.Invite(headers: "Replaces: nobody@wire.invalid;to-tag=1;from-tag=2"));

        var refusal = await wire.FinalAsync("INVITE");
        await wire.SendAsync(call.AckOf(refusal));

        refusal.Status.Should().Be(481);
    }

    /// <summary>A callee that answers and is hung up on, sooner or later.</summary>
    private static SippScenario Callee(string name, string[] matching) =>
        new SippScenario(name) { User = "target" }
            .Incoming("INVITE", routes: true, matching: matching)
            .Reply("200 OK", tag: "C", body: SippSdp.Offer(formats: "0"), contact: true, retransmitted: true)
            .Incoming("ACK")
            .Incoming("BYE", timeoutMs: 15_000)
            .Reply("200 OK");
}
