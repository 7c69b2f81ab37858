using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>RFC 3261 §13 and §15: two sessions from INVITE to the end.</summary>
public class CallSetupTests
{
    [Fact]
    public void A_call_rings_is_answered_and_hung_up()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Single<SipSessionEvent.OfferReceived>().Body.ToArray().Should().Equal(OfferBody.ToArray());
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Caller.Single<SipSessionEvent.Progress>().Status.Should().Be(180);
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 180", "callee 200", "caller ACK");
        pair.Caller.Single<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(AnswerBody.ToArray());
        pair.Caller.Single<SipSessionEvent.Established>().Response!.StatusCode.Should().Be(200);
        pair.Callee.Single<SipSessionEvent.Established>().Response.Should().BeNull();

        pair.Ladder.Clear();
        pair.Caller.Do(s => s.HangUp(SipReason.Q850(16, "bye bye"), pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller BYE", "callee 200");
        pair.Caller.Single<SipSessionEvent.Ended>().End.By.Should().Be(SipEndedBy.Us);
        var end = pair.Callee.Single<SipSessionEvent.Ended>().End;
        end.Should()
            .BeEquivalentTo(
                new
                {
                    By = SipEndedBy.Peer,
                    Cause = SipEndCause.HungUp,
                    Status = (int?)null,
                }
            );
        end.Reasons.Should().Equal(SipReason.Q850(16, "bye bye"));
        foreach (var side in (End[])[pair.Caller, pair.Callee])
        {
            side.Events[^1].Should().BeOfType<SipSessionEvent.Closed>();
            side.Session.IsClosed.Should().BeTrue();
            side.Session.Deadline.Should().Be(TimeSpan.MaxValue);
        }
    }

    [Fact]
    public void Messages_of_the_dialog_are_addressed_as_the_rfc_says()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        var invite = Request(pair, SipMethod.Invite);
        invite.From.Tag.Should().Be("caller-tag");
        invite.Headers["Allow"].Should().Contain("PRACK").And.Contain("UPDATE").And.Contain("REFER");
        invite.Headers["Supported"].Should().Contain("timer").And.Contain("100rel").And.Contain("replaces");
        var ok = pair.Messages.OfType<SipResponse>().First(r => r.StatusCode == 200);
        ok.Contact!.Uri.ToString().Should().Be("sip:callee@192.0.2.2:5060");
        ok.To.Tag.Should().Be("callee-tag");
        var ack = Request(pair, SipMethod.Ack);
        ack.RequestUri.ToString().Should().Be("sip:callee@192.0.2.2:5060");
        ack.CSeq.Number.Should().Be(invite.CSeq.Number);
        var bye = Request(pair, SipMethod.Bye);
        bye.RequestUri.ToString().Should().Be("sip:caller@192.0.2.1:5060");
        (bye.From.Tag, bye.To.Tag).Should().Be(("callee-tag", "caller-tag"));
    }

