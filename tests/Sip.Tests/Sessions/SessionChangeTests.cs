using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.CallSetupTests;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>re-INVITE and UPDATE within a call: RFC 3261 §14, RFC 3311 §5, RFC 3264 §8.</summary>
public class SessionChangeTests
{
    private static readonly ReadOnlyMemory<byte> Hold = Encoding.ASCII.GetBytes("hold");
    private static readonly ReadOnlyMemory<byte> Held = Encoding.ASCII.GetBytes("held");

    [Theory]
    [InlineData(false, "INVITE")]
    [InlineData(true, "UPDATE")]
    public void Either_side_changes_the_session(bool byUpdate, string method)
    {
        var pair = Established();
        foreach (var (us, them) in ((End, End)[])[(pair.Caller, pair.Callee), (pair.Callee, pair.Caller)])
        {
            us.Do(s => s.Reoffer(Hold, pair.Now, byUpdate));
            pair.Pump();
            them.Last<SipSessionEvent.OfferReceived>().Body.ToArray().Should().Equal(Hold.ToArray());
            them.Do(s => s.AcceptOffer(Held, pair.Now));
            pair.Pump();
            us.Last<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(Held.ToArray());
            us.Saw<SipSessionEvent.SessionChanged>().Should().BeTrue();
            them.Saw<SipSessionEvent.SessionChanged>().Should().BeTrue();
            us.Session.State.LocalDescription.Should().Be("hold");
            them.Session.State.LocalDescription.Should().Be("held");
        }
        pair.Ladder[0].Should().Be($"caller {method}");
        pair.Ladder.Contains("caller ACK").Should().Be(!byUpdate);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_refused_offer_leaves_the_session_as_it_was(bool byUpdate)
    {
        var pair = Established();
        var before = (pair.Caller.Session.State.LocalDescription, pair.Callee.Session.State.LocalDescription);
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now, byUpdate));
        pair.Pump().Callee.Do(s => s.RejectOffer(488, "no common codec", pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.OfferRejected>().Status.Should().Be(488);
        (pair.Caller.Session.State.LocalDescription, pair.Callee.Session.State.LocalDescription).Should().Be(before);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Caller.Do(s => s.AcceptOffer(Held, pair.Now));
    }

    [Fact]
    public void Without_update_in_allow_a_reinvite_is_sent()
    {
        var pair = Established(callee: Options());
        var session = SipSession.Restore(
            pair.Caller.Session.State with
            {
                RemoteAllow = ["INVITE", "BYE"],
            },
            Options(),
            pair.Now
        );
        session.Reoffer(Hold, pair.Now, byUpdate: true).Should().Be(SipSessionResult.Done);
        session.TryTake(out var action).Should().BeTrue();
        action.Should().BeOfType<SipSessionAction.Send>().Which.Request.Method.Should().Be(SipMethod.Invite);
        session.SendInfo("text/plain", Hold, pair.Now).Should().Be(SipSessionResult.NotAllowedByPeer);
        session
            .Refer(SipUri.Parse("sip:c@192.0.2.3"), null, null, pair.Now, out _)
            .Should()
            .Be(SipSessionResult.NotAllowedByPeer);
    }

    [Fact]
    public void A_reinvite_without_description_asks_for_an_offer()
    {
        var pair = Established();
        pair.Caller.Do(s => s.Reoffer(default, pair.Now));
        pair.Pump().Callee.Single<SipSessionEvent.OfferWanted>();
        pair.Callee.Do(s => s.AcceptOffer(OfferBody, pair.Now));
        pair.Pump().Caller.Single<SipSessionEvent.OfferReceived>();
        pair.Ladder.Should().NotContain("caller ACK");
        pair.Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Callee.Single<SipSessionEvent.AnswerReceived>().Carrier.Should().Be(SipOfferCarrier.Ack);
        pair.Callee.Session.Offer.Should().Be(SipOfferState.Stable);
    }

    [Fact]
    public void Glare_is_resolved_by_the_timers_of_both_sides()
    {
        var pair = Established();
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Callee.Do(s => s.Reoffer(OfferBody, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Contain("caller 491").And.Contain("callee 491");
        pair.Caller.Session.Reoffer(Hold, pair.Now).Should().Be(SipSessionResult.Pending);
        // The callee does not own the Call-ID: it is back within 2 s, the caller not before 2.1 s.
        pair.Advance(2.05).Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump().Callee.Saw<SipSessionEvent.AnswerReceived>().Should().BeTrue();
        pair.Callee.Saw<SipSessionEvent.OfferReceived>().Should().BeFalse();
        pair.Advance(2);
        pair.Callee.Do(s => s.AcceptOffer(Held, pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(Held.ToArray());
        pair.Caller.Saw<SipSessionEvent.OfferRejected>().Should().BeFalse();
    }

    [Fact]
    public void A_late_ack_is_not_the_answer_to_an_update_that_went_out_since()
    {
        var pair = SessionPair.Established();
        pair.Drop = m => m is SipRequest { IsAck: true };
        pair.Callee.Do(s => s.Reoffer(OfferBody, pair.Now));
        pair.Pump().Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump().Caller.Do(s => s.Reoffer(Hold, pair.Now, byUpdate: true));
        pair.Pump();
        pair.Drop = _ => false;
        pair.Advance(5);
        pair.Caller.Saw<SipSessionEvent.AnswerReceived>().Should().BeFalse("only the ACK came");
        pair.Callee.Do(s => s.AcceptOffer(Held, pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(Held.ToArray());
    }

    [Fact]
    public void An_offer_of_the_peer_survives_the_refusal_of_our_wish_for_one()
    {
        var pair = SessionPair.Established();
        pair.Caller.Do(s => s.Reoffer(default, pair.Now));
        pair.Callee.Do(s => s.Reoffer(OfferBody, pair.Now, byUpdate: true));
        pair.Pump();
        pair.Ladder.Should().Contain("callee 491", "the wish met an open offer");
        pair.Caller.Session.Offer.Should().Be(SipOfferState.RemoteOffer);
        pair.Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Caller.Session.Offer.Should().Be(SipOfferState.Stable);
        pair.Callee.Session.Offer.Should().Be(SipOfferState.Stable);
    }

    [Fact]
    public void Glare_that_never_ends_is_a_refusal()
    {
        var pair = Established();
        for (var i = 0; i < 20 && !pair.Caller.Saw<SipSessionEvent.OfferRejected>(); i++)
        {
            pair.Callee.Session.Reoffer(OfferBody, pair.Now);
            pair.Drop = m => m is SipRequest r && r.From.Tag == "callee-tag";
            if (i == 0)
            {
                pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
            }
            pair.Pump().Advance(4.1);
        }
        pair.Caller.Single<SipSessionEvent.OfferRejected>().Status.Should().Be(491);
    }

    [Theory]
    [InlineData("INVITE")]
    [InlineData("UPDATE")]
    public void A_second_change_before_the_first_is_answered_is_told_to_come_back(string method)
    {
        var pair = Established();
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump();
        var second = InDialog(
            pair.Caller,
            method,
            9,
            "Contact: <sip:caller@192.0.2.1>\nContent-Type: application/sdp",
            "x"
        );
        var response = pair.Inject(pair.Callee, second)!;
        response.StatusCode.Should().Be(500);
        response.RetryAfter.Should().BeInRange(0, 10);
    }

    [Fact]
    public void An_update_against_our_open_offer_is_491()
    {
        var pair = Established();
        pair.Drop = m => m is SipRequest { Method: SipMethod.Invite };
        pair.Callee.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump();
        var update = InDialog(
            pair.Caller,
            SipMethod.Update,
            9,
            "Contact: <sip:caller@192.0.2.1>\nContent-Type: application/sdp",
            "x"
        );
        pair.Inject(pair.Callee, update)!.StatusCode.Should().Be(491);
        var bare = InDialog(pair.Caller, SipMethod.Update, 10, "Contact: <sip:caller@192.0.2.1>");
        pair.Inject(pair.Callee, bare)!.StatusCode.Should().Be(200, "it offers nothing");
    }

    [Fact]
    public void A_change_that_nobody_answers_is_refused_in_time()
    {
        var pair = Established();
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now, byUpdate: true));
        pair.Pump().Advance(17);
        pair.Callee.Saw<SipSessionEvent.OfferWithdrawn>().Should().BeTrue();
        pair.Ladder.Should().ContainInOrder("caller UPDATE", "callee 504", "caller INVITE");
        pair.Advance(33);
        pair.Caller.Single<SipSessionEvent.OfferRejected>().Status.Should().Be(504);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_cancelled_reinvite_leaves_the_session()
    {
        var pair = Established();
        var invite = InDialog(
            pair.Caller,
            SipMethod.Invite,
            9,
            "Contact: <sip:caller@192.0.2.1>\nContent-Type: application/sdp",
            "x"
        );
        pair.Callee.Session.OnRequest(invite, "the-reinvite", pair.Now);
        pair.Callee.Session.OnCancel("the-reinvite", pair.Now);
        SipResponse? response = null;
        while (pair.Callee.Session.TryTake(out var action))
        {
            response = action is SipSessionAction.Respond { Transaction: "the-reinvite" } r ? r.Response : response;
        }
        response!.StatusCode.Should().Be(487);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Session.Offer.Should().Be(SipOfferState.Stable);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(481)]
    [InlineData(404)]
    public void A_reinvite_answered_as_if_there_were_no_dialog_ends_it(int status)
    {
        var pair = Established();
        Refuse(pair, status);
        pair.Ladder.Should().ContainInOrder("caller INVITE", "caller BYE");
        var end = pair.Caller.Single<SipSessionEvent.Ended>().End;
        end.Should()
            .BeEquivalentTo(
                new
                {
                    By = SipEndedBy.Network,
                    Cause = SipEndCause.DialogLost,
                    Status = (int?)status,
                }
            );
    }

    [Theory]
    [InlineData(488)]
    [InlineData(500)]
    [InlineData(603)]
    [InlineData(403)]
    public void Any_other_refusal_of_a_reinvite_leaves_the_call(int status)
    {
        var pair = Established();
        Refuse(pair, status);
        pair.Caller.Single<SipSessionEvent.OfferRejected>().Status.Should().Be(status);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_refresh_that_cannot_be_sent_is_told_and_leaves_the_call()
    {
        var pair = Established();
        pair.Caller.Do(s => s.Refresh(pair.Now));
        var key = pair.Caller.Session.State.Requests.Single().Key;
        pair.Caller.Session.OnRequestFailed(key, SipRequestFailure.TransportError, pair.Now);
        pair.Pump();

        pair.Caller.Single<SipSessionEvent.RefreshFailed>().Response.Should().BeNull("nothing was heard");
        pair.Caller.Saw<SipSessionEvent.OfferRejected>().Should().BeFalse("nothing was offered that is new");
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_reinvite_without_any_response_ends_the_call()
    {
        var pair = Established();
        pair.Drop = m => m is SipRequest { Method: SipMethod.Invite };
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Advance(33);
        pair.Caller.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NoResponse);
    }

    [Fact]
    public void A_reinvite_that_overtakes_the_ack_stands_for_it()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { IsAck: true } }.Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump();
        pair.Callee.Saw<SipSessionEvent.Established>().Should().BeTrue();
        pair.Callee.Last<SipSessionEvent.OfferReceived>().Carrier.Should().Be(SipOfferCarrier.Reinvite);
    }

    [Fact]
    public void Bye_while_a_change_is_open_answers_it_with_487()
    {
        var pair = Established();
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 487", "callee BYE", "caller 200");
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void The_new_contact_of_either_side_is_where_the_next_request_goes()
    {
        var pair = Established();
        pair.Callee.Session.MoveTo(SipUri.Parse("sip:moved@203.0.113.9"));
        pair.Callee.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Caller.Do(s => s.AcceptOffer(Held, pair.Now));
        pair.Pump();
        pair.Caller.Session.NextHop!.ToString().Should().Be("sip:moved@203.0.113.9");
    }

    [Fact]
    public void A_refused_change_does_not_move_the_target()
    {
        var pair = Established();
        pair.Callee.Session.MoveTo(SipUri.Parse("sip:moved@203.0.113.9"));
        pair.Callee.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Caller.Do(s => s.RejectOffer(488, null, pair.Now));
        pair.Pump();
        pair.Caller.Session.NextHop!.Host.Should().Be("192.0.2.2");
    }

    [Fact]
    public void A_challenged_request_tells_its_number_and_the_next_one_counts_on()
    {
        var pair = Established();
        pair.Caller.Session.Reoffer(Hold, pair.Now);
        pair.Caller.Session.TryTake(out var action);
        var send = (SipSessionAction.Send)action!;
        var sent = send.Request.Clone();
        sent.CSeq = new CSeq(send.Request.CSeq.Number + 1, SipMethod.Invite);
        pair.Caller.Session.OnRequestSent(send.Key, sent);
        pair.Caller.Session.OnResponse(send.Key, SipResponse.Create(sent, 488), pair.Now);
        pair.Caller.Session.SendInfo("text/plain", Hold, pair.Now);
        while (pair.Caller.Session.TryTake(out action))
        {
            if (action is SipSessionAction.Send { Request.Method: SipMethod.Info } info)
            {
                info.Request.CSeq.Number.Should().Be(sent.CSeq.Number + 1);
            }
        }
    }

    private static void Refuse(SessionPair pair, int status)
    {
        pair.Caller.Do(s => s.Reoffer(Hold, pair.Now));
        pair.Pump().Callee.Do(s => s.RejectOffer(status, null, pair.Now));
        pair.Pump();
    }
}
