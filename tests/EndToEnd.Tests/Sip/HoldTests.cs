namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Changes of a session in progress: hold and resume in all their forms, offers that are refused (RFC 3261 §14, RFC 3264 §8).</summary>
[Collection(SignallingCollection.Name)]
public sealed class HoldTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("sendonly", "recvonly")]
    [InlineData("inactive", "inactive")]
    [InlineData("recvonly", "sendonly")]
    public Task A_hold_is_answered_by_its_mirror_and_taken_back(string offered, string answered) =>
        Sipp.RunAsync(
            Platform,
            new SippScenario($"Hold by {offered}")
                .SetUp()
                .Pause(200)
                .Invite(SippSdp.Offer(offered, version: 2), inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: [$"a={answered}"])
                .Ack()
                .Pause(300)
                .Invite(SippSdp.Offer("sendrecv", version: 3), inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: ["a=sendrecv", "m=audio [1-9]"])
                .Ack()
                .Pause(200)
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task The_old_hold_by_the_address_0_0_0_0_is_one_too() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("Hold by 0.0.0.0")
                .SetUp()
                .Pause(200)
                .Invite(SippSdp.Offer("sendrecv", version: 2, address: "0.0.0.0"), inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: ["m=audio [1-9]"])
                .Ack()
                .Pause(300)
                .Invite(SippSdp.Offer("sendrecv", version: 3), inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: ["a=sendrecv"])
                .Ack()
                .Pause(200)
                .Bye()
                .Response(200)
        );

    [Fact]
    public async Task A_call_on_hold_is_told_as_such_and_not_after_it_was_taken_back()
    {
        await using var caller = Sipp.Start(
            Platform,
            new SippScenario("Hold")
                .SetUp()
                .Invite(SippSdp.Offer("inactive", version: 2), inDialog: true)
                .Response(100, optional: true)
                .Response(200)
                .Ack()
                .Pause(2500)
                .Invite(SippSdp.Offer("sendrecv", version: 3), inDialog: true)
                .Response(100, optional: true)
                .Response(200)
                .Ack()
                .Pause(2500)
                .Bye()
                .Response(200),
            new SippOptions { Service = "on-hold" }
        );
        await Platform.OnHoldAsync("on-hold", true);
        await Platform.OnHoldAsync("on-hold", false);
        await caller.SucceedsAsync();
    }

    [Fact]
    public Task A_refused_offer_leaves_the_session_as_it_was() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("re-INVITE with an offer that cannot be taken")
                .SetUp()
                .Invite(SippSdp.Offer(version: 2, formats: "18"), inDialog: true)
                .Response(100, optional: true)
                .Response(488)
                .AckRefusal()
                .Pause(300)
                .Invite(SippSdp.Offer(version: 2), inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: ["a=sendrecv"])
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task A_re_INVITE_without_an_offer_is_answered_with_the_session_as_our_offer() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("re-INVITE without an offer")
                .SetUp()
                .Invite(sdp: null, inDialog: true)
                .Response(100, optional: true)
                .Response(200, matching: ["m=audio [1-9]", "a=sendrecv"])
                .Ack(SippSdp.Offer(version: 2))
                .Pause(300)
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task A_request_older_than_the_last_gets_500() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("CSeq out of order")
                .SetUp()
                .Request("OPTIONS", cseqStep: 5)
                .Response(200)
                .Request("OPTIONS", cseqStep: -2)
                .Response(500)
                .Request("BYE", cseqStep: 3)
                .Response(200)
        );
}
