namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>The platform transfers: it refers the other side to somebody else (RFC 3515, RFC 5589), or calls that one itself.</summary>
[Collection(SignallingCollection.Name)]
public sealed class TransferByPlatformTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_blind_transfer_refers_the_caller_and_hangs_up_when_it_has_arrived()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "transfer-out");
        await call.SetUpAsync();
        var id = await Platform.LiveCallIdAsync("transfer-out");

        var transfer = Platform.DoAsync(id, "transfer", new { target = "sip:target@192.0.2.1" });
        var refer = await wire.RequestAsync("REFER");
        refer.Uri("Refer-To").Should().Be("sip:target@192.0.2.1");
        refer["Referred-By"].Should().NotBeEmpty("RFC 3892");
        await wire.SendAsync(WireCall.Reply(refer, "202 Accepted"));
        await call.NotifyAsync("SIP/2.0 100 Trying", "active;expires=60");
        await call.NotifyAsync("SIP/2.0 200 OK", "terminated;reason=noresource");
        var bye = await wire.RequestAsync("BYE");
        await wire.SendAsync(WireCall.Reply(bye, "200 OK"));
        await transfer;

        (await Platform.EndedCallAsync(id)).Text("endCause", "reason").Should().Be("transferred");
    }

    [Fact]
    public async Task A_transfer_that_fails_is_told_and_the_call_goes_on()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "transfer-fails");
        await call.SetUpAsync();
        var id = await Platform.LiveCallIdAsync("transfer-fails");

        var transfer = Platform.AskAsync(id, "transfer", new { target = "sip:busy@192.0.2.1" });
        var refer = await wire.RequestAsync("REFER");
        await wire.SendAsync(WireCall.Reply(refer, "202 Accepted"));
        await call.NotifyAsync("SIP/2.0 486 Busy Here", "terminated;reason=noresource");

        var (status, answer) = await transfer;
        status.Should().Be(422);
        answer.Text("sipStatus").Should().Be("486");
        await call.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_REFER_that_is_refused_is_told_with_its_status()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "transfer-refused");
        await call.SetUpAsync();
        var id = await Platform.LiveCallIdAsync("transfer-refused");

        var transfer = Platform.AskAsync(id, "transfer", new { target = "sip:target@192.0.2.1" });
        var refer = await wire.RequestAsync("REFER");
        await wire.SendAsync(WireCall.Reply(refer, "603 Decline"));

        var (status, answer) = await transfer;
        status.Should().Be(422);
        answer.Text("sipStatus").Should().Be("603");
        await call.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task An_attended_transfer_names_the_consultations_dialog()
    {
        await using var caller = WireSip.OverUdp(Platform.Ports.Sip);
        await using var expert = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(caller, "transfer-attended");
        await call.SetUpAsync();
        var id = await Platform.LiveCallIdAsync("transfer-attended");
        var consultation = await Platform.PlaceAsync($"sip:expert@{expert.Local}");
        var consulted = await WireCallee.InvitedAsync(expert);
        await consulted.AnswerAsync();
        await Platform.ConnectedAsync(consultation);

        var transfer = Platform.DoAsync(id, "transfer", new { consultation });
        var refer = await caller.RequestAsync("REFER");
        var referTo = refer.Uri("Refer-To");
        referTo.Should().StartWith($"sip:callee@{expert.Local}");
        // The dialog as the expert sees it: its own tag is the To tag (RFC 3891 §3).
        Uri.UnescapeDataString(referTo[(referTo.IndexOf('?') + 1)..])
            .Should()
            .Contain($"Replaces={consulted.Invite["Call-ID"]}")
            .And.Contain($"to-tag={consulted.Tag}")
            .And.Contain($"from-tag={consulted.Invite.Parameter("From", "tag")}");
        await caller.SendAsync(WireCall.Reply(refer, "202 Accepted"));
        await call.NotifyAsync("SIP/2.0 200 OK", "terminated;reason=noresource");
        await caller.SendAsync(WireCall.Reply(await caller.RequestAsync("BYE"), "200 OK"));
        await transfer;

        // The expert's side of it: the caller's INVITE with Replaces came there, so it hangs up on the platform.
        await consulted.HangUpAsync();
        await Platform.EndedCallAsync(consultation);
    }

    [Fact]
    public async Task The_platform_calls_the_next_party_itself_and_then_hangs_up_on_the_first()
    {
        await using var first = WireSip.OverUdp(Platform.Ports.Sip);
        await using var second = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(first, "replaced-by-us");
        await call.SetUpAsync();
        var id = await Platform.LiveCallIdAsync("replaced-by-us");

        var replace = Platform.DoAsync(
            id,
            "replace",
            new { target = $"sip:next@{second.Local}", replaces = "consult@wire.invalid;to-tag=1;from-tag=2" }
        );
        var next = await WireCallee.InvitedAsync(second);
        next.Invite["Replaces"].Should().Be("consult@wire.invalid;to-tag=1;from-tag=2");
        await next.AnswerAsync();
        await first.SendAsync(WireCall.Reply(await first.RequestAsync("BYE"), "200 OK"));
        await replace;
        await next.HangUpAsync();

        (await Platform.EndedCallAsync(id)).GetProperty("peers").GetArrayLength().Should().Be(1);
    }
}
