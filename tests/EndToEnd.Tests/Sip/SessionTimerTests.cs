namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Session timers (RFC 4028). The shortest that the RFC allows is 90 s, so what must be waited for runs beside the other tests.</summary>
[Collection(SignallingCollection.Name)]
public sealed class SessionTimerTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public Task Too_short_an_interval_gets_422_with_the_least_and_that_is_taken() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("422")
                .Invite(SippSdp.Offer(), headers: ["Supported: timer", "Session-Expires: 30"])
                .Response(100, optional: true)
                .Response(422, matching: ["Min-SE: *90"])
                .AckRefusal()
                .Invite(SippSdp.Offer(), headers: ["Supported: timer", "Session-Expires: 90", "Min-SE: 90"])
                .Answered(matching: ["Session-Expires: *90"])
                .Ack()
                .Bye()
                .Response(200)
        );

    [Theory]
    [InlineData("uac")]
    [InlineData("uas")]
    public Task The_refresher_that_the_caller_names_is_kept(string refresher) =>
        Sipp.RunAsync(
            Platform,
            new SippScenario($"refresher={refresher}")
                .Invite(SippSdp.Offer(), headers: ["Supported: timer", $"Session-Expires: 1800;refresher={refresher}"])
                // Whoever must see to it that the other refreshes is told by Require (RFC 4028 §9).
                .Answered(
                    matching:
                    [
                        $"Session-Expires: *1800; *refresher={refresher}",
                        .. refresher == "uac" ? (string[])["Require:.*timer"] : [],
                    ]
                )
                .Ack()
                .Request("UPDATE", headers: ["Supported: timer", $"Session-Expires: 1800;refresher={refresher}"])
                .Response(200, matching: ["Session-Expires: *1800"])
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task A_caller_that_knows_no_timers_is_not_bothered() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("No timer")
                .Invite(SippSdp.Offer())
                .Answered(lacking: ["Require:.*timer", "refresher=uac"])
                .Ack()
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task As_refresher_the_platform_sends_UPDATE_at_half_time() => signalling.LongCalls.RefreshByUpdate;

    [Fact]
    public Task To_a_peer_without_UPDATE_it_sends_a_re_INVITE_and_after_491_another() =>
        signalling.LongCalls.RefreshByReinviteAfterGlare;

    [Fact]
    public Task A_re_INVITE_that_crosses_the_platforms_own_gets_491() => signalling.LongCalls.GlareAtThePlatform;

    [Fact]
    public Task A_call_whose_caller_refreshes_goes_on() => signalling.LongCalls.RefreshedByCaller;

    [Fact]
    public async Task A_call_whose_caller_does_not_refresh_is_hung_up_before_it_expires()
    {
        await signalling.LongCalls.NotRefreshed;

        var record = await Platform.EndedCallToAsync(LongCalls.NotRefreshedUser);
        record.Text("endCause", "reason").Should().Be("sessionExpired");
    }
}
