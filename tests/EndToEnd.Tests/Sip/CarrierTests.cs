namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Calls out over a carrier's trunk: its password, its second target, its guards.</summary>
[Collection(SignallingCollection.Name)]
public sealed class CarrierTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_call_goes_to_the_second_target_when_the_first_says_503()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.First);
        await using var second = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.Second);
        var id = await Platform.PlaceAsync("+4930123456", trunk: "carrier");
        var refused = await WireCallee.InvitedAsync(first);
        await refused.ReplyAsync("503 Service Unavailable");
        (await refused.AckAsync())["Via"].Should().Be(refused.Invite["Via"]);
        var callee = await WireCallee.InvitedAsync(second);
        callee.Invite.Parameter("Via", "branch").Should().NotBe(refused.Invite.Parameter("Via", "branch"));
        await callee.AnswerAsync();
        await Platform.ConnectedAsync(id);
        await callee.HangUpAsync();

        (await Platform.EndedCallAsync(id)).Text("trunk").Should().Be("carrier");
    }

    [Fact]
    public async Task A_call_goes_to_the_second_target_when_the_first_says_nothing()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.First);
        await using var second = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.Second);
        var id = await Platform.PlaceAsync("+4930123456", trunk: "carrier");
        await first.RequestAsync("INVITE");
        var callee = await WireCallee.InvitedAsync(second);
        await callee.AnswerAsync();
        await callee.HangUpAsync();

        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_busy_callee_is_final_and_the_second_target_is_not_tried()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.First);
        var id = await Platform.PlaceAsync("+4930123456", trunk: "carrier");
        var busy = await WireCallee.InvitedAsync(first);
        await busy.ReplyAsync("486 Busy Here");
        await busy.AckAsync();

        var record = await Platform.EndedCallAsync(id);
        record.Text("endCause", "sipStatus").Should().Be("486");
        record
            .GetProperty("ladder")
            .EnumerateArray()
            .Count(rung => rung.Text("startLine").StartsWith("INVITE "))
            .Should()
            .Be(1);
    }

    [Theory]
    [InlineData("401 Unauthorized", "WWW-Authenticate", "Authorization", "INVITE")]
    [InlineData("407 Proxy Authentication Required", "Proxy-Authenticate", "Proxy-Authorization", "INVITE")]
    public async Task A_carriers_challenge_is_answered_with_the_trunks_password(
        string statusLine,
        string challenge,
        string credentials,
        string method
    )
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.First);
        var id = await Platform.PlaceAsync("+4930123456", trunk: "carrier");
        var challenged = await WireCallee.InvitedAsync(first);
        await challenged.ReplyAsync(
            statusLine,
            headers: [$"{challenge}: Digest realm=\"carrier\", nonce=\"once\", qop=\"auth\", algorithm=MD5"]
        );
        await challenged.AckAsync();

        var callee = await WireCallee.InvitedAsync(first);
        callee.Invite["CSeq"].Should().NotBe(challenged.Invite["CSeq"]);
        callee.Invite["Call-ID"].Should().Be(challenged.Invite["Call-ID"]);
        var uri = callee.Invite.StartLine.Split(' ')[1];
        Digest
            .ResponseIn(callee.Invite[credentials])
            .Should()
            .Be(
                Digest.Response(
                    "account",
                    "carrier",
                    SignallingPlatform.Password,
                    method,
                    uri,
                    callee.Invite[credentials]
                )
            );
        await callee.AnswerAsync();
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_number_that_the_guards_do_not_allow_is_not_called()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip, own: signalling.Carrier.First);
        var id = await Platform.PlaceAsync("+1900123456", trunk: "carrier");

        var record = await Platform.EndedCallAsync(id);
        record.Text("endCause", "detail").Should().Contain("carrier");
        // Had it left, it would be the first to come here.
        var allowed = await Platform.PlaceAsync("+4930123456", trunk: "carrier");
        var callee = await WireCallee.InvitedAsync(first);
        callee.Invite.StartLine.Should().Contain("+4930123456");
        await callee.ReplyAsync("486 Busy Here");
        await callee.AckAsync();
        await Platform.EndedCallAsync(allowed);
    }
}
