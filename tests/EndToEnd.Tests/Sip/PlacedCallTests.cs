namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>The platform is the caller (RFC 3261 §13.2): the other side is a bare socket that the test answers with.</summary>
[Collection(SignallingCollection.Name)]
public sealed class PlacedCallTests(SignallingPlatform signalling)
{
    private static readonly TimeSpan Resending = TimeSpan.FromSeconds(5);

    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task A_call_is_placed_answered_and_hung_up_by_the_other_side(string transport)
    {
        await using var listener = transport == "tcp" ? WireListener.Open() : null;
        await using var udp = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:callee@{listener?.Local ?? udp.Local};transport={transport}");
        await using var accepted = listener is null ? null : await listener.AcceptAsync();
        var wire = accepted ?? udp;
        var callee = await WireCallee.InvitedAsync(wire);
        await callee.ReplyAsync("180 Ringing");
        await callee.AnswerAsync();
        await Platform.ConnectedAsync(id);
        await callee.HangUpAsync();

        var record = await Platform.EndedCallAsync(id);
        record.Text("direction").Should().Be("outbound");
        record.Text("endCause", "reason").Should().Be("hungUp");
    }

    [Fact]
    public async Task A_placed_call_is_hung_up_by_the_API()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var (id, callee) = await ConnectAsync(wire);

        var hangUp = Platform.DoAsync(id, "hangup");
        await callee.TakeAsync("BYE");
        await hangUp;

        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_placed_call_that_is_given_up_while_it_rings_is_cancelled()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:callee@{wire.Local}");
        var callee = await WireCallee.InvitedAsync(wire);
        await callee.ReplyAsync("180 Ringing");

        var hangUp = Platform.AskAsync(id, "hangup");
        var cancel = await wire.RequestAsync("CANCEL");
        cancel["Via"].Should().Be(callee.Invite["Via"], "a CANCEL belongs to the INVITE's transaction");
        await wire.SendAsync(WireCall.Reply(cancel, "200 OK", callee.Tag));
        await callee.ReplyAsync("487 Request Terminated");
        await callee.AckAsync();
        await hangUp;

