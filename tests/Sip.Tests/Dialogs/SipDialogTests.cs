using System.Text.Json;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Dialogs;

public class SipDialogTests
{
    private const string InviteText =
        "INVITE sip:bob@192.0.2.4 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKp\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\n"
        + "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>\nFrom: Alice <sip:alice@example.com>;tag=alice\nTo: Bob <sip:bob@example.com>\n"
        + "Call-ID: dialog\nCSeq: 314 INVITE\nContact: <sip:alice@192.0.2.1:5062>\nMax-Forwards: 70\n\n";

    private static readonly SipRequest Invite = SipSamples.Request(InviteText);

    private static SipDialog Uas() => SipDialog.CreateUas(Invite, "bob", SipUri.Parse("sip:call-1@192.0.2.4"))!;

    private static (SipRequest Invite, SipResponse Ok) AsSeenByAlice()
    {
        var response = SipResponse.Create(Invite, 200, toTag: "bob");
        response.Headers.Add("Contact", "<sip:bob@192.0.2.4:5070>");
        return (Invite, SipSamples.Response(response.ToString()));
    }

    private static SipDialog Uac()
    {
        var (invite, ok) = AsSeenByAlice();
        return SipDialog.CreateUac(invite, ok)!;
    }

    [Fact]
    public void The_callees_dialog_takes_the_route_in_order_and_the_callers_the_other_way_round()
    {
        Uas().State.RouteSet.Should().Equal("<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>");
        Uac().State.RouteSet.Should().Equal("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>");
    }

    [Fact]
    public void The_callees_bye_goes_back_along_the_route_to_the_callers_contact()
    {
        var bye = Uas().CreateRequest(SipMethod.Bye);
        bye.RequestUri.ToString().Should().Be("sip:alice@192.0.2.1:5062");
        bye.Routes.Select(r => r.Uri.Host).Should().Equal("p2.example.com", "p1.example.com");
        bye.From.ToString().Should().Be("\"Bob\" <sip:bob@example.com>;tag=bob");
        bye.To.ToString().Should().Be("\"Alice\" <sip:alice@example.com>;tag=alice");
        bye.CSeq.Should().Be(new CSeq(1, "BYE"));
        bye.MaxForwards.Should().Be(70);
        bye.Contact.Should().BeNull("BYE refreshes no target");
    }

    [Fact]
    public void Requests_that_refresh_the_target_carry_our_contact_and_count_up()
    {
        var dialog = Uas();
        dialog.CreateRequest(SipMethod.Invite).Contact!.Uri.ToString().Should().Be("sip:call-1@192.0.2.4");
        dialog.SetLocalTarget(SipUri.Parse("sip:call-1@192.0.2.99"));
        var second = dialog.CreateRequest(SipMethod.Update);
        second.Contact!.Uri.Host.Should().Be("192.0.2.99");
        second.CSeq.Number.Should().Be(2);
    }

    [Fact]
    public void The_ack_of_a_2xx_has_the_number_and_credentials_of_the_invite()
    {
        var (_, ok) = AsSeenByAlice();
        var invite = Invite.Clone();
        invite.Headers.Add("Proxy-Authorization", "Digest username=\"a\"");
        var dialog = SipDialog.CreateUac(invite, ok)!;
        dialog.CreateRequest(SipMethod.Info);
        var ack = dialog.CreateAck(invite);
        ack.CSeq.Should().Be(new CSeq(314, "ACK"));
        ack.RequestUri.ToString().Should().Be("sip:bob@192.0.2.4:5070");
        ack.Routes.Should().HaveCount(2);
        ack.Headers["Proxy-Authorization"].Should().Be("Digest username=\"a\"");
        ack.To.Tag.Should().Be("bob");
    }

    [Fact]
    public void A_strict_router_gets_itself_in_the_request_uri_and_the_target_last_in_the_route()
    {
        var dialog = new SipDialog(
            Uas().State with
            {
                RouteSet = ["<sip:strict.example.com;transport=udp;method=INVITE?h=v>", "<sip:p1.example.com;lr>"],
            }
        );
        var bye = dialog.CreateRequest(SipMethod.Bye);
        bye.RequestUri.ToString().Should().Be("sip:strict.example.com;transport=udp");
        bye.Routes.Select(r => r.Uri.ToString()).Should().Equal("sip:p1.example.com;lr", "sip:alice@192.0.2.1:5062");
        dialog.NextHop.Host.Should().Be("strict.example.com");
    }

    [Fact]
    public void The_next_hop_is_the_first_route_or_the_target()
    {
        Uas().NextHop.Host.Should().Be("p2.example.com");
        new SipDialog(Uas().State with { RouteSet = [] }).NextHop.ToString().Should().Be("sip:alice@192.0.2.1:5062");
    }

