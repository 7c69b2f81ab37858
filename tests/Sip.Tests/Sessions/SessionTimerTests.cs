using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.CallSetupTests;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>Session timers (RFC 4028) as either side and either refresher.</summary>
public class SessionTimerTests
{
    [Theory]
    [InlineData(SipRefresher.Any, SipRefresher.Any, "callee gives it to the caller")]
    [InlineData(SipRefresher.Us, SipRefresher.Any, "caller insists")]
    [InlineData(SipRefresher.Any, SipRefresher.Us, "callee takes it")]
    public void The_refresher_refreshes_at_half_time_and_the_call_lives_on(
        SipRefresher caller,
        SipRefresher callee,
        string why
    )
    {
        var pair = Established(With(caller), With(callee));
        var callerRefreshes = pair.Caller.Session.State.Timer!.WeRefresh;
        callerRefreshes.Should().Be(callee != SipRefresher.Us, why);
        pair.Callee.Session.State.Timer!.WeRefresh.Should().Be(!callerRefreshes);
        var refresher = callerRefreshes ? "caller" : "callee";
        pair.Advance(299).Ladder.Should().BeEmpty();
        pair.Advance(2).Ladder.Should().Equal($"{refresher} UPDATE", $"{(callerRefreshes ? "callee" : "caller")} 200");
        pair.Advance(TimeSpan.FromHours(2));
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Session.State.Timer!.WeRefresh.Should().Be(!callerRefreshes, "roles stay");
        pair.Ladder.Should().OnlyContain(l => l == $"{refresher} UPDATE" || l.EndsWith(" 200"));
    }

    [Fact]
    public void Without_update_the_refresh_is_a_reinvite_that_repeats_our_description()
    {
        var pair = Established(With() with { RefreshByUpdate = false }, With());
        pair.Advance(301);
        pair.Callee.Single<SipSessionEvent.OfferReceived>().Body.ToArray().Should().Equal(OfferBody.ToArray());
        pair.Callee.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump().Ladder.Should().Equal("caller INVITE", "callee 200", "caller ACK");
        pair.Advance(290).Ladder.Should().HaveCount(3);
    }

    [Fact]
    public void A_refresh_by_reinvite_repeats_the_description_that_left_and_not_the_one_that_was_written()
    {
        var session = SipSession.Outgoing(Plan("all that there is"), With(), TimeSpan.Zero);
        session.TryTake(out var action);
        // The gateway has cut the offer to the trunk.
        var left = Parse(((SipSessionAction.Send)action!).Request);
        left.SetBody("what left"u8.ToArray(), "application/sdp");
        session.OnRequestSent(SipSession.InviteKey, left);
        var ok = SipResponse.Create(left, 200, toTag: "peer");
        ok.Contact = NameAddress.Parse("<sip:peer@192.0.2.7>");
        ok.Headers.Add(SipHeaderId.Allow, "INVITE, ACK, BYE, CANCEL");
        ok.SetBody(AnswerBody, "application/sdp");
        session.OnResponse(SipSession.InviteKey, Parse(ok), TimeSpan.Zero);
        while (session.TryTake(out _)) { }

        session.OnDeadline(session.Deadline);

        SipRequest? refresh = null;
        while (session.TryTake(out action))
            refresh ??= (action as SipSessionAction.Send)?.Request;
        refresh!.Method.Should().Be(SipMethod.Invite, "the peer's Allow does not name UPDATE");
        Encoding.ASCII.GetString(refresh.Body.Span).Should().Be("what left");
    }

