using System.Text;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>A caller whose INVITE was forked by a proxy: the responses are made by hand (RFC 3261 §12.1.2, §13.2.2.4).</summary>
public class ForkTests
{
    private readonly SipSession _session;
    private readonly SipRequest _invite;
    private readonly List<SipSessionEvent> _events = [];
    private readonly List<SipRequest> _sent = [];

    public ForkTests()
    {
        _session = SipSession.Outgoing(SessionPair.Plan(), SessionPair.Options(), TimeSpan.Zero);
        Drain();
        _invite = _sent[0];
    }

    [Fact]
    public void Several_phones_ring_and_the_first_that_answers_wins()
    {
        Receive(180, "a");
        Receive(180, "b");
        Receive(200, "b", body: "answer of b");
        _events.OfType<SipSessionEvent.ForkEnded>().Should().ContainSingle().Which.RemoteTag.Should().Be("a");
        _session.Dialog!.RemoteTag.Should().Be("b");
        _sent[^1].Should().BeEquivalentTo(new { Method = SipMethod.Ack });
        _sent[^1].To.Tag.Should().Be("b");
    }

    [Fact]
    public void A_second_200_is_acknowledged_and_hung_up_and_the_call_stays()
    {
        Receive(180, "a");
        Receive(180, "b");
        Receive(200, "a", body: "answer");
        Receive(200, "b", body: "late");
        _sent
            .Select(r => (r.Method, r.To.Tag))
            .Skip(1)
            .Should()
            .Equal((SipMethod.Ack, "a"), (SipMethod.Ack, "b"), (SipMethod.Bye, "b"));
        _session.Phase.Should().Be(SipSessionPhase.Established);
        _session.Dialog!.RemoteTag.Should().Be("a");
        _events.OfType<SipSessionEvent.AnswerReceived>().Should().ContainSingle();
    }

    [Fact]
    public void A_fork_that_answers_after_the_end_is_still_hung_up()
    {
        Receive(180, "a");
        Receive(180, "b");
        Receive(200, "a", body: "answer");
        _session.HangUp(null, TimeSpan.Zero);
        Drain();
        Answer(_sent[^1], 200);
        _session.IsClosed.Should().BeFalse("the other fork may still answer");
        Receive(200, "b", body: "late");
        _sent[^1].Should().BeEquivalentTo(new { Method = SipMethod.Bye });
        Answer(_sent[^1], 200);
        _session.OnDeadline(_session.Deadline);
        Drain();
        _session.IsClosed.Should().BeTrue();
    }

    [Fact]
    public void A_200_without_ringing_before_makes_its_own_dialog()
    {
        Receive(200, "a", body: "answer");
        _session.Phase.Should().Be(SipSessionPhase.Established);
        Receive(200, "a", body: "answer");
        _sent.Count(r => r.IsAck).Should().Be(2, "the repeated 200 means that the ACK was lost");
    }

    [Fact]
    public void An_old_peer_without_tag_can_be_talked_to()
    {
        Receive(200, tag: null, body: "answer");
        _session.Phase.Should().Be(SipSessionPhase.Established);
        _sent[^1].To.Tag.Should().BeNull();
    }

    [Fact]
    public void A_fork_that_ends_with_199_leaves_the_others()
    {
        Receive(183, "a");
        Receive(180, "b");
        Receive(199, "b");
        _events.OfType<SipSessionEvent.ForkEnded>().Should().ContainSingle().Which.RemoteTag.Should().Be("b");
        _session.Dialog!.RemoteTag.Should().Be("a");
    }

    [Fact]
    public void A_thousand_forks_cost_no_more_than_a_few()
    {
        for (var i = 0; i < 1000; i++)
        {
            Receive(180, $"fork{i}");
        }
        _session.State.Forks.Count.Should().BeLessThanOrEqualTo(16);
    }

    [Fact]
    public void The_route_set_is_that_of_the_200_and_its_first_hop_is_told()
    {
        Receive(180, "a", "Record-Route: <sip:old@192.0.2.50;lr>");
        Receive(200, "a", "Record-Route: <sip:p2@192.0.2.62;lr>, <sip:p1@192.0.2.61;lr>", "answer");
        _sent[^1].Routes.Select(r => r.Uri.User).Should().Equal("p1", "p2");
        _session.NextHop!.Host.Should().Be("192.0.2.61");
    }