    [Fact]
    public void A_delayed_offer_is_made_in_the_200_and_answered_in_the_ack()
    {
        var pair = new SessionPair().Call(Plan(offer: ""));
        pair.Callee.Single<SipSessionEvent.OfferWanted>();
        pair.Callee.Session.Answer(default, pair.Now).Should().Be(SipSessionResult.Invalid, "an offer is due");
        pair.Callee.Do(s => s.Answer(OfferBody, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 200");
        pair.Caller.Single<SipSessionEvent.OfferReceived>().Carrier.Should().Be(SipOfferCarrier.Success);
        pair.Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Callee.Single<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(AnswerBody.ToArray());
        pair.Callee.Session.Offer.Should().Be(SipOfferState.Stable);
        pair.Caller.Session.Offer.Should().Be(SipOfferState.Stable);
    }

    [Fact]
    public void A_delayed_offer_that_does_not_suit_is_acknowledged_and_hung_up()
    {
        var pair = new SessionPair().Call(Plan(offer: ""));
        pair.Callee.Do(s => s.Answer(OfferBody, pair.Now));
        pair.Pump().Caller.Do(s => s.RejectOffer(488, "no codec", pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 200", "caller ACK", "caller BYE", "callee 200");
        pair.Caller.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.Rejected);
    }

    [Fact]
    public void A_delayed_offer_that_nobody_answers_ends_with_bye()
    {
        var pair = new SessionPair().Call(Plan(offer: ""));
        pair.Callee.Do(s => s.Answer(OfferBody, pair.Now));
        pair.Pump().Advance(40);
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Theory]
    [InlineData(486, "user is busy")]
    [InlineData(603, null)]
    public void A_refusal_tells_its_status_and_cause(int status, string? cause)
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Reject(status, cause, null, pair.Now));
        pair.Pump();
        var end = pair.Caller.Single<SipSessionEvent.Ended>().End;
        end.Should()
            .BeEquivalentTo(
                new
                {
                    By = SipEndedBy.Peer,
                    Cause = SipEndCause.Rejected,
                    Status = (int?)status,
                }
            );
        SipWarning.Of(end.Response!).Select(w => w.Text).Should().Equal(cause is null ? [] : [cause]);
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_redirection_carries_its_contacts()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Reject(302, null, [new("Contact", "<sip:elsewhere@192.0.2.9>")], pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.Ended>()
            .End.Response!.Contact!.Uri.ToString()
            .Should()
            .Be("sip:elsewhere@192.0.2.9");
    }

    [Fact]
    public void A_ringing_call_is_cancelled_with_487()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 180", "caller CANCEL", "callee 487");
        pair.Caller.Single<SipSessionEvent.Ended>()
            .End.Should()
            .BeEquivalentTo(
                new
                {
                    By = SipEndedBy.Us,
                    Cause = SipEndCause.Cancelled,
                    Status = (int?)487,
                }
            );
        pair.Callee.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.Cancelled);
    }

