using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.CallSetupTests;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>PRACK (RFC 3262), and UPDATE in the early dialog (RFC 3311 §5.1).</summary>
public class ReliableProvisionalTests
{
    private static readonly ReadOnlyMemory<byte> Early = Encoding.ASCII.GetBytes("early");

    [Fact]
    public void Early_media_is_sent_reliably_and_its_answer_is_the_answer()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Equal("caller INVITE", "callee 183", "caller PRACK", "callee 200");
        pair.Caller.Single<SipSessionEvent.Progress>().Reliable.Should().BeTrue();
        pair.Caller.Single<SipSessionEvent.AnswerReceived>()
            .Should()
            .BeEquivalentTo(new { Carrier = SipOfferCarrier.ReliableProvisional, Early = true });
        pair.Callee.Do(s => s.Answer(default, pair.Now));
        pair.Pump();
        pair.Messages.OfType<SipResponse>().Last(r => r.CSeq.Method == SipMethod.Invite).Body.IsEmpty.Should().BeTrue();
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Caller.Events.OfType<SipSessionEvent.AnswerReceived>().Should().ContainSingle();
    }

    [Fact]
    public void A_plain_180_is_not_worth_a_prack_unless_it_is_required()
    {
        var pair = new SessionPair().Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump();
        pair.Ladder.Should().NotContain("caller PRACK");

        pair = new SessionPair(Options() with { ReliableProvisionals = SipReliableProvisionals.Required }).Call();
        pair.Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump();
        pair.Ladder.Should().Contain("caller PRACK");
    }

    [Fact]
    public void Without_100rel_the_early_answer_only_foretells_and_the_200_repeats_it()
    {
        var pair = new SessionPair(
            callee: Options() with
            {
                ReliableProvisionals = SipReliableProvisionals.Never,
            }
        ).Call();
        pair.Callee.Do(s => s.Ring(183, Early, pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.Progress>().Body.ToArray().Should().Equal(Early.ToArray());
        pair.Caller.Saw<SipSessionEvent.AnswerReceived>().Should().BeFalse();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump().Caller.Single<SipSessionEvent.AnswerReceived>().Body.ToArray().Should().Equal(AnswerBody.ToArray());
    }

    [Fact]
    public void The_200_waits_for_the_prack_of_a_description()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { Method: SipMethod.Prack } }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump().Callee.Do(s => s.Answer(default, pair.Now));
        pair.Pump();
        pair.Ladder.Should().NotContain("callee 200");
        pair.Callee.Session.State.QueuedAnswer.Should().Be("");
        var prack = Request(pair, SipMethod.Prack);
        pair.Drop = _ => false;
        pair.Inject(pair.Callee, prack)!.StatusCode.Should().Be(200);
        pair.Pump();
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Theory]
    [InlineData(SipRequestFailure.TransportError)]
    [InlineData(SipRequestFailure.Timeout)]
    public void A_prack_that_came_to_nothing_is_sent_again_when_the_response_comes_again(SipRequestFailure failure)
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { Method: SipMethod.Prack } }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump();
        pair.Drop = _ => false;
        var key = pair.Caller.Open.Keys.Single(k => k.StartsWith("prack", StringComparison.Ordinal));
        pair.Caller.Open.Remove(key);
        pair.Caller.Session.OnRequestFailed(key, failure, pair.Now);
        pair.Advance(1);
        pair.Ladder.Count(l => l == "caller PRACK").Should().Be(2);
        pair.Caller.Saw<SipSessionEvent.ForkEnded>().Should().BeFalse("the callee is still there");
        pair.Callee.Do(s => s.Answer(default, pair.Now));
        pair.Pump().Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Caller.Events.OfType<SipSessionEvent.AnswerReceived>().Should().ContainSingle();
    }

    [Fact]
    public void A_reliable_response_is_repeated_and_acknowledged_once()
    {
        var lost = 0;
        var pair = new SessionPair { Drop = m => m is SipResponse { StatusCode: 183 } && lost++ < 3 }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump().Advance(10);
        pair.Ladder.Count(l => l == "callee 183").Should().Be(4);
        pair.Ladder.Count(l => l == "caller PRACK").Should().Be(1);
    }

    [Fact]
    public void A_reliable_response_without_prack_ends_the_call_with_a_5xx()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { Method: SipMethod.Prack } }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump().Advance(31.6);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Inviting);
        pair.Advance(0.5);
        pair.Callee.Single<SipSessionEvent.Ended>().End.Cause.Should().Be(SipEndCause.NoPrack);
        pair.Caller.Single<SipSessionEvent.Ended>().End.Status.Should().Be(504);
    }

    [Fact]
    public void Reliable_responses_go_one_by_one_and_count_up()
    {
        var pair = new SessionPair(Options() with { ReliableProvisionals = SipReliableProvisionals.Required }).Call();
        foreach (var status in (int[])[180, 181, 182])
        {
            pair.Callee.Do(s => s.Ring(status, default, pair.Now));
        }
        pair.Pump();
        pair.Ladder.Where(l => l.Contains(" 18")).Should().Equal("callee 180", "callee 181", "callee 182");
        var numbers = pair
            .Messages.OfType<SipResponse>()
            .Where(r => r.IsProvisional)
            .Select(r => uint.Parse(r.Headers["RSeq"]!))
            .ToList();
        numbers.Should().Equal(numbers[0], numbers[0] + 1, numbers[0] + 2);
        pair.Callee.Session.Ring(183, AnswerBody, pair.Now);
        for (var i = 0; i < 4; i++)
        {
            pair.Callee.Session.Ring(180, default, pair.Now).Should().Be(SipSessionResult.Done);
        }
        pair.Callee.Session.Ring(180, default, pair.Now).Should().Be(SipSessionResult.Pending, "the queue is bounded");
    }

    [Fact]
    public void A_prack_that_crosses_the_200_is_answered_and_does_no_harm()
    {
        var pair = new SessionPair(Options() with { ReliableProvisionals = SipReliableProvisionals.Required });
        pair.Drop = m => m is SipRequest { Method: SipMethod.Prack };
        pair.Call().Callee.Do(s => s.Ring(180, default, pair.Now));
        pair.Pump().Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Caller.Session.Phase.Should()
            .Be(SipSessionPhase.Established, "a 180 without description holds nothing up");
        var prack = Request(pair, SipMethod.Prack);
        pair.Inject(pair.Callee, prack)!.StatusCode.Should().Be(200);
    }

    [Theory]
    [InlineData("1 1 INVITE")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("4294967296 1 INVITE")]
    public void A_prack_for_nothing_is_481(string? rack)
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { Method: SipMethod.Prack } }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump();
        var prack = InDialog(pair.Caller, SipMethod.Prack, 7, rack is null ? "" : $"RAck: {rack}");
        pair.Inject(pair.Callee, prack)!.StatusCode.Should().Be(481);
    }

    [Fact]
    public void A_response_out_of_order_is_dropped_until_the_missing_one_comes()
    {
        var session = SipSession.Outgoing(Plan(), Options(), TimeSpan.Zero);
        session.TryTake(out var action);
        var invite = ((SipSessionAction.Send)action!).Request;
        Receive(100);
        Pracks().Should().Equal("100 1 INVITE");
        Receive(102);
        Pracks().Should().BeEmpty("101 is missing");
        Receive(100);
        Pracks().Should().BeEmpty("it came before");
        Receive(101);
        Receive(102);
        Pracks().Should().Equal("101 1 INVITE", "102 1 INVITE");

        void Receive(uint rseq)
        {
            var response = SipResponse.Create(invite, 183, toTag: "x");
            response.Contact = NameAddress.Parse("<sip:b@192.0.2.2>");
            response.Headers.Add("Require", "100rel").Add("RSeq", rseq.ToString());
            session.OnResponse(SipSession.InviteKey, Parse(response), TimeSpan.Zero);
        }

        List<string> Pracks()
        {
            var result = new List<string>();
            while (session.TryTake(out var next))
            {
                if (next is SipSessionAction.Send { Request.Method: SipMethod.Prack } send)
                {
                    result.Add(send.Request.Headers["RAck"]!);
                }
            }
            return result;
        }
    }

    [Fact]
    public void A_delayed_offer_goes_in_the_reliable_response_and_is_answered_in_prack()
    {
        var pair = new SessionPair().Call(Plan(offer: ""));
        pair.Callee.Do(s => s.Ring(183, OfferBody, pair.Now));
        pair.Pump();
        pair.Caller.Single<SipSessionEvent.OfferReceived>().Carrier.Should().Be(SipOfferCarrier.ReliableProvisional);
        pair.Ladder.Should().NotContain("caller PRACK", "it carries the answer");
        pair.Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Callee.Single<SipSessionEvent.AnswerReceived>().Carrier.Should().Be(SipOfferCarrier.Prack);
        pair.Callee.Do(s => s.Answer(default, pair.Now));
        pair.Pump().Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void A_prack_without_the_answer_that_is_due_is_refused()
    {
        var pair = new SessionPair().Call(Plan(offer: ""));
        pair.Callee.Do(s => s.Ring(183, OfferBody, pair.Now));
        pair.Pump();
        var rseq = pair.Messages.OfType<SipResponse>().Last().Headers["RSeq"];
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Prack, 2, $"RAck: {rseq} 1 INVITE"))!
            .StatusCode.Should()
            .Be(400);
    }

    [Fact]
    public void An_offer_in_prack_is_answered_in_its_200_and_the_call_can_wait_for_it()
    {
        var pair = new SessionPair { Drop = m => m is SipRequest { Method: SipMethod.Prack } }.Call();
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump();
        var rseq = pair.Messages.OfType<SipResponse>().Last().Headers["RSeq"];
        var prack = InDialog(
            pair.Caller,
            SipMethod.Prack,
            2,
            $"RAck: {rseq} 1 INVITE\nContent-Type: application/sdp",
            "new"
        );
        pair.Callee.Session.OnRequest(prack, "the-prack", pair.Now);
        pair.Callee.Do(s => s.Answer(default, pair.Now));
        var sent = new List<SipResponse>();
        pair.Callee.Do(s => s.AcceptOffer(Early, pair.Now));
        while (pair.Callee.Session.TryTake(out var action))
        {
            if (action is SipSessionAction.Respond respond)
            {
                sent.Add(respond.Response);
            }
        }
        sent.Select(r => (r.StatusCode, r.CSeq.Method)).Should().Equal((200, "PRACK"), (200, "INVITE"));
        sent[0].Body.ToArray().Should().Equal(Early.ToArray());
    }

    [Fact]
    public void An_early_session_is_changed_with_update_by_either_side()
    {
        var pair = new SessionPair().Call();
        pair.Caller.Session.Reoffer(OfferBody, pair.Now).Should().Be(SipSessionResult.NotInThisState);
        pair.Callee.Do(s => s.Ring(183, AnswerBody, pair.Now));
        pair.Pump().Caller.Do(s => s.Reoffer(Early, pair.Now));
        pair.Pump()
            .Callee.Last<SipSessionEvent.OfferReceived>()
            .Should()
            .BeEquivalentTo(new { Carrier = SipOfferCarrier.Update, Early = true });
        pair.Callee.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Pump().Callee.Do(s => s.Reoffer(OfferBody, pair.Now));
        pair.Pump().Caller.Do(s => s.AcceptOffer(AnswerBody, pair.Now));
        pair.Callee.Do(s => s.Answer(default, pair.Now));
        pair.Pump();
        pair.Ladder.Count(l => l.EndsWith("UPDATE")).Should().Be(2);
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
    }
}