    [Fact]
    public void An_empty_200_after_early_media_takes_the_early_description_for_the_answer()
    {
        Receive(183, "a", body: "early");
        Receive(200, "a");
        Encoding
            .ASCII.GetString(_events.OfType<SipSessionEvent.AnswerReceived>().Single().Body.Span)
            .Should()
            .Be("early");
    }

    [Fact]
    public void What_really_left_is_what_the_dialog_is_made_of()
    {
        var sent = _invite.Clone();
        sent.CSeq = new CSeq(3, SipMethod.Invite);
        sent.Headers.Set(SipHeaderId.Contact, "<sip:caller@203.0.113.5:5061;transport=tls>");
        sent.Headers.Set(SipHeaderId.From, "<sip:+4930@trunk.example>;tag=caller-tag");
        sent.Headers.Add(SipHeaderId.ProxyAuthorization, "Digest realm=\"x\"");
        Receive(180, "before");
        _session.OnRequestSent(SipSession.InviteKey, sent);
        Drain();
        _events
            .OfType<SipSessionEvent.ForkEnded>()
            .Should()
            .ContainSingle("another attempt ends what the first one brought");
        Receive(200, "late", cseq: 1);
        _session.Phase.Should().Be(SipSessionPhase.Inviting, "it answers the first attempt");
        Receive(200, "a", cseq: 3, body: "answer");
        _sent[^1].CSeq.Should().Be(new CSeq(3, SipMethod.Ack));
        _sent[^1].Headers["Proxy-Authorization"].Should().NotBeNull();
        _session.Dialog!.LocalTarget.Should().Contain("203.0.113.5");
        _session.Dialog.LocalAddress.Should().Contain("+4930");
        _session.Dialog.LocalCSeq.Should().Be(3);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(481)]
    [InlineData(0)]
    public void What_is_heard_late_of_a_fork_that_lost_is_nothing_to_the_call(int status)
    {
        Receive(183, "a", "Require: 100rel\nRSeq: 1\nAllow: UPDATE, INFO", "answer of a");
        _session.Reoffer("new"u8.ToArray(), TimeSpan.Zero).Should().Be(SipSessionResult.Done);
        _session.SendInfo("application/dtmf", "5"u8.ToArray(), TimeSpan.Zero);
        Drain();
        var update = _sent.Single(r => r.Method == SipMethod.Update);
        var info = _sent.Single(r => r.Method == SipMethod.Info);
        Receive(200, "b", body: "answer of b");
        _events.OfType<SipSessionEvent.OfferRejected>().Should().ContainSingle();
        var answers = _events.OfType<SipSessionEvent.AnswerReceived>().Count();
        if (status == 0)
        {
            _session.OnRequestFailed(_keys[update], SipRequestFailure.Timeout, TimeSpan.Zero);
            _session.OnRequestFailed(_keys[info], SipRequestFailure.Timeout, TimeSpan.Zero);
            Drain();
        }
        else
        {
            Answer(update, status);
            Answer(info, status);
        }
        _events.OfType<SipSessionEvent.AnswerReceived>().Count().Should().Be(answers);
        _session.Phase.Should().Be(SipSessionPhase.Established);
        _session.Dialog!.RemoteTag.Should().Be("b");
    }