    [Fact]
    public void A_200_that_crosses_the_cancel_is_acknowledged_and_hung_up()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Ladder.Should().ContainInOrder("callee 200", "caller ACK", "caller BYE", "callee 200");
        pair.Caller.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.Cancelled);
        pair.Caller.Saw<SipSessionEvent.Established>().Should().BeFalse();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_call_that_nobody_answers_is_cancelled_in_time()
    {
        var pair = new SessionPair().Call(Plan() with { AnswerWithin = TimeSpan.FromSeconds(20) });
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Advance(19);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Inviting);
        pair.Advance(2);
        pair.Caller.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NotAnswered);
    }

    [Fact]
    public void A_cancel_that_nobody_hears_ends_too()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump();
        pair.Drop = m => m is SipResponse;
        pair.Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Advance(200);
        pair.Caller.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void An_invite_without_any_response_is_a_timeout()
    {
        var pair = new SessionPair { Drop = _ => true }
            .Call()
            .Advance(33);
        pair.Caller.Single<SipSessionEvent.Ended>()
            .End.Should()
            .BeEquivalentTo(
                new
                {
                    By = SipEndedBy.Network,
                    Cause = SipEndCause.NoResponse,
                    Status = (int?)408,
                }
            );
    }

    [Fact]
    public void The_expires_of_an_invite_is_honoured()
    {
        var pair = new SessionPair().Call(Plan() with { Headers = [new("Expires", "15")] });
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Advance(16);
        pair.Ladder[^1].Should().Be("callee 487");
        pair.Callee.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NotAnswered);
    }

    [Fact]
    public void Ringing_is_repeated_each_minute_for_the_proxies()
    {
        var pair = new SessionPair().Call(Plan() with { AnswerWithin = TimeSpan.FromMinutes(5) });
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Advance(130);
        pair.Ladder.Count(l => l == "callee 180").Should().Be(3);
    }

    [Fact]
    public void A_200_without_ack_is_repeated_and_then_hung_up()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { IsAck: true } }.Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Advance(31.6);
        pair.Ladder.Count(l => l == "callee 200").Should().Be(11, "T1 doubling up to T2 for 64*T1");
        pair.Ladder.Count(l => l == "caller ACK").Should().Be(11, "each 200 gets the same ACK again");
        pair.Advance(2);
        pair.Callee.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NoAck);
        pair.Callee.Session.IsClosed.Should().BeTrue("its BYE was answered");
        pair.Caller.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_lost_ack_is_sent_again_with_the_repeated_200()
    {
        var lost = 0;
        var pair = new SessionPair { Drop = m => m is SipRequest { IsAck: true } && lost++ < 2 }.Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Advance(2);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Caller.Events.OfType<SipSessionEvent.Established>().Should().ContainSingle();
    }

    [Fact]
    public void A_callee_that_hangs_up_waits_for_the_ack_before_its_bye()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { IsAck: true } }.Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Callee.Saw<SipSessionEvent.Ended>().Should().BeTrue("the shell can let the media go");
        pair.Ladder.Should().NotContain("callee BYE");
        pair.Drop = _ => false;
        pair.Advance(1);
        pair.Ladder.Should().ContainInOrder("caller ACK", "callee BYE", "caller 200");
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void Two_byes_that_cross_are_both_answered()
    {
        var pair = Established();
        pair.Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Ladder.Should().BeEquivalentTo(["caller BYE", "callee BYE", "caller 200", "callee 200"]);
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_bye_without_answer_ends_with_its_transaction()
    {
        var pair = Established();
        pair.Drop = _ => true;
        pair.Caller.Do(s => s.HangUp(null, pair.Now));
        pair.Pump().Advance(33);
        pair.Caller.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_bye_in_the_early_dialog_ends_the_invite_with_487()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump();
        var bye = InDialog(pair.Caller, SipMethod.Bye, 2);
        pair.Inject(pair.Callee, bye)!.StatusCode.Should().Be(200);
        pair.Pump();
        pair.Ladder[^1].Should().Be("callee 487");
        pair.Callee.Single<SipSessionEvent.Ended>().End.By.Should().Be(SipEndedBy.Peer);
    }

    [Fact]
    public void Verbs_out_of_place_are_told_so()
    {
        var pair = new SessionPair().Call();
        var (caller, callee, now) = (pair.Caller.Session, pair.Callee.Session, pair.Now);
        caller.Ring(180, default, now).Should().Be(SipSessionResult.NotInThisState);
        caller.Answer(AnswerBody, now).Should().Be(SipSessionResult.NotInThisState);
        caller.Reoffer(OfferBody, now).Should().Be(SipSessionResult.NotInThisState);
        callee.Ring(200, default, now).Should().Be(SipSessionResult.Invalid);
        callee.Reject(200, null, null, now).Should().Be(SipSessionResult.Invalid);
        callee.Answer(default, now).Should().Be(SipSessionResult.Invalid);
        callee.AcceptOffer(default, now).Should().Be(SipSessionResult.Invalid);
        callee.AcceptOffer(AnswerBody, now).Should().Be(SipSessionResult.NotInThisState, "Answer is for that");
        callee
            .Refer(SipUri.Parse("sip:c@192.0.2.3"), null, null, now, out _)
            .Should()
            .Be(SipSessionResult.NotInThisState);
        callee.Answer(AnswerBody, now).Should().Be(SipSessionResult.Done);
        callee.Answer(AnswerBody, now).Should().Be(SipSessionResult.NotInThisState);
        callee.Ring(180, default, now).Should().Be(SipSessionResult.NotInThisState);
        callee.Reoffer(OfferBody, now).Should().Be(SipSessionResult.Pending, "the ACK is due");
        pair.Pump();
        caller.HangUp(null, now).Should().Be(SipSessionResult.Done);
        caller.HangUp(null, now).Should().Be(SipSessionResult.NotInThisState);
        caller.SendInfo("text/plain", OfferBody, now).Should().Be(SipSessionResult.NotInThisState);
    }

    internal static SipRequest Request(SessionPair pair, string method) =>
        pair.Messages.OfType<SipRequest>().Last(r => r.Method == method);

    /// <summary>A request as the session's peer would see it sent: in the dialog, with a CSeq of choice.</summary>
    internal static SipRequest InDialog(End sender, string method, uint cseq, string headers = "", string body = "")
    {
        var dialog = sender.Session.Dialog!;
        return (SipRequest)
            SipParser.Parse(
                Encoding.UTF8.GetBytes(
                    (
                        $"{method} {dialog.RemoteTarget} SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{method}{cseq}\n"
                        + $"From: {dialog.LocalAddress};tag={dialog.LocalTag}\nTo: {dialog.RemoteAddress};tag={dialog.RemoteTag}\n"
                        + $"Call-ID: {dialog.CallId}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n"
                        + (headers.Length > 0 ? headers + "\n" : "")
                        + $"Content-Length: {body.Length}\n\n"
                    ).Replace("\n", "\r\n") + body
                )
            );
    }
}
