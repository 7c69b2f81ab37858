using System.Net;
using System.Net.Sockets;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Location;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class OutboundInviteTests : OutboundStage
{
    [Fact]
    public void A_call_goes_out_dressed_for_its_trunk_and_its_answer_comes_back()
    {
        var carrier = Peer();
        Trunk("carrier", carrier);
        Start();
        SendInvite();

        var invite = carrier.Receive(SipMethod.Invite);
        invite.RequestUri.ToString().Should().Be("sip:+4930123456@carrier.example.com");
        invite.TopVia.Host.Should().Be("127.0.0.1");
        invite.Contact!.Uri.ToString().Should().Be($"sip:the-call@{Status.Local}");
        ExpectSent("carrier")
            .ToString()
            .Should()
            .Be(invite.ToString().Replace($";rport={carrier.From.Port}", ";rport"));
        carrier.Answer(invite, SipStatus.Ringing);
        ExpectResponse(SipStatus.Ringing);
        carrier.Answer(invite, SipStatus.Ok);
        ExpectResponse(SipStatus.Ok);
        StatusOf("carrier").CallsOut.Should().Be(1);
    }

    [Fact]
    public void A_503_goes_to_the_next_target_with_a_new_CSeq_and_only_the_last_outcome_is_told()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("carrier", first, second);
        Start();
        SendInvite();

        first.Answer(first.Receive(SipMethod.Invite), SipStatus.ServiceUnavailable);
        first.Receive(SipMethod.Ack);
        var again = second.Receive(SipMethod.Invite);
        second.Answer(again, SipStatus.Ok);

        var sent = ExpectSent();
        ExpectSent().CSeq.Number.Should().Be(sent.CSeq.Number + 1);
        again.CSeq.Number.Should().Be(sent.CSeq.Number + 1);
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void When_every_target_refuses_the_last_refusal_is_told()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("a", first).Priority = 1;
        Trunk("b", second).Priority = 2;
        Start();
        SendInvite();

        first.Answer(first.Receive(SipMethod.Invite), SipStatus.ServiceUnavailable);
        second.Answer(second.Receive(SipMethod.Invite), SipStatus.ServerInternalError);

        ExpectSent("a");
        ExpectSent("b");
        ExpectResponse(SipStatus.ServerInternalError);
        Call.ExpectNoMsg(100);
        StatusOf("a").CallsOut.Should().Be(0);
        StatusOf("b").CallsOut.Should().Be(0);
    }

    [Fact]
    public void A_busy_callee_is_busy_over_every_trunk()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("carrier", first, second);
        Start();
        SendInvite();

        first.Answer(first.Receive(SipMethod.Invite), SipStatus.BusyHere);

        ExpectSent();
        ExpectResponse(SipStatus.BusyHere);
        second.HasNothing().Should().BeTrue();
    }

    [Fact]
    public void A_silent_target_is_given_up_and_an_answer_that_comes_late_is_hung_up()
    {
        var (silent, second) = (Peer(), Peer());
        Trunk("a", silent).Priority = 1;
        Trunk("b", second).Priority = 2;
        Start();
        SendInvite();

        var late = silent.Receive(SipMethod.Invite);
        ExpectSent("a");
        second.Answer(second.Receive(SipMethod.Invite), SipStatus.Ok);
        ExpectSent("b");
        ExpectResponse(SipStatus.Ok);

        silent.Answer(late, SipStatus.Ok);
        silent.Receive(SipMethod.Ack).CSeq.Number.Should().Be(late.CSeq.Number);
        var bye = silent.Receive(SipMethod.Bye);
        bye.To.Tag.Should().Be("peer-tag");
        silent.Answer(bye, SipStatus.Ok);
        Call.ExpectNoMsg(100);
    }

    [Fact]
    public void A_silent_target_that_rings_late_gets_CANCEL()
    {
        var (silent, second) = (Peer(), Peer());
        Trunk("carrier", silent, second);
        Start();
        SendInvite();

        var late = silent.Receive(SipMethod.Invite);
        second.Receive(SipMethod.Invite);
        silent.Answer(late, SipStatus.Ringing);

        silent.Receive(SipMethod.Cancel).TopVia.Branch.Should().Be(late.TopVia.Branch);
        ExpectSent();
        ExpectSent();
        Call.ExpectNoMsg(100);
    }

    [Fact]
    public void Provisional_responses_of_a_target_that_then_refuses_came_from_it_alone()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("carrier", first, second);
        Start();
        SendInvite();
        var invite = first.Receive(SipMethod.Invite);
        first.Answer(invite, SipStatus.SessionProgress);
        ExpectSent();
        ExpectResponse(SipStatus.SessionProgress);
        first.Answer(invite, SipStatus.ServiceUnavailable);
        var again = second.Receive(SipMethod.Invite);
        ExpectSent();

        first.Answer(invite, SipStatus.Ringing);
        second.Answer(again, SipStatus.Ok);

        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_name_that_does_not_resolve_goes_to_the_next_trunk()
    {
        var carrier = Peer();
        var broken = Trunk("a");
        broken.Priority = 1;
        broken.Targets.Add(new TrunkTargetOptions { Uri = "sip:nowhere.invalid" });
        Trunk("b", carrier).Priority = 2;
        Services = Services with
        {
            Resolve = (uri, _) =>
                Task.FromResult(
                    SipDestination.FromUri(uri) is { } known
                        ? new SipLocation([known], null)
                        : throw new SocketException(11001)
                ),
        };
        Start();
        SendInvite();

        carrier.Answer(carrier.Receive(SipMethod.Invite), SipStatus.Ok);
        ExpectSent("b");
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_port_that_refuses_connections_gives_way_to_the_next_target_at_once()
    {
        var carrier = Peer();
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        var trunk = Trunk("carrier", carrier);
        trunk.AnswerFirstResponseMs = 30_000;
        trunk.Targets[0].Priority = 2;
        trunk.Targets.Add(new TrunkTargetOptions { Uri = $"sip:127.0.0.1:{port};transport=tcp", Priority = 1 });
        Start();
        SendInvite();

        carrier.Answer(carrier.Receive(SipMethod.Invite), SipStatus.Ok);

        ExpectSent().TopVia.Transport.Should().Be("TCP");
        ExpectSent().TopVia.Transport.Should().Be("UDP");
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_call_that_comes_back_to_where_it_was_placed_is_a_loop()
    {
        var carrier = Peer();
        var trunk = Trunk("carrier", carrier);
        trunk.Direction = TrunkDirection.Both;
        trunk.Addresses.Add("127.0.0.1");
        Start();
        SendInvite();

        var invite = carrier.Receive(SipMethod.Invite);
        invite.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {carrier.Address};branch=z9hG4bKproxy");
        carrier.Send(invite);

        carrier.ReceiveResponse().StatusCode.Should().Be(SipStatus.LoopDetected);
    }

    [Fact]
    public void When_nothing_is_left_the_failure_names_every_cause()
    {
        var silent = Peer();
        Trunk("a", silent).Priority = 1;
        Trunk("b").Targets.Add(new TrunkTargetOptions { Uri = "sip:127.0.0.1;transport=tls" });
        Start();
        SendInvite();

        silent.Receive(SipMethod.Invite);
        ExpectSent("a");
        ExpectFailed()
            .Should()
            .Contain($"trunk 'a' (UDP:{silent.Address}): no response within 1 s")
            .And.Contain("trunk 'b': there is no TLS here");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_challenge_is_answered_and_the_ACK_carries_the_credentials(bool proxy)
    {
        var carrier = Peer();
        WithCredentials(Trunk("carrier", carrier));
        Start();
        SendInvite();

        var naked = carrier.Receive(SipMethod.Invite);
        carrier.Challenge(naked, proxy);
        carrier.Receive(SipMethod.Ack);
        var invite = carrier.Receive(SipMethod.Invite);
        carrier.Check(invite, proxy).Should().Be(DigestVerdict.Accepted);
        invite.CSeq.Number.Should().Be(naked.CSeq.Number + 1);
        carrier.Answer(invite, SipStatus.Ok);
        ExpectSent();
        var sent = ExpectSent();
        sent.CSeq.Should().Be(invite.CSeq);
        ExpectResponse(SipStatus.Ok);

        var ack = SipRequest.Create(
            SipMethod.Ack,
            SipUri.Parse($"sip:peer@{carrier.Address}"),
            sent.From,
            sent.To.WithTag("peer-tag"),
            sent.CallId,
            sent.CSeq.Number
        );
        ack.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        Gateway.Tell(new SipGatewayCommands.SendStateless(ack.ToBytes(), "UDP", ""), Call);

        var acknowledged = carrier.Receive(SipMethod.Ack);
        var header = proxy ? SipHeaderId.ProxyAuthorization : SipHeaderId.Authorization;
        acknowledged.Headers[header].Should().NotBeNull().And.Be(invite.Headers[header]);
    }

    [Fact]
    public void A_wrong_password_is_told_as_the_carrier_says_it()
    {
        var carrier = Peer();
        WithCredentials(Trunk("carrier", carrier)).Password = "guess";
        Start();
        SendInvite();

        carrier.Challenge(carrier.Receive(SipMethod.Invite));
        carrier.Challenge(carrier.Receive(SipMethod.Invite));

        ExpectSent();
        ExpectSent();
        ExpectResponse(SipStatus.Unauthorized);
    }

    [Fact]
    public void CANCEL_while_it_rings_ends_it_by_its_own_response()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("carrier", first, second);
        Start();
        SendInvite();
        var invite = first.Receive(SipMethod.Invite);
        first.Answer(invite, SipStatus.Ringing);
        ExpectSent();
        ExpectResponse(SipStatus.Ringing);

        Cancel();
        first.Answer(first.Receive(SipMethod.Cancel), SipStatus.Ok);
        first.Answer(invite, SipStatus.RequestTerminated);

        ExpectResponse(SipStatus.RequestTerminated);
        StatusOf("carrier").CallsOut.Should().Be(0);
    }

    [Fact]
    public void After_CANCEL_no_other_target_is_tried()
    {
        var (first, second) = (Peer(), Peer());
        Trunk("carrier", first, second);
        Start();
        SendInvite();
        var invite = first.Receive(SipMethod.Invite);
        ExpectSent();

        Cancel();
        first.Answer(invite, SipStatus.Trying);
        first.Receive(SipMethod.Cancel);
        first.Answer(invite, SipStatus.ServiceUnavailable);

        ExpectResponse(SipStatus.Trying);
        ExpectResponse(SipStatus.ServiceUnavailable);
        second.HasNothing().Should().BeTrue();
    }

    [Fact]
    public void CANCEL_of_a_silent_target_ends_in_a_failure_and_no_other_is_tried()
    {
        var (silent, second) = (Peer(), Peer());
        Trunk("carrier", silent, second);
        Start();
        SendInvite();
        silent.Receive(SipMethod.Invite);
        ExpectSent();

        Cancel();

        ExpectFailed().Should().StartWith("cancelled");
        second.HasNothing().Should().BeTrue();
    }

    [Fact]
    public void CANCEL_while_the_name_is_resolved_sends_nothing()
    {
        var carrier = Peer();
        Trunk("carrier", carrier);
        var resolving = new TaskCompletionSource<SipLocation>();
        Services = Services with { Resolve = (_, _) => resolving.Task };
        Start();
        SendInvite();
        Cancel();

        ExpectFailed().Should().Be("cancelled before it was sent");
        resolving.SetResult(new SipLocation([SipDestination.Parse($"UDP:{carrier.Address}")], null));
        Call.ExpectNoMsg(100);
        carrier.HasNothing().Should().BeTrue();
    }

    [Fact]
    public void A_name_server_that_never_answers_does_not_hold_the_call()
    {
        Options.Outbound.ResolveMs = 100;
        Trunk("carrier", Peer());
        Services = Services with { Resolve = (_, _) => new TaskCompletionSource<SipLocation>().Task };
        Start();
        SendInvite();

        ExpectFailed().Should().Contain("was not resolved within 0.1 s");
    }

    [Fact]
    public void Without_a_route_the_failure_names_the_trunks_and_the_guard_is_counted()
    {
        Trunk("carrier", Peer()).Guards.Allow = ["+49"];
        Start();
        SendInvite("+19005551234");

        ExpectFailed().Should().Contain("trunk 'carrier' does not allow +19005551234");
        StatusOf("carrier").RefusedByGuard[GuardReason.NumberNotAllowed].Should().Be(1);
    }

    [Fact]
    public void A_trunk_that_is_full_is_named_and_free_again_after_BYE()
    {
        var carrier = Peer();
        Trunk("carrier", carrier).Guards.MaxCalls = 1;
        Start();
        SendInvite();
        carrier.Answer(carrier.Receive(SipMethod.Invite), SipStatus.Ok);
        var sent = ExpectSent();
        ExpectResponse(SipStatus.Ok);

        Gateway.Tell(new SipGatewayCommands.SendInvite(Id, "second", Other("second").ToBytes(), null), Call);
        ExpectFailed("second").Should().Contain("has all its 1 calls out");
        StatusOf("carrier").RefusedByGuard[GuardReason.TooManyCalls].Should().Be(1);

        SendBye(sent, carrier);
        carrier.Answer(carrier.Receive(SipMethod.Bye), SipStatus.Ok);
        ExpectResponse(SipStatus.Ok, "bye");
        StatusOf("carrier").CallsOut.Should().Be(0);
    }

    [Fact]
    public void A_call_that_dies_takes_its_INVITE_and_its_place_with_it()
    {
        var carrier = Peer();
        Trunk("carrier", carrier);
        Start();
        var call = CreateTestProbe();
        Gateway.Tell(new SipGatewayCommands.SendInvite(Id, "invite", Invite("+4930").ToBytes(), null), call);
        var invite = carrier.Receive(SipMethod.Invite);
        carrier.Answer(invite, SipStatus.Ringing);
        call.FishForMessage(m => m is SipGatewayEvents.ResponseArrived);

        Sys.Stop(call);

        carrier.Receive(SipMethod.Cancel);
        AwaitAssert(() => StatusOf("carrier").CallsOut.Should().Be(0));
    }

    [Fact]
    public void A_redirection_is_followed_where_the_trunk_allows_it_and_the_guards_hold()
    {
        var carrier = Peer();
        var trunk = Trunk("carrier", carrier);
        trunk.FollowRedirects = true;
        trunk.Guards.Allow = ["+49"];
        Start();
        SendInvite();

        carrier.Answer(
            carrier.Receive(SipMethod.Invite),
            SipStatus.MovedTemporarily,
            response =>
                response.Headers.Add(
                    SipHeaderId.Contact,
                    "<sip:+1900@x.example.com>;q=1, <sip:+4940999@x.example.com>;q=0.5"
                )
        );
        var followed = carrier.Receive(SipMethod.Invite);

        followed.RequestUri.ToString().Should().Be("sip:+4940999@carrier.example.com");
        carrier.Answer(followed, SipStatus.Ok);
        ExpectSent();
        ExpectSent();
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_redirection_that_is_not_followed_is_told_to_the_call()
    {
        var carrier = Peer();
        Trunk("carrier", carrier);
        Start();
        SendInvite();

        carrier.Answer(
            carrier.Receive(SipMethod.Invite),
            SipStatus.MovedTemporarily,
            response => response.Headers.Add(SipHeaderId.Contact, "<sip:+1900@x.example.com>")
        );

        ExpectSent();
        ExpectResponse(SipStatus.MovedTemporarily).Contact!.Uri.User.Should().Be("+1900");
    }

    [Fact]
    public void A_registered_phone_is_called_over_its_flow()
    {
        var phone = Peer();
        Services = Services with { Registrations = new OnePhone(phone.Address) };
        Start();
        SendInvite("alice");

        var invite = phone.Receive(SipMethod.Invite);
        invite.RequestUri.ToString().Should().Be("sip:alice@10.0.0.5:5060");
        phone.Answer(invite, SipStatus.Ok);
        var sent = Call.ExpectMsg<SipGatewayEvents.RequestSent>();
        sent.Trunk.Should().BeNull();
        sent.Path.Remote.Should().Be(phone.Address);
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void A_bounded_table_that_is_full_says_so()
    {
        Options.Outbound.MaxPending = 1;
        var carrier = Peer();
        Trunk("carrier", carrier);
        Start();
        SendInvite();
        carrier.Receive(SipMethod.Invite);
        ExpectSent();

        Gateway.Tell(new SipGatewayCommands.SendInvite(Id, "second", Other("second").ToBytes(), null), Call);

        ExpectFailed("second").Should().Contain("1 requests under way");
    }

    private void SendBye(SipRequest sent, ScriptedPeer peer)
    {
        var bye = SipRequest.Create(
            SipMethod.Bye,
            SipUri.Parse($"sip:peer@{peer.Address}"),
            sent.From,
            sent.To.WithTag("peer-tag"),
            sent.CallId,
            sent.CSeq.Number + 1
        );
        bye.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        Gateway.Tell(new SipGatewayCommands.SendRequest(Id, "bye", bye.ToBytes(), "UDP", ""), Call);
    }

    private static SipRequest Other(string callId)
    {
        var invite = Invite("+4930123456");
        invite.CallId = callId;
        return invite;
    }

    private static TrunkOptions WithCredentials(TrunkOptions trunk)
    {
        trunk.Username = "user";
        trunk.Password = "s3cret";
        return trunk;
    }

    private sealed class OnePhone(string address) : IRegistrations
    {
        public IReadOnlyList<RegisteredContact> Find(SipUri aor) =>
            [
                new RegisteredContact(
                    SipUri.Parse("sip:alice@10.0.0.5:5060"),
                    new SipDestination("UDP", IPEndPoint.Parse(address)),
                    [],
                    1,
                    null,
                    DateTimeOffset.MaxValue
                ),
            ];
    }
}
