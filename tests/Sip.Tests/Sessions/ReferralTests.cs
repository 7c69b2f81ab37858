using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.CallSetupTests;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>Transfer: REFER, its NOTIFY, Replaces (RFC 3515, RFC 3891, RFC 3892, RFC 4488, RFC 6665).</summary>
public class ReferralTests
{
    private static readonly SipUri Target = SipUri.Parse("sip:third@192.0.2.3;transport=tcp");

    [Fact]
    public void A_blind_transfer_is_told_until_its_end()
    {
        var pair = Established();
        var id = Refer(pair, referredBy: NameAddress.Parse("<sip:caller@example.com>"));
        var asked = pair.Callee.Single<SipSessionEvent.ReferralRequested>();
        asked.Target.ToString().Should().Be(Target.ToString());
        asked.ReferredBy!.Uri.User.Should().Be("caller");
        asked.Replaces.Should().BeNull();
        pair.Callee.Do(s => s.AcceptReferral(asked.Id, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller REFER", "callee 202", "callee NOTIFY", "caller 200");
        var notify = Request(pair, SipMethod.Notify);
        notify.Headers["Subscription-State"].Should().Be("active;expires=180");
        notify.ContentType.Should().Be("message/sipfrag");
        System.Text.Encoding.ASCII.GetString(notify.Body.Span).Should().Be("SIP/2.0 100 Trying\r\n");

        pair.Callee.Do(s => s.ReportReferral(asked.Id, 180, pair.Now));
        pair.Callee.Do(s => s.ReportReferral(asked.Id, 200, pair.Now));
        pair.Pump();
        Request(pair, SipMethod.Notify).Headers["Subscription-State"].Should().Be("terminated;reason=noresource");
        pair.Caller.Events.OfType<SipSessionEvent.ReferralProgress>()
            .Should()
            .Equal(
                new(id, 202, "Accepted", false),
                new(id, 100, "Trying", false),
                new(id, 180, "Ringing", false),
                new(id, 200, "OK", true)
            );
        pair.Callee.Session.ReportReferral(asked.Id, 200, pair.Now).Should().Be(SipSessionResult.NotInThisState);
    }

    [Fact]
    public void A_BYE_waits_until_the_peer_has_heard_how_its_transfer_went()
    {
        var pair = Established();
        Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump();
        pair.Ladder.Clear();

        pair.Callee.Do(s => s.ReportReferral(Asked(pair), 200, pair.Now));
        pair.Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();

        pair.Ladder.Should().Equal("callee NOTIFY", "caller 200", "callee BYE", "caller 200");
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_BYE_follows_a_NOTIFY_that_nobody_answers()
    {
        var pair = Established();
        Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump();
        pair.Drop = message => message.CSeq.Method == SipMethod.Notify;

        pair.Callee.Do(s => s.ReportReferral(Asked(pair), 200, pair.Now));
        pair.Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Advance(200);

        pair.Ladder.Should().ContainInOrder("callee BYE", "caller 200");
    }

    [Fact]
    public void An_attended_transfer_names_the_dialog_to_replace()
    {
        var pair = Established();
        var replaces = new SipReplaces("call@host", "to+1", "from/2");
        Refer(pair, replaces: replaces);
        pair.Callee.Single<SipSessionEvent.ReferralRequested>().Replaces.Should().Be(replaces);
    }

    [Fact]
    public void A_refused_referral_tells_its_status()
    {
        var pair = Established();
        var id = Refer(pair);
        pair.Callee.Do(s => s.RejectReferral(Asked(pair), 603, "not allowed", pair.Now));
        pair.Pump()
            .Caller.Single<SipSessionEvent.ReferralProgress>()
            .Should()
            .Be(new SipSessionEvent.ReferralProgress(id, 603, "Decline", true));
    }

    [Fact]
    public void Without_referrals_refer_is_405_and_not_in_allow()
    {
        var pair = Established(callee: Options() with { AcceptReferrals = false });
        var refer = InDialog(
            pair.Caller,
            SipMethod.Refer,
            9,
            "Contact: <sip:a@192.0.2.1>\nRefer-To: <sip:c@192.0.2.3>"
        );
        var response = pair.Inject(pair.Callee, refer)!;
        response.StatusCode.Should().Be(405);
        response.Allow.Should().NotContain("REFER").And.Contain("NOTIFY");
        pair.Caller.Session.Refer(Target, null, null, pair.Now, out _).Should().Be(SipSessionResult.NotAllowedByPeer);
    }

    [Fact]
    public void A_referral_that_nobody_decides_is_declined_in_time()
    {
        var pair = Established();
        Refer(pair);
        pair.Advance(17);
        pair.Ladder.Should().Equal("caller REFER", "callee 603");
        pair.Caller.Last<SipSessionEvent.ReferralProgress>().Final.Should().BeTrue();
    }

    [Fact]
    public void Several_referrals_are_told_apart()
    {
        var pair = Established();
        var first = Refer(pair);
        var second = Refer(pair);
        var asked = pair.Callee.Events.OfType<SipSessionEvent.ReferralRequested>().Select(r => r.Id).ToList();
        asked.ForEach(id => pair.Callee.Do(s => s.AcceptReferral(id, pair.Now)));
        pair.Pump();
        Request(pair, SipMethod.Notify).Headers["Event"].Should().Be($"refer;id={second}");
        pair.Callee.Do(s => s.ReportReferral(asked[1], 486, pair.Now));
        pair.Callee.Do(s => s.ReportReferral(asked[0], 200, pair.Now));
        pair.Pump();
        pair.Caller.Events.OfType<SipSessionEvent.ReferralProgress>()
            .Where(p => p.Final)
            .Select(p => (p.Id, p.Status))
            .Should()
            .Equal((second, 486), (first, 200));
    }

    [Fact]
    public void A_refer_that_wants_no_subscription_gets_none()
    {
        var pair = Established();
        var refer = InDialog(
            pair.Caller,
            SipMethod.Refer,
            9,
            "Contact: <sip:caller@192.0.2.1>\nRefer-To: <sip:c@192.0.2.3>\nRefer-Sub: false\nSupported: norefersub"
        );
        pair.Callee.Session.OnRequest(refer, "r", pair.Now);
        pair.Callee.Session.AcceptReferral("9", pair.Now).Should().Be(SipSessionResult.Done);
        var actions = new List<SipSessionAction>();
        while (pair.Callee.Session.TryTake(out var action))
        {
            actions.Add(action);
        }
        var response = actions.OfType<SipSessionAction.Respond>().Single().Response;
        response.StatusCode.Should().Be(202);
        response.Headers["Refer-Sub"].Should().Be("false");
        actions.OfType<SipSessionAction.Send>().Should().BeEmpty();
    }

    [Fact]
    public void A_peer_that_never_tells_is_given_up()
    {
        var pair = Established();
        var id = Refer(pair);
        pair.Drop = m => m is SipRequest { Method: SipMethod.Notify };
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump().Advance(33);
        pair.Caller.Last<SipSessionEvent.ReferralProgress>()
            .Should()
            .Be(new SipSessionEvent.ReferralProgress(id, 408, "nothing was heard of it", true));
        pair.Callee.Session.ReportReferral(Asked(pair), 200, pair.Now)
            .Should()
            .Be(SipSessionResult.NotInThisState, "nobody answered its NOTIFY");
    }

    [Fact]
    public void The_subscription_runs_out()
    {
        var pair = Established();
        Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump().Advance(181);
        Request(pair, SipMethod.Notify).Headers["Subscription-State"].Should().Be("terminated;reason=timeout");
        pair.Caller.Last<SipSessionEvent.ReferralProgress>().Final.Should().BeTrue();
    }

    [Fact]
    public void The_outcome_is_told_even_after_the_call_was_hung_up()
    {
        var pair = Established();
        var id = Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump().Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Callee.Session.IsClosed.Should().BeFalse();
        pair.Callee.Do(s => s.ReportReferral(Asked(pair), 200, pair.Now));
        pair.Pump();
        pair.Caller.Last<SipSessionEvent.ReferralProgress>()
            .Should()
            .Be(new SipSessionEvent.ReferralProgress(id, 200, "OK", true));
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void After_the_end_our_referral_is_waited_for_only_briefly()
    {
        var pair = Established();
        Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump().Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Pump().Advance(33);
        pair.Caller.Session.IsClosed.Should().BeTrue();
    }

    [Theory]
    [InlineData("Refer-To: <sip:c@192.0.2.3>\nRefer-To: <sip:d@192.0.2.3>", 400)]
    [InlineData("X: y", 400)]
    [InlineData("Refer-To: <<>", 400)]
    [InlineData("Refer-To: <sip:c@192.0.2.3?Replaces=half>", 400)]
    [InlineData("Refer-To: <sip:c@192.0.2.3?Replaces=%ZZ>", 400)]
    [InlineData("Refer-To: <mailto:c@example.com>", 416)]
    [InlineData("Refer-To: <sip:c@192.0.2.3;method=BYE>", 603)]
    public void A_refer_that_cannot_be_followed_is_refused(string headers, int status)
    {
        var pair = Established();
        var refer = InDialog(pair.Caller, SipMethod.Refer, 9, $"Contact: <sip:caller@192.0.2.1>\n{headers}");
        pair.Inject(pair.Callee, refer)!.StatusCode.Should().Be(status);
        pair.Callee.Saw<SipSessionEvent.ReferralRequested>().Should().BeFalse();
    }

    [Fact]
    public void A_hundred_referrals_at_once_are_bounded()
    {
        var pair = Established();
        var statuses = Enumerable
            .Range(9, 100)
            .Select(n =>
                pair.Inject(
                    pair.Callee,
                    InDialog(
                        pair.Caller,
                        SipMethod.Refer,
                        (uint)n,
                        "Contact: <sip:a@192.0.2.1>\nRefer-To: <sip:c@192.0.2.3>"
                    )
                )?.StatusCode
            )
            .ToList();
        statuses.Count(s => s is null).Should().Be(8, "those wait for a decision");
        statuses.Count(s => s == 500).Should().Be(92);
    }

    [Theory]
    [InlineData(SipMethod.Notify, "Event: refer\nSubscription-State: active", 481)]
    [InlineData(SipMethod.Notify, "Event: message-summary\nSubscription-State: active", 489)]
    [InlineData(SipMethod.Notify, "Subscription-State: active", 489)]
    [InlineData(SipMethod.Subscribe, "Event: refer", 481)]
    [InlineData(SipMethod.Subscribe, "Event: presence", 489)]
    public void Subscriptions_that_are_not_there_are_refused(string method, string headers, int status)
    {
        var pair = Established();
        var response = pair.Inject(
            pair.Callee,
            InDialog(pair.Caller, method, 9, $"Contact: <sip:caller@192.0.2.1>\n{headers}")
        )!;
        response.StatusCode.Should().Be(status);
        response.Headers["Allow-Events"].Should().Be(status == 489 ? "refer" : null);
    }

    [Theory]
    [InlineData("Subscription-State: active;expires=60\nContent-Type: message/sipfrag", "rubbish", 200)]
    [InlineData("Subscription-State: terminated;reason=noresource", "", 200)]
    [InlineData("Event: x", "", 400)]
    public void Odd_notifies_of_our_referral_do_no_harm(string headers, string body, int status)
    {
        var pair = Established();
        Refer(pair);
        var notify = InDialog(
            pair.Callee,
            SipMethod.Notify,
            9,
            $"Contact: <sip:callee@192.0.2.2>\nEvent: refer\n{headers}",
            body
        );
        pair.Inject(pair.Caller, notify)!.StatusCode.Should().Be(status);
    }

    [Fact]
    public void A_subscription_is_refreshed_and_ended_by_subscribe()
    {
        var pair = Established();
        Refer(pair);
        pair.Callee.Do(s => s.AcceptReferral(Asked(pair), pair.Now));
        pair.Pump();
        var refresh = InDialog(
            pair.Caller,
            SipMethod.Subscribe,
            9,
            "Contact: <sip:caller@192.0.2.1>\nEvent: refer\nExpires: 600"
        );
        var response = pair.Inject(pair.Callee, refresh)!;
        (response.StatusCode, response.Expires).Should().Be((200, 600u));
        Request(pair.Pump(), SipMethod.Notify).Headers["Subscription-State"].Should().Be("active;expires=600");
        var end = InDialog(
            pair.Caller,
            SipMethod.Subscribe,
            10,
            "Contact: <sip:caller@192.0.2.1>\nEvent: refer\nExpires: 0"
        );
        pair.Inject(pair.Callee, end)!.StatusCode.Should().Be(200);
        Request(pair.Pump(), SipMethod.Notify).Headers["Subscription-State"].Should().Be("terminated;reason=timeout");
        pair.Callee.Session.State.Referrals.Should().BeEmpty();
    }

    [Theory]
    [InlineData("c@h;to-tag=a;from-tag=b", true)]
    [InlineData("c@h ; from-tag=b ; to-tag=a ; early-only", true)]
    [InlineData("c@h;to-tag=a", false)]
    [InlineData(";to-tag=a;from-tag=b", false)]
    [InlineData("c h;to-tag=a;from-tag=b", false)]
    [InlineData("c@h;to-tag=;from-tag=b", false)]
    [InlineData("", false)]
    public void Replaces_values_are_read(string text, bool valid) =>
        SipReplaces.TryParse(text, out _).Should().Be(valid);

    [Fact]
    public void Replaces_finds_the_dialog_it_may_take_the_place_of()
    {
        var pair = Established();
        var state = pair.Callee.Session.State;
        var replaces = SipReplaces.For(pair.Caller.Session.Dialog!);
        replaces.RefusalFor(state).Should().BeNull();
        (replaces with { EarlyOnly = true }).RefusalFor(state).Should().Be(486);
        (replaces with { FromTag = "other" }).RefusalFor(state).Should().Be(481);
        replaces.RefusalFor(null).Should().Be(481);
        pair.Callee.Do(s => s.HangUp(null, pair.Now));
        replaces.RefusalFor(pair.Callee.Session.State).Should().Be(603);

        pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump();
        var early = SipReplaces.For(pair.Callee.Session.Dialog!, earlyOnly: true);
        early.RefusalFor(pair.Caller.Session.State).Should().BeNull("we placed it, and it still rings");
        SipReplaces.For(pair.Caller.Session.Dialog!).RefusalFor(pair.Callee.Session.State).Should().Be(481);
    }

    private static string Asked(SessionPair pair) => pair.Callee.Last<SipSessionEvent.ReferralRequested>().Id;

    private static string Refer(SessionPair pair, SipReplaces? replaces = null, NameAddress? referredBy = null)
    {
        pair.Caller.Session.Refer(Target, replaces, referredBy, pair.Now, out var id)
            .Should()
            .Be(SipSessionResult.Done);
        pair.Pump();
        return id;
    }
}
