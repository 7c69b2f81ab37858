using System.Net;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Sip.Tests.UserAgents;

public class SipRequestDeliveryTests
{
    private static readonly SipDestination First = SipDestination.Udp(IPEndPoint.Parse("192.0.2.1:5060"));
    private static readonly SipDestination Second = SipDestination.Udp(IPEndPoint.Parse("192.0.2.2:5060"));

    private readonly DigestServer _proxy = new(new() { Realm = "proxy" });
    private readonly DigestServer _callee = new(new() { Realm = "callee" });
    private readonly DigestClient _client = new(new("alice", "secret"));

    [Fact]
    public void A_request_is_answered_and_done()
    {
        var delivery = new SipRequestDelivery(Invite(), [First]);
        var sent = Sent(delivery.Start(), First);
        sent.Headers.Contains(SipHeaderId.Via).Should().BeFalse();
        sent.CSeq.Number.Should().Be(7);
        delivery.OnResponse(Response(sent, 180)).Should().BeOfType<SipDeliveryStep.Provisional>();
        FinalOf(delivery.OnResponse(Response(sent, 486))).Should().Be(486);
        delivery.OnResponse(Response(sent, 486)).Should().BeOfType<SipDeliveryStep.Nothing>();
        delivery.OnFailed(SipRequestFailure.Timeout).Should().BeOfType<SipDeliveryStep.Nothing>();
    }

    [Fact]
    public void Each_repetition_of_a_2xx_goes_up()
    {
        var delivery = new SipRequestDelivery(Invite(), [First]);
        var sent = Sent(delivery.Start(), First);
        FinalOf(delivery.OnResponse(Response(sent, 200))).Should().Be(200);
        FinalOf(delivery.OnResponse(Response(sent, 200))).Should().Be(200);
    }

    [Fact]
    public void A_bye_that_was_lost_with_its_connection_goes_once_more()
    {
        var bye = SipRequest.Create(SipMethod.Bye, SipUri.Parse("sip:b@x"), NameAddress.Parse("<sip:a@x>"), cseq: 7);
        var delivery = new SipRequestDelivery(bye, [First]);
        Sent(delivery.Start(), First).CSeq.Number.Should().Be(7);
        Sent(delivery.OnFailed(SipRequestFailure.TransportError), First).CSeq.Number.Should().Be(8);
        delivery.OnFailed(SipRequestFailure.TransportError).Should().BeOfType<SipDeliveryStep.Failed>();

        var silent = new SipRequestDelivery(bye, [First]);
        silent.Start();
        silent.OnFailed(SipRequestFailure.Timeout).Should().BeOfType<SipDeliveryStep.Failed>();

        var invite = new SipRequestDelivery(Invite(), [First]);
        invite.Start();
        invite.OnFailed(SipRequestFailure.TransportError).Should().BeOfType<SipDeliveryStep.Failed>();
    }

    [Fact]
    public void Proxy_and_callee_are_answered_one_after_the_other()
    {
        var delivery = new SipRequestDelivery(Invite(), [First], _client);
        var sent = Sent(delivery.Start(), First);
        sent = Sent(delivery.OnResponse(_proxy.Challenge(sent, proxy: true)), First);
        sent.CSeq.Number.Should().Be(8);
        sent = Sent(delivery.OnResponse(_callee.Challenge(sent)), First);
        sent.CSeq.Number.Should().Be(9);
        Accepts(_proxy, sent, proxy: true);
        Accepts(_callee, sent);
        FinalOf(delivery.OnResponse(Response(sent, 200))).Should().Be(200);
    }

    [Fact]
    public void Both_challenges_in_one_response_are_answered_at_once()
    {
        var delivery = new SipRequestDelivery(Invite(), [First], _client);
        var sent = Sent(delivery.Start(), First);
        var both = _callee.Challenge(sent);
        foreach (var line in _proxy.Challenge(sent, proxy: true).Headers.Lines(SipHeaderId.ProxyAuthenticate))
        {
            both.Headers.Add(SipHeaderId.ProxyAuthenticate, line);
        }
        sent = Sent(delivery.OnResponse(both), First);
        Accepts(_proxy, sent, proxy: true);
        Accepts(_callee, sent);
    }

    [Fact]
    public void A_wrong_password_ends_it_at_the_second_challenge()
    {
        var delivery = new SipRequestDelivery(Invite(), [First], _client);
        var sent = Sent(delivery.Start(), First);
        sent = Sent(delivery.OnResponse(_callee.Challenge(sent)), First);
        FinalOf(delivery.OnResponse(_callee.Challenge(sent))).Should().Be(401);
    }

