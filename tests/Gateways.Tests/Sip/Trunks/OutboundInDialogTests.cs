using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Location;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class OutboundInDialogTests : OutboundStage
{
    [Fact]
    public void A_request_by_flow_goes_there_whatever_its_URI_says()
    {
        var peer = Peer();
        Start();
        Send(Bye("sip:peer@192.0.2.1"), peer.Address);

        peer.Answer(peer.Receive(SipMethod.Bye), SipStatus.Ok);

        ExpectResponse(SipStatus.Ok, "bye");
    }

    [Fact]
    public void Without_a_flow_the_first_route_is_the_way_and_without_a_route_the_Request_URI()
    {
        var (proxy, peer) = (Peer(), Peer());
        Start();
        var routed = Bye($"sip:peer@{peer.Address}");
        routed.Headers.Add(SipHeaderId.Route, $"<sip:{proxy.Address};lr>");
        Send(routed, "");
        proxy.Answer(proxy.Receive(SipMethod.Bye), SipStatus.Ok);
        ExpectResponse(SipStatus.Ok, "bye");

        Send(Bye($"sip:peer@{peer.Address}"), "");
        peer.Answer(peer.Receive(SipMethod.Bye), SipStatus.Ok);
        ExpectResponse(SipStatus.Ok, "bye");
    }

    [Fact]
    public void A_strict_router_has_put_itself_into_the_Request_URI()
    {
        var (strict, next) = (Peer(), Peer());
        Start();
        var routed = Bye($"sip:{strict.Address}");
        routed.Headers.Add(SipHeaderId.Route, $"<sip:peer@{next.Address}>");
        Send(routed, "");

        strict.Answer(strict.Receive(SipMethod.Bye), SipStatus.Ok);
        ExpectResponse(SipStatus.Ok, "bye");
    }

    [Fact]
    public void A_challenge_in_a_dialog_is_answered_with_the_trunk_s_credentials_and_the_new_CSeq_told()
    {
        var carrier = Peer();
        var trunk = Trunk("carrier", carrier);
        (trunk.Username, trunk.Password) = ("user", "s3cret");
        Start();
        SendInvite();
        carrier.Answer(carrier.Receive(SipMethod.Invite), SipStatus.Ok);
        ExpectSent();
        ExpectResponse(SipStatus.Ok);

        Send(Bye($"sip:peer@{carrier.Address}"), "");
        var bye = carrier.Receive(SipMethod.Bye);
        carrier.Challenge(bye);
        var again = carrier.Receive(SipMethod.Bye);
        carrier.Check(again).Should().Be(DigestVerdict.Accepted);
        carrier.Answer(again, SipStatus.Ok);

        ExpectSent("carrier", "bye").CSeq.Number.Should().Be(bye.CSeq.Number + 1);
        ExpectResponse(SipStatus.Ok, "bye");
    }

    [Fact]
    public void A_call_that_came_in_over_a_trunk_is_challenged_and_answered_too()
    {
        var carrier = Peer();
        var trunk = Trunk("carrier", carrier);
        (trunk.Username, trunk.Password) = ("user", "s3cret");
        trunk.Direction = TrunkDirection.Both;
        trunk.Addresses = ["127.0.0.1"];
        Start();

        Send(Bye("sip:peer@192.0.2.1"), carrier.Address);
        carrier.Challenge(carrier.Receive(SipMethod.Bye));
        var again = carrier.Receive(SipMethod.Bye);

        carrier.Check(again).Should().Be(DigestVerdict.Accepted);
    }

    [Fact]
    public void What_leaves_as_it_was_written_is_not_told_again()
    {
        var peer = Peer();
        Start();
        Send(Bye($"sip:peer@{peer.Address}"), "");
        peer.Answer(peer.Receive(SipMethod.Bye), SipStatus.Ok);

        ExpectResponse(SipStatus.Ok, "bye");
    }

    [Fact]
    public void A_name_without_an_address_is_a_failure_that_says_so()
    {
        Services = Services with { Resolve = (_, _) => Task.FromResult(new SipLocation([], null)) };
        Start();
        Send(Bye("sip:peer@gone.example.com"), "");

        ExpectFailed("bye").Should().Be("gone.example.com has no address");
    }

    [Fact]
    public void What_is_no_SIP_message_costs_only_itself()
    {
        var peer = Peer();
        Start();
        Gateway.Tell(new SipGatewayCommands.SendRequest(Id, "bye", "nonsense"u8.ToArray(), "UDP", ""), Call);
        Gateway.Tell(new SipGatewayCommands.SendStateless("nonsense"u8.ToArray(), "UDP", ""), Call);
        ExpectFailed("bye").Should().Contain("not a SIP message");

        Send(Bye($"sip:peer@{peer.Address}"), "");
        peer.Answer(peer.Receive(SipMethod.Bye), SipStatus.Ok);
        ExpectResponse(SipStatus.Ok, "bye");
    }

    private void Send(SipRequest request, string remote) =>
        Gateway.Tell(new SipGatewayCommands.SendRequest(Id, "bye", request.ToBytes(), "UDP", remote), Call);

    private static SipRequest Bye(string target)
    {
        var bye = SipRequest.Create(
            SipMethod.Bye,
            SipUri.Parse(target),
            new NameAddress(SipUri.Parse("sip:frontdesk@127.0.0.1"), tag: "local-tag"),
            new NameAddress(SipUri.Parse("sip:peer@127.0.0.1"), tag: "peer-tag"),
            "dialog-of-the-test",
            20
        );
        bye.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        return bye;
    }
}