    [Theory]
    [InlineData(600, 32)]
    [InlineData(90, 30)]
    public void Without_a_refresh_the_other_side_hangs_up_before_the_end(int intervalS, int headStartS)
    {
        var pair = Established(
            With() with
            {
                SessionExpiresS = intervalS,
            },
            With() with
            {
                SessionExpiresS = intervalS,
            }
        );
        pair.Drop = m => m is SipRequest { From.Tag: "caller-tag" };
        pair.Advance(intervalS - headStartS - 1);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Advance(2);
        var bye = Request(pair, SipMethod.Bye);
        bye.Headers["Reason"].Should().Contain("408").And.Contain("expired");
        pair.Callee.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.SessionExpired);
    }

    [Fact]
    public void A_refresh_that_times_out_ends_the_call()
    {
        var pair = Established(With(), With());
        pair.Drop = m => m is SipRequest { Method: SipMethod.Update };
        pair.Advance(300 + 33);
        pair.Caller.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NoResponse);
    }

    [Fact]
    public void A_refresh_that_fails_for_now_is_tried_again()
    {
        var pair = Established(With(), With());
        var refused = 0;
        pair.Drop = m =>
        {
            if (m is SipRequest { Method: SipMethod.Update } update && refused++ == 0)
            {
                var key = pair.Caller.Open.Keys.Single();
                pair.Caller.Open.Remove(key);
                pair.Caller.Session.OnResponse(key, SipResponse.Create(update, 500), pair.Now);
                return true;
            }
            return false;
        };
        pair.Advance(TimeSpan.FromHours(1));
        refused.Should().BeGreaterThan(1);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_peer_without_timers_is_refreshed_by_us_and_a_refusal_does_no_harm()
    {
        var pair = new SessionPair(With());
        pair.Caller.Session = SipSession.Outgoing(Plan(), pair.Caller.Options, pair.Now);
        pair.Caller.Session.TryTake(out var action);
        var invite = ((SipSessionAction.Send)action!).Request;
        var ok = SipResponse.Create(invite, 200, toTag: "old");
        ok.Contact = NameAddress.Parse("<sip:old@192.0.2.7>");
        ok.SetBody(AnswerBody, "application/sdp");
        var session = pair.Caller.Session;
        session.OnResponse(SipSession.InviteKey, Parse(ok), pair.Now);
        session.State.Timer.Should().Be(new SipSessionTimerState(600, WeRefresh: true, Agreed: false));
        for (var i = 0; i < 5; i++)
        {
            var now = session.Deadline;
            session.OnDeadline(now);
            while (session.TryTake(out action))
            {
                if (action is SipSessionAction.Send send)
                {
                    send.Request.Method.Should().Be(SipMethod.Invite, "its Allow does not name UPDATE");
                    session.OnResponse(send.Key, SipResponse.Create(send.Request, 488), now);
                }
            }
        }
        session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_peer_that_cannot_refresh_is_refreshed_for()
    {
        var pair = new SessionPair(Options(), With()).Call(Plan() with { Headers = [] });
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Callee.Session.State.Timer.Should().Be(new SipSessionTimerState(600, WeRefresh: true, Agreed: true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_refresh_that_asks_for_too_little_is_raised(bool byUpdate)
    {
        var pair = Established(With() with { RefreshByUpdate = byUpdate }, With());
        pair.Caller.Session = SipSession.Restore(
            pair.Caller.Session.State with
            {
                Timer = new(120, true, true),
            },
            pair.Caller.Options,
            pair.Now
        );
        pair.Callee.Session = SipSession.Restore(
            pair.Callee.Session.State,
            pair.Callee.Options with
            {
                MinSeS = 400,
            },
            pair.Now
        );
        pair.Advance(6);
        if (!byUpdate)
        {
            pair.Callee.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
            pair.Pump();
        }
        var method = byUpdate ? "UPDATE" : "INVITE";
        pair.Ladder.Take(3).Should().Equal($"caller {method}", "callee 422", $"caller {method}");
        pair.Caller.Session.State.Timer!.IntervalS.Should().Be(400);
        pair.Callee.Session.State.Timer!.IntervalS.Should().Be(400);
    }

    [Fact]
    public void A_ridiculous_interval_makes_no_flood()
    {
        var session = SipSession.Outgoing(Plan(), With(), TimeSpan.Zero);
        session.TryTake(out var action);
        var ok = SipResponse.Create(((SipSessionAction.Send)action!).Request, 200, toTag: "x");
        ok.Contact = NameAddress.Parse("<sip:x@192.0.2.7>");
        ok.Headers.Add("Session-Expires", "1;refresher=uac");
        session.OnResponse(SipSession.InviteKey, Parse(ok), TimeSpan.Zero);
        session.Deadline.Should().Be(TimeSpan.FromSeconds(45), "half of the least interval");
    }

    [Fact]
    public void Timers_can_be_left_to_the_peer()
    {
        var pair = Established(Options(), Options());
        pair.Caller.Session.State.Timer.Should().BeNull();
        pair.Caller.Session.Deadline.Should().Be(TimeSpan.MaxValue);
    }

    private static SipSessionOptions With(SipRefresher refresher = SipRefresher.Any) =>
        Options() with
        {
            SessionExpiresS = 600,
            Refresher = refresher,
        };
}