    [Fact]
    public void A_stale_nonce_is_replaced_but_not_for_ever()
    {
        var delivery = new SipRequestDelivery(Invite(), [First], _client);
        var step = delivery.Start();
        var attempts = 0;
        while (step is SipDeliveryStep.Next next)
        {
            (++attempts).Should().BeLessThan(10);
            step = delivery.OnResponse(_callee.Challenge(next.Request, stale: true));
        }
        attempts.Should().BeGreaterThan(2);
        FinalOf(step).Should().Be(401);
    }

    [Fact]
    public void Without_credentials_a_challenge_is_final()
    {
        var delivery = new SipRequestDelivery(Invite(), [First]);
        FinalOf(delivery.OnResponse(_callee.Challenge(Sent(delivery.Start(), First)))).Should().Be(401);
    }

    [Fact]
    public void The_next_request_brings_credentials_with_the_next_count()
    {
        var delivery = new SipRequestDelivery(Invite(), [First], _client);
        var sent = Sent(delivery.OnResponse(_callee.Challenge(Sent(delivery.Start(), First))), First);
        sent.Headers["Authorization"].Should().Contain("nc=00000001");
        Accepts(_callee, sent);

        var following = new SipRequestDelivery(Invite("BYE"), [First], _client);
        sent = Sent(following.Start(), First);
        sent.Headers["Authorization"].Should().Contain("nc=00000002");
        Accepts(_callee, sent);
        // The server forgot the nonce and does not say stale: one fresh answer is due.
        var again = Sent(following.OnResponse(_callee.Challenge(sent)), First);
        again.Headers.Lines(SipHeaderId.Authorization).Should().ContainSingle();
        FinalOf(following.OnResponse(_callee.Challenge(again))).Should().Be(401);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(0)]
    public void A_target_that_is_down_gives_way_to_the_next(int status)
    {
        var delivery = new SipRequestDelivery(Invite(), [First, Second]);
        var sent = Sent(delivery.Start(), First);
        var step =
            status == 0 ? delivery.OnFailed(SipRequestFailure.Timeout) : delivery.OnResponse(Response(sent, status));
        sent = Sent(step, Second);
        sent.CSeq.Number.Should().Be(8);
        FinalOf(delivery.OnResponse(Response(sent, 503))).Should().Be(503, "no target is left");
    }

    [Fact]
    public void When_no_target_answers_the_failure_goes_up()
    {
        var delivery = new SipRequestDelivery(Invite(), [First, Second]);
        delivery.Start();
        delivery.OnFailed(SipRequestFailure.TransportError).Should().BeOfType<SipDeliveryStep.Next>();
        delivery.OnFailed(SipRequestFailure.Timeout).Should().Be(new SipDeliveryStep.Failed(SipRequestFailure.Timeout));
        new SipRequestDelivery(Invite(), []).Start().Should().Be(new SipDeliveryStep.Failed(SipRequestFailure.Refused));
    }

    [Fact]
    public void After_a_cancel_nothing_is_tried_again()
    {
        var delivery = new SipRequestDelivery(Invite(), [First, Second], _client);
        var sent = Sent(delivery.Start(), First);
        delivery.Stop();
        FinalOf(delivery.OnResponse(_callee.Challenge(sent))).Should().Be(401);
    }

    [Fact]
    public void Which_responses_lead_on_is_the_callers_choice()
    {
        var delivery = new SipRequestDelivery(Invite(), [First, Second], failsOver: r => r.StatusCode == 404);
        Sent(delivery.OnResponse(Response(Sent(delivery.Start(), First), 404)), Second);
    }

    private static SipRequest Sent(SipDeliveryStep step, SipDestination destination)
    {
        var next = step.Should().BeOfType<SipDeliveryStep.Next>().Which;
        next.Destination.Should().Be(destination);
        return next.Request;
    }

    private static int FinalOf(SipDeliveryStep step) =>
        step.Should().BeOfType<SipDeliveryStep.Final>().Which.Response.StatusCode;

    private static void Accepts(DigestServer server, SipRequest request, bool proxy = false) =>
        server.Check(request, (_, _) => new("secret"), proxy).Verdict.Should().Be(DigestVerdict.Accepted);

    private static SipResponse Response(SipRequest request, int status) => SipResponse.Create(request, status);

    private static SipRequest Invite(string method = "INVITE") =>
        SipRequest.Create(method, SipUri.Parse("sip:b@example.com"), NameAddress.Parse("<sip:a@example.com>"), cseq: 7);
}
