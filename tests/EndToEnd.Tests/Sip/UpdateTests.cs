namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>UPDATE changes a session before and after the answer (RFC 3311).</summary>
[Collection(SignallingCollection.Name)]
public sealed class UpdateTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public Task An_answered_call_is_held_and_resumed_by_UPDATE() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("UPDATE in a confirmed dialog")
                .SetUp()
                .Request("UPDATE", SippSdp.Offer("sendonly", version: 2))
                .Response(200, matching: ["a=recvonly", "Contact:"])
                .Request("UPDATE", SippSdp.Offer("sendrecv", version: 3))
                .Response(200, matching: ["a=sendrecv"])
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task An_UPDATE_without_an_offer_refreshes_and_is_answered_without_one() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("UPDATE without an offer")
                .SetUp()
                .Request("UPDATE")
                .Response(200, lacking: ["m=audio"])
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task The_answer_says_that_UPDATE_is_allowed() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("Allow")
                .Invite(SippSdp.Offer())
                .Answered(matching: ["Allow:.*UPDATE", "Allow:.*PRACK", "Allow:.*REFER"])
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task An_UPDATE_while_it_rings_is_answered() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("UPDATE in an early dialog")
                .Invite(SippSdp.Offer())
                .Response(100, optional: true)
                .Response(180, routes: true)
                .Request("UPDATE")
                .Response(200)
                .Response(200, to: "INVITE", routes: true)
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task An_offer_in_UPDATE_before_the_INVITEs_own_is_answered_gets_500_with_Retry_After() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("UPDATE with an offer too early")
                .Invite(SippSdp.Offer())
                .Response(100, optional: true)
                .Response(180, routes: true, lacking: ["m=audio"])
                .Request("UPDATE", SippSdp.Offer(version: 2))
                .Response(500, matching: ["Retry-After:"])
                .Response(200, to: "INVITE", routes: true)
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public async Task A_refused_offer_leaves_the_session_as_it_was()
    {
        var scenario = new SippScenario("UPDATE that is refused")
            .SetUp()
            .Request("UPDATE", SippSdp.Offer(version: 2, formats: "18"))
            .Response(488)
            .Request("UPDATE", SippSdp.Offer(version: 2))
            .Response(200, matching: ["m=audio [1-9][0-9]* RTP/AVP 0", "a=sendrecv"])
            .Bye()
            .Response(200);
        await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = "refused-update" });

        var record = await Platform.EndedCallToAsync("refused-update");
        record.Text("codec").Should().Be("PCMU");
        record.GetProperty("onHold").GetBoolean().Should().BeFalse();
    }
}