    [Fact]
    public void Offers_of_several_forks_are_answered_one_after_the_other()
    {
        var session = SipSession.Outgoing(SessionPair.Plan(""), SessionPair.Options(), TimeSpan.Zero);
        var invite = Actions().OfType<SipSessionAction.Send>().Single().Request;
        Offer("a").Should().ContainSingle("it is the first");
        Offer("b").Should().BeEmpty("an answer could not say which offer it means");
        Accept().Should().Be("a");
        Offer("b").Should().ContainSingle("the callee repeats it for want of a PRACK");
        Accept().Should().Be("b");

        List<SipSessionEvent.OfferReceived> Offer(string tag)
        {
            var response = SipResponse.Create(invite, 183, toTag: tag);
            response.Headers.Add(SipHeaderId.Require, "100rel").Add(SipHeaderId.RSeq, "1");
            response.Headers.Add(SipHeaderId.Contact, $"<sip:{tag}@192.0.2.2>");
            response.SetBody(Encoding.ASCII.GetBytes($"offer of {tag}"), "application/sdp");
            session.OnResponse(SipSession.InviteKey, response, TimeSpan.Zero);
            return [.. Actions().OfType<SipSessionEvent.OfferReceived>()];
        }

        string? Accept()
        {
            session.AcceptOffer(SessionPair.AnswerBody, TimeSpan.Zero).Should().Be(SipSessionResult.Done);
            return Actions().OfType<SipSessionAction.Send>().Single().Request.To.Tag;
        }

        List<SipSessionAction> Actions()
        {
            var taken = new List<SipSessionAction>();
            while (session.TryTake(out var action))
            {
                taken.Add(action);
            }
            return taken;
        }
    }

    [Fact]
    public void A_422_is_answered_with_the_interval_it_asks_for()
    {
        var session = SipSession.Outgoing(
            SessionPair.Plan(),
            SessionPair.Options() with
            {
                SessionExpiresS = 600,
            },
            TimeSpan.Zero
        );
        var first = Send(session);
        first.Request.Headers["Session-Expires"].Should().Be("600");
        Refuse(session, first, 900);
        var second = Send(session);
        second.Request.CSeq.Number.Should().Be(2);
        second.Request.CallId.Should().Be(first.Request.CallId);
        second.Request.Headers["Session-Expires"].Should().Be("900");
        second.Request.Headers["Min-SE"].Should().Be("900");
        second.OpensDialog.Should().BeTrue();
        Refuse(session, second, 900);
        while (session.TryTake(out var action))
        {
            action.Should().NotBeOfType<SipSessionAction.Send>("a peer that asks for what it got is not asked again");
        }
        session.End!.Status.Should().Be(422);

        static SipSessionAction.Send Send(SipSession session)
        {
            while (session.TryTake(out var action))
            {
                if (action is SipSessionAction.Send send)
                {
                    return send;
                }
            }
            throw new InvalidOperationException("Nothing was sent.");
        }

        static void Refuse(SipSession session, SipSessionAction.Send send, int minimum)
        {
            var response = SipResponse.Create(send.Request, 422);
            response.Headers.Add(SipHeaderId.MinSE, minimum.ToString());
            session.OnResponse(send.Key, response, TimeSpan.Zero);
        }
    }

    private readonly Dictionary<SipRequest, string> _keys = [];

    private void Receive(int status, string? tag, string headers = "", string body = "", uint cseq = 1)
    {
        var to = tag is null ? _invite.To.ToString() : _invite.To.WithTag(tag).ToString();
        var text =
            $"SIP/2.0 {status} {SipStatus.ReasonOf(status)}\nVia: {SipSession.PlaceholderVia}\nFrom: {_invite.From}\nTo: {to}\n"
            + $"Call-ID: {_invite.CallId}\nCSeq: {cseq} INVITE\nContact: <sip:{tag ?? "old"}@192.0.2.2>\n"
            + (headers.Length > 0 ? headers + "\n" : "")
            + (body.Length > 0 ? "Content-Type: application/sdp\n" : "")
            + $"Content-Length: {body.Length}\n\n";
        _session.OnResponse(
            SipSession.InviteKey,
            (SipResponse)SipParser.Parse(Encoding.ASCII.GetBytes(text.Replace("\n", "\r\n") + body)),
            TimeSpan.Zero
        );
        Drain();
    }

    private void Answer(SipRequest request, int status)
    {
        _session.OnResponse(_keys[request], SipResponse.Create(request, status), TimeSpan.Zero);
        Drain();
    }

    private void Drain()
    {
        while (_session.TryTake(out var action))
        {
            switch (action)
            {
                case SipSessionEvent e:
                    _events.Add(e);
                    break;
                case SipSessionAction.Send send:
                    _sent.Add(send.Request);
                    _keys[send.Request] = send.Key;
                    break;
                case SipSessionAction.SendStateless stateless:
                    _sent.Add(stateless.Request);
                    break;
            }
        }
    }
}