        await Platform.EndedCallAsync(id);
    }

    [Theory]
    [InlineData("486 Busy Here", 486)]
    [InlineData("404 Not Found", 404)]
    [InlineData("603 Decline", 603)]
    public async Task A_refusal_is_acknowledged_and_told_in_the_record(string statusLine, int status)
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:callee@{wire.Local}");
        var callee = await WireCallee.InvitedAsync(wire);
        await callee.ReplyAsync(statusLine);
        await callee.AckAsync();

        (await Platform.EndedCallAsync(id)).Text("endCause", "sipStatus").Should().Be($"{status}");
    }

    [Fact]
    public async Task Of_two_early_dialogs_the_one_that_answers_becomes_the_call()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:forked@{wire.Local}");
        var first = await WireCallee.InvitedAsync(wire);
        var second = new WireCallee(wire, first.Invite);
        await first.ReplyAsync("180 Ringing");
        await second.ReplyAsync("183 Session Progress", WireCall.Sdp);
        await first.ReplyAsync("183 Session Progress", WireCall.Sdp);

        var ack = await second.AnswerAsync();
        await Platform.ConnectedAsync(id);

        ack.Parameter("To", "tag").Should().Be(second.Tag);
        var hangUp = Platform.DoAsync(id, "hangup");
        (await second.TakeAsync("BYE")).Parameter("To", "tag").Should().Be(second.Tag);
        await hangUp;
    }

    [Fact]
    public async Task A_second_answer_of_another_branch_is_acknowledged_and_hung_up_on()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:forked@{wire.Local}");
        var first = await WireCallee.InvitedAsync(wire);
        var second = new WireCallee(wire, first.Invite);
        await first.ReplyAsync("180 Ringing");
        await second.ReplyAsync("180 Ringing");
        await first.AnswerAsync();

        await second.AnswerAsync();
        await second.TakeAsync("BYE");

        // The first goes on as if nothing had been.
        await Platform.ConnectedAsync(id);
        await first.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task An_answer_that_comes_again_is_acknowledged_again()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var (id, callee) = await ConnectAsync(wire);
        await callee.ReplyAsync("200 OK", WireCall.Sdp);

        await callee.AckAsync();
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task An_INVITE_that_is_not_answered_at_all_is_sent_again()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:callee@{wire.Local}");
        var first = await wire.RequestAsync("INVITE");
        var again = await wire.RequestAsync("INVITE", Resending);
        again.ToString().Should().Be(first.ToString());

        var callee = new WireCallee(wire, again);
        await callee.AnswerAsync();
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task Every_placed_call_is_set_up_and_ended_though_a_fifth_of_the_messages_is_lost()
    {
        const int calls = 10;
        var callee = new SippScenario("A callee behind a bad line") { User = "lossy-callee" }
            .Incoming("INVITE", routes: true)
            .Reply("200 OK", tag: "L", body: SippSdp.Offer(formats: "0"), contact: true, retransmitted: true)
            // When it is lost, the BYE comes next.
            .Incoming("ACK", optional: true)
            .Incoming("BYE", timeoutMs: 32_000)
            .Reply("200 OK");
        await using var sipp = Sipp.Start(
            Platform,
            callee,
            new SippOptions
            {
                Calls = calls,
                LostPercent = 20,
                Deadline = TimeSpan.FromSeconds(60),
            }
        );
        var target = $"sip:lossy-callee@{SignallingPlatform.TrunkAddress}:{sipp.Port}";
        var ids = await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => Platform.PlaceAsync(target)));
        await Task.WhenAll(ids.Select(ConnectAndHangUpAsync));
        await sipp.SucceedsAsync();

        async Task ConnectAndHangUpAsync(string id)
        {
            await Platform.ConnectedAsync(id);
            await Platform.DoAsync(id, "hangup");
            (await Platform.EndedCallAsync(id)).Text("endCause", "by").Should().Be("operator");
        }
    }

    [Fact]
    public async Task A_session_interval_that_is_too_small_for_the_other_side_is_asked_for_anew()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:callee@{wire.Local}");
        var refused = await WireCallee.InvitedAsync(wire);
        refused.Invite["Session-Expires"].Should().StartWith("1800");
        await refused.ReplyAsync("422 Session Interval Too Small", headers: "Min-SE: 3600");
        await refused.AckAsync();

        var callee = await WireCallee.InvitedAsync(wire);
        callee.Invite["Min-SE"].Should().Be("3600");
        callee.Invite["Session-Expires"].Should().StartWith("3600");
        callee.Invite["Call-ID"].Should().Be(refused.Invite["Call-ID"], "RFC 4028 §7.3");
        await callee.AnswerAsync();
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task The_other_side_is_put_on_hold_and_taken_back()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var (id, callee) = await ConnectAsync(wire);

        var hold = Platform.DoAsync(id, "hold");
        var offer = await callee.TakeAsync("INVITE", body: WireCall.SdpOf("recvonly", 2));
        await callee.AckAsync();
        await hold;
        offer.Body.Should().Contain("a=sendonly");

        var resume = Platform.DoAsync(id, "resume");
        offer = await callee.TakeAsync("INVITE", body: WireCall.SdpOf("sendrecv", 3));
        await callee.AckAsync();
        await resume;
        offer.Body.Should().NotContain("a=sendonly").And.NotContain("a=inactive");
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task A_hold_that_crosses_the_other_sides_offer_is_refused_and_tried_again()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var (id, callee) = await ConnectAsync(wire);

        var hold = Platform.DoAsync(id, "hold");
        var crossed = await callee.RequestAsync("INVITE");
        var ours = await callee.SendAsync("INVITE", WireCall.SdpOf("sendrecv", 2), "application/sdp");
        (await wire.FinalAsync("INVITE")).Status.Should().Be(491, "RFC 3261 §14.2");
        await callee.AcknowledgeRefusalAsync(ours);
        await callee.ReplyAsync("491 Request Pending", to: crossed);
        await callee.AckAsync();
        var offer = await callee.TakeAsync("INVITE", body: WireCall.SdpOf("recvonly", 3));
        await callee.AckAsync();

        await hold;
        offer.Body.Should().Contain("a=sendonly");
        offer["CSeq"].Should().NotBe(crossed["CSeq"]);
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    [Fact]
    public async Task After_a_reINVITE_with_another_Contact_requests_go_there()
    {
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        await using var moved = WireSip.OverUdp(Platform.Ports.Sip);
        var (id, callee) = await ConnectAsync(wire);
        callee.Contact = $"<sip:callee@{moved.Local}>";
        var reinvite = await callee.SendAsync("INVITE", WireCall.SdpOf("sendrecv", 2), "application/sdp");
        (await wire.FinalAsync("INVITE")).Status.Should().Be(200);
        await callee.SendAsync("ACK", cseq: 1);
        reinvite.Should().Contain(moved.Local);

        var hangUp = Platform.DoAsync(id, "hangup");
        var bye = await moved.RequestAsync("BYE");
        await moved.SendAsync(WireCall.Reply(bye, "200 OK"));
        await hangUp;

        bye.StartLine.Should().Contain(moved.Local);
    }

    /// <summary>A call of the platform to a wire, answered.</summary>
    private async Task<(string Id, WireCallee Callee)> ConnectAsync(WireSip wire)
    {
        var id = await Platform.PlaceAsync($"sip:callee@{wire.Local}");
        var callee = await WireCallee.InvitedAsync(wire);
        await callee.AnswerAsync();
        await Platform.ConnectedAsync(id);
        return (id, callee);
    }
}
