namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>How a call begins and ends, with SIPp as the caller (RFC 3261 §9, §13–§15).</summary>
[Collection(SignallingCollection.Name)]
public sealed class CallSetUpTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    private static SippScenario BasicCall => new SippScenario("A call").SetUp().Pause(300).Bye().Response(200);

    [Fact]
    public async Task A_caller_calls_and_hangs_up()
    {
        await Sipp.RunAsync(Platform, BasicCall, new SippOptions { Calls = 5, Service = "basic" });

        foreach (var call in await Platform.EndedCallsToAsync("basic", 5))
        {
            call.Text("endCause", "by").Should().Be("caller");
            call.Text("endCause", "reason").Should().Be("hungUp");
        }
    }

    [Fact]
    public async Task Every_call_is_set_up_and_ended_though_a_fifth_of_the_messages_is_lost()
    {
        var options = new SippOptions
        {
            Service = "lossy",
            Calls = 25,
            Rate = 25,
            LostPercent = 20,
            Deadline = TimeSpan.FromSeconds(60),
            More = ["-max_retrans", "10"],
        };
        await Sipp.RunAsync(Platform, BasicCall, options);

        foreach (var call in await Platform.EndedCallsToAsync("lossy", 25))
        {
            call.Text("endCause", "reason").Should().Be("hungUp");
        }
    }

    [Fact]
    public Task An_INVITE_without_an_offer_is_answered_with_ours() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("Delayed offer")
                .Invite(sdp: null)
                .Answered(matching: ["m=audio [1-9]", "a=sendrecv"])
                .Ack(SippSdp.Offer(formats: "8"))
                .Pause(300)
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task An_offer_without_a_common_codec_gets_488_with_the_cause() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("No codec")
                .Invite(SippSdp.Offer(formats: "18"))
                .Response(100, optional: true)
                .Response(488, matching: ["Warning: 3"])
                .AckRefusal()
        );

    [Fact]
    public async Task A_CANCEL_right_behind_the_INVITE_ends_it_by_487()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "cancel-early");
        // RFC 3261 §9.1 has the caller wait for a provisional response; not all do.
        await wire.SendAsync(call.Invite());
        await wire.SendAsync(call.Cancel());

        (await wire.FinalAsync("CANCEL")).Status.Should().Be(200);
        var refusal = await wire.FinalAsync("INVITE");
        await wire.SendAsync(call.AckOf(refusal));

        refusal.Status.Should().Be(487);
        (await Platform.EndedCallToAsync("cancel-early")).Text("endCause", "reason").Should().Be("cancelled");
    }

    [Fact]
    public async Task A_CANCEL_at_the_moment_of_the_answer_has_one_outcome_for_both_sides()
    {
        const int calls = 12;
        var answered = await Task.WhenAll(Enumerable.Range(0, calls).Select(CancelAboutTheAnswerAsync));

        var records = await Platform.EndedCallsToAsync("cancel-race", calls);
        records.Count(r => r.Text("endCause", "reason") == "hungUp").Should().Be(answered.Count(was => was));
        records.Count(r => r.Text("endCause", "reason") == "cancelled").Should().Be(answered.Count(was => !was));
    }

    private async Task<bool> CancelAboutTheAnswerAsync(int index)
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "cancel-race");
        await wire.SendAsync(call.Invite());
        await Task.Delay(SignallingPlatform.RingMs - 20 + (5 * index));
        await wire.SendAsync(call.Cancel());
        (await wire.FinalAsync("CANCEL")).Status.Should().Be(200);
        var outcome = await wire.FinalAsync("INVITE");
        if (outcome.Status == 200)
        {
            call.Answered(outcome);
            await wire.SendAsync(call.Ack());
            await call.HangUpAsync();
            return true;
        }
        outcome.Status.Should().Be(487);
        await wire.SendAsync(call.AckOf(outcome));
        return false;
    }

    [Fact]
    public async Task A_CANCEL_while_it_rings_ends_the_INVITE_by_487()
    {
        var scenario = new SippScenario("CANCEL after 180")
            .Invite(SippSdp.Offer())
            .Response(100, optional: true)
            .Response(180)
            .Cancel("Reason: SIP;cause=200;text=\"Call completed elsewhere\"")
            .Response(200)
            .Response(487, to: "INVITE", matching: ["To:.*;tag="])
            .AckRefusal();
        await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = "cancel" });

        var cause = (await Platform.EndedCallToAsync("cancel")).GetProperty("endCause");
        cause.Text("by").Should().Be("caller");
        cause.Text("reason").Should().Be("cancelled");
        cause.Text("sipStatus").Should().Be("487");
    }

    [Fact]
    public async Task A_CANCEL_that_crosses_the_200_changes_nothing()
    {
        var scenario = new SippScenario("CANCEL after 200")
            .Invite(SippSdp.Offer())
            .Answered()
            .Cancel()
            .Response(200)
            .Ack()
            .Pause(300)
            .Bye()
            .Response(200);
        await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = "cancel-late" });

        (await Platform.EndedCallToAsync("cancel-late")).Text("endCause", "reason").Should().Be("hungUp");
    }

    [Fact]
    public Task A_CANCEL_of_nothing_gets_481() =>
        Sipp.RunAsync(Platform, new SippScenario("CANCEL of nothing").Request("CANCEL", inDialog: false).Response(481));

    [Fact]
    public Task A_BYE_of_nothing_gets_481() =>
        Sipp.RunAsync(Platform, new SippScenario("BYE of nothing").SetUp().Bye().Response(200).Bye().Response(481));

    [Fact]
    public async Task A_BYE_before_the_answer_ends_the_INVITE_by_487()
    {
        var scenario = new SippScenario("BYE in the early dialog")
            .Invite(SippSdp.Offer())
            .Response(100, optional: true)
            .Response(180, routes: true)
            .Bye()
            .Response(200)
            .Response(487, to: "INVITE")
            .AckRefusal();
        await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = "early-bye" });

        (await Platform.EndedCallToAsync("early-bye")).Text("endCause", "by").Should().Be("caller");
    }

    [Fact]
    public async Task The_ladder_of_a_call_has_its_messages_in_order()
    {
        await Sipp.RunAsync(Platform, BasicCall, new SippOptions { Service = "ladder" });

        (await Platform.EndedCallToAsync("ladder"))
            .GetProperty("ladder")
            .EnumerateArray()
            .Select(rung => rung.Text("startLine").Split(' ')[0])
            .Should()
            .Equal("INVITE", "180", "200", "ACK", "BYE", "200");
    }
}
