using System.Text.Json;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>Each state as JSON and back, on both sides, and the call goes on from there.</summary>
public class RestoreTests
{
    private static readonly Dictionary<string, Action<SessionPair>> Ways = new()
    {
        ["calling"] = pair => pair.Call(),
        ["ringing"] = pair =>
        {
            pair.Call();
            pair.Callee.Do(s => s.Ring(180, default, pair.Now));
            pair.Pump();
        },
        ["early media"] = pair =>
        {
            pair.Call();
            pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
            pair.Pump();
        },
        ["delayed offer, early, unanswered"] = pair =>
        {
            pair.Call(Plan(offer: ""));
            pair.Callee.Do(s => s.Ring(183, OfferBody, pair.Now));
            pair.Pump();
        },
        ["PRACK lost, answer queued"] = pair =>
        {
            pair.Drop = m => m is SipRequest { Method: SipMethod.Prack };
            pair.Call();
            pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
            pair.Pump().Callee.Do(s => s.Answer(default, pair.Now));
            pair.Pump();
        },
        ["ACK lost"] = pair =>
        {
            pair.Drop = m => m is SipRequest { IsAck: true };
            pair.Call();
            pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
            pair.Pump();
        },
        ["delayed offer in 200, unanswered"] = pair =>
        {
            pair.Call(Plan(offer: ""));
            pair.Callee.Do(s => s.Answer(OfferBody, pair.Now));
            pair.Pump();
        },
        ["hung up before the ACK"] = pair =>
        {
            pair.Drop = m => m is SipRequest { IsAck: true };
            pair.Call();
            pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
            pair.Pump().Callee.Do(s => s.HangUp(SipReason.Q850(16, "done; \"so\""), pair.Now));
            pair.Pump();
        },
        ["talking"] = Answer,
        ["re-INVITE unanswered"] = pair =>
        {
            Answer(pair);
            pair.Caller.Do(s => s.Reoffer(OfferBody, pair.Now));
            pair.Pump();
        },
        ["UPDATE lost"] = pair =>
        {
            Answer(pair);
            pair.Drop = m => m is SipRequest { Method: SipMethod.Update };
            pair.Callee.Do(s => s.Reoffer(OfferBody, pair.Now, byUpdate: true));
            pair.Pump();
        },
        ["glare"] = pair =>
        {
            Answer(pair);
            pair.Caller.Do(s => s.Reoffer(OfferBody, pair.Now));
            pair.Callee.Do(s => s.Reoffer(OfferBody, pair.Now));
            pair.Pump();
        },
        ["REFER undecided"] = pair =>
        {
            Answer(pair);
            Refer(pair);
        },
        ["REFER accepted"] = pair =>
        {
            Answer(pair);
            Refer(pair);
            pair.Callee.Do(s => s.AcceptReferral(pair.Callee.Single<SipSessionEvent.ReferralRequested>().Id, pair.Now));
            pair.Pump();
        },
        ["BYE lost"] = pair =>
        {
            Answer(pair);
            pair.Drop = _ => true;
            pair.Caller.Do(s => s.HangUp(null, pair.Now));
            pair.Pump();
        },
        ["early UPDATE lost, refused"] = pair =>
        {
            pair.Call();
            pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
            pair.Pump();
            pair.Drop = m => m is SipRequest { Method: SipMethod.Update };
            pair.Caller.Do(s => s.Reoffer(OfferBody, pair.Now, byUpdate: true));
            pair.Callee.Do(s => s.Reject(486, null, null, pair.Now));
            pair.Pump();
        },
        ["cancelled, not heard"] = pair =>
        {
            pair.Call();
            pair.Callee.Do(s => s.Ring(180, default, pair.Now));
            pair.Pump();
            pair.Drop = m => m is SipResponse;
            pair.Caller.Do(s => s.HangUp(null, pair.Now));
            pair.Pump();
        },
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_state_survives_json_and_a_restore(string way)
    {
        var pair = NewPair();
        Ways[way](pair);
        foreach (var end in (End[])[pair.Caller, pair.Callee])
        {
            var state = end.Session.State;
            var read = JsonSerializer.Deserialize<SipSessionState>(JsonSerializer.Serialize(state))!;
            read.Should().Be(state);
            JsonSerializer
                .Serialize(SipSession.Restore(read, end.Options, pair.Now).State)
                .Should()
                .Be(JsonSerializer.Serialize(state));
        }
    }

    [Fact]
    public void A_call_whose_description_was_not_written_down_is_refreshed_by_a_reinvite_that_asks_for_an_offer()
    {
        var options = Options() with { SessionExpiresS = 600, RefreshByUpdate = false };
        var pair = Established(options, options);
        var state = pair.Caller.Session.State with { LocalDescription = null };

        pair.Caller.Session = SipSession.Restore(state, pair.Caller.Options, pair.Now);
        pair.Advance(6);

        pair.Ladder.Should().Equal("caller INVITE");
        pair.Messages[^1].Body.Length.Should().Be(0);
        pair.Callee.Saw<SipSessionEvent.OfferReceived>().Should().BeFalse();
        pair.Callee.Do(s => s.AcceptOffer(OfferBody, pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.OfferReceived>().Body.ToArray().Should().Equal(OfferBody.ToArray());
        pair.Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump().Ladder.Should().Equal("caller INVITE", "callee 200", "caller ACK");
        pair.Messages[^1].Body.ToArray().Should().Equal(AnswerBody.ToArray());
        pair.Caller.Session.State.LocalDescription.Should().Be("answer");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_restored_call_goes_on_or_ends_within_its_deadlines(string way)
    {
        var pair = NewPair();
        Ways[way](pair);
        pair.Drop = _ => false;
        foreach (var end in (End[])[pair.Caller, pair.Callee])
        {
            var json = JsonSerializer.Serialize(end.Session.State);
            end.Session = SipSession.Restore(JsonSerializer.Deserialize<SipSessionState>(json)!, end.Options, pair.Now);
        }
        pair.Advance(1);
        Answers(pair.Callee.Session);
        Answers(pair.Caller.Session);
        pair.Pump().Advance(200);
        if (
            way is "talking" or "glare" or "REFER undecided" or "REFER accepted" or "re-INVITE unanswered" or "ACK lost"
        )
        {
            pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
            pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
        }
        pair.Caller.Session.HangUp(null, pair.Now);
        pair.Pump().Advance(TimeSpan.FromMinutes(30));
        pair.Caller.Session.IsClosed.Should().BeTrue();
        pair.Callee.Session.IsClosed.Should().BeTrue();

        void Answers(SipSession session)
        {
            session.Answer(AnswerBody, pair.Now);
            session.AcceptOffer(AnswerBody, pair.Now);
        }
    }

    [Fact]
    public void A_restored_session_sends_numbers_that_are_surely_new_and_refreshes_at_once()
    {
        var pair = Established(Timers(), Timers());
        var state = pair.Caller.Session.State;
        // Requests that the journal never heard of.
        for (var i = 0; i < 3; i++)
        {
            pair.Caller.Do(s => s.SendInfo("application/dtmf", "5"u8.ToArray(), pair.Now));
        }
        pair.Pump();
        pair.Caller.Session = SipSession.Restore(state, pair.Caller.Options, pair.Now);
        pair.Ladder.Clear();
        pair.Advance(6);
        pair.Ladder.Should().Equal("caller UPDATE", "callee 200");
    }

    private static SipSessionOptions Timers() => Options() with { SessionExpiresS = 600 };

    private static SessionPair NewPair() => new(Timers(), Timers());

    private static void Answer(SessionPair pair)
    {
        pair.Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump();
    }

    private static void Refer(SessionPair pair)
    {
        pair.Caller.Session.Refer(SipUri.Parse("sip:c@192.0.2.3"), null, null, pair.Now, out _)
            .Should()
            .Be(SipSessionResult.Done);
        pair.Pump();
    }
}