    [Fact]
    public void Old_requests_are_out_of_order_and_ack_and_cancel_do_not_count()
    {
        var dialog = Uas();
        dialog.OnRequest(FromAlice("ACK", 314)).Should().Be(SipDialogCheck.Accepted);
        dialog.OnRequest(FromAlice("INFO", 320)).Should().Be(SipDialogCheck.Accepted);
        dialog.OnRequest(FromAlice("INFO", 320)).Should().Be(SipDialogCheck.OutOfOrder);
        dialog.OnRequest(FromAlice("BYE", 319)).Should().Be(SipDialogCheck.OutOfOrder);
        dialog.OnRequest(FromAlice("ACK", 314)).Should().Be(SipDialogCheck.Accepted);
        dialog.OnRequest(FromAlice("BYE", 321)).Should().Be(SipDialogCheck.Accepted);
    }

    [Fact]
    public void A_request_with_other_tags_or_call_id_is_of_another_dialog()
    {
        var dialog = Uas();
        dialog.OnRequest(FromAlice("BYE", 400, fromTag: "mallory")).Should().Be(SipDialogCheck.OtherDialog);
        dialog.OnRequest(FromAlice("BYE", 400, toTag: "else")).Should().Be(SipDialogCheck.OtherDialog);
        dialog.OnRequest(FromAlice("BYE", 400, callId: "other")).Should().Be(SipDialogCheck.OtherDialog);
        dialog.State.RemoteCSeq.Should().Be(314, "what is refused leaves no trace");
    }

    [Fact]
    public void A_target_refresh_moves_the_next_request()
    {
        var dialog = Uas();
        var reinvite = FromAlice("INVITE", 315);
        reinvite.Headers.Set("Contact", "<sip:alice@198.51.100.77>");
        dialog.OnRequest(reinvite);
        dialog.RefreshTarget(reinvite);
        dialog.CreateRequest(SipMethod.Bye).RequestUri.Host.Should().Be("198.51.100.77");
        dialog.RefreshTarget(FromAlice("BYE", 316));
        dialog.State.RemoteTarget.Should().Be("sip:alice@198.51.100.77", "no Contact, no change");
    }

    [Fact]
    public void An_early_dialog_takes_its_final_route_from_the_2xx()
    {
        var ringing = SipResponse.Create(Invite, 180, toTag: "bob");
        ringing.Headers.Remove("Record-Route");
        var dialog = SipDialog.CreateUac(Invite, ringing)!;
        dialog.State.Confirmed.Should().BeFalse();
        dialog.State.RouteSet.Should().BeEmpty();
        dialog.Confirm(AsSeenByAlice().Ok);
        dialog.State.Should().Be(Uac().State);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(302)]
    [InlineData(486)]
    public void Responses_below_101_and_from_300_make_no_dialog(int status) =>
        SipDialog.CreateUac(Invite, SipResponse.Create(Invite, status, toTag: "bob")).Should().BeNull();

    [Fact]
    public void An_invite_without_contact_makes_no_dialog()
    {
        var invite = Invite.Clone();
        invite.Headers.Remove("Contact");
        SipDialog.CreateUas(invite, "bob").Should().BeNull();
    }

    [Fact]
    public void A_dialog_goes_on_from_its_serialised_state()
    {
        var before = Uas();
        before.CreateRequest(SipMethod.Invite);
        before.OnRequest(FromAlice("INFO", 400));
        var state = JsonSerializer.Deserialize<SipDialogState>(JsonSerializer.Serialize(before.State))!;
        state.Should().Be(before.State);
        var after = new SipDialog(state);
        after.CreateRequest(SipMethod.Bye).CSeq.Number.Should().Be(2);
        after.OnRequest(FromAlice("BYE", 399)).Should().Be(SipDialogCheck.OutOfOrder);
    }

    [Fact]
    public void A_2xx_is_repeated_at_T1_up_to_T2_and_given_up_after_32_s()
    {
        var wait = new AckWait(new SipTimers(), TimeSpan.Zero, 314);
        var log = new List<(double, AckWaitAction)>();
        while (!wait.IsDone)
        {
            var now = wait.Deadline;
            log.Add((now.TotalSeconds, wait.OnDeadline(now)));
        }
        log.Select(e => e.Item1).Should().Equal(0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5, 32);
        log.Take(10).Should().OnlyContain(e => e.Item2 == AckWaitAction.Retransmit);
        log[^1].Item2.Should().Be(AckWaitAction.GiveUp);
    }

    [Fact]
    public void The_right_ack_ends_the_wait_and_no_other()
    {
        var wait = new AckWait(new SipTimers(), TimeSpan.Zero, 314);
        wait.OnAck(FromAlice("ACK", 313)).Should().BeFalse();
        wait.OnDeadline(TimeSpan.FromMilliseconds(499)).Should().Be(AckWaitAction.None);
        wait.OnAck(FromAlice("ACK", 314)).Should().BeTrue();
        wait.OnAck(FromAlice("ACK", 314)).Should().BeFalse("a retransmission");
        wait.Deadline.Should().Be(TimeSpan.MaxValue);
    }

    private static SipRequest FromAlice(
        string method,
        uint cseq,
        string fromTag = "alice",
        string toTag = "bob",
        string callId = "dialog"
    ) =>
        SipSamples.Request(
            $"{method} sip:call-1@192.0.2.4 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{method}{cseq}\nFrom: <sip:alice@example.com>;tag={fromTag}\n"
                + $"To: <sip:bob@example.com>;tag={toTag}\nCall-ID: {callId}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n\n"
        );
}
