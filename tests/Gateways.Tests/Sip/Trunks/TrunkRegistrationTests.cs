using System.Net;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Location;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class TrunkRegistrationTests : OutboundStage
{
    [Fact]
    public void A_trunk_registers_with_credentials_and_its_state_is_told()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();

        var naked = carrier.Receive(SipMethod.Register);
        naked.RequestUri.ToString().Should().Be("sip:carrier.example.com");
        naked.To.Uri.ToString().Should().Be("sip:user@carrier.example.com");
        naked.Contact!.Uri.ToString().Should().Be($"sip:{ContactUser}@{Status.Local}");
        carrier.Challenge(naked);
        var register = carrier.Receive(SipMethod.Register);
        carrier.Check(register).Should().Be(DigestVerdict.Accepted);
        register.CSeq.Number.Should().BeGreaterThan(naked.CSeq.Number);
        register.CallId.Should().Be(naked.CallId);
        Grant(carrier, register, 300);

        AwaitAssert(() => StatusOf("carrier").Registration!.State.Should().Be(RegistrationState.Registered));
        StatusOf("carrier").Registration!.Registrar.Should().Be($"UDP:{carrier.Address}");
    }

    [Fact]
    public void It_is_refreshed_before_it_expires_and_a_stale_nonce_is_answered_anew()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();
        carrier.Challenge(carrier.Receive(SipMethod.Register));
        var register = carrier.Receive(SipMethod.Register);
        Grant(carrier, register, 2);

        var refresh = carrier.Receive(SipMethod.Register);
        refresh.CSeq.Number.Should().BeGreaterThan(register.CSeq.Number);
        refresh.CallId.Should().Be(register.CallId);
        carrier.Challenge(refresh, stale: true);
        var again = carrier.Receive(SipMethod.Register);
        carrier.Check(again).Should().Be(DigestVerdict.Accepted);
        Grant(carrier, again, 300);

        AwaitAssert(() =>
            StatusOf("carrier").Registration!.ExpiresAt.Should().BeAfter(DateTimeOffset.UtcNow.AddSeconds(100))
        );
    }

    [Fact]
    public void An_interval_too_brief_is_raised_as_asked()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();
        carrier.Answer(
            carrier.Receive(SipMethod.Register),
            SipStatus.IntervalTooBrief,
            response => response.Headers.Add(SipHeaderId.MinExpires, "1200")
        );

        carrier.Receive(SipMethod.Register).Expires.Should().Be(1200);
    }

    [Fact]
    public void A_registrar_that_cannot_serve_gives_way_to_the_next()
    {
        var (first, second) = (Peer(), Peer());
        Registering(first, second);
        Start();
        first.Answer(first.Receive(SipMethod.Register), SipStatus.ServiceUnavailable);

        Grant(second, second.Receive(SipMethod.Register), 300);

        AwaitAssert(() => StatusOf("carrier").Registration!.Registrar.Should().Be($"UDP:{second.Address}"));
    }

    [Fact]
    public void A_registrar_that_is_silent_gives_way_to_the_next()
    {
        var (first, second) = (Peer(), Peer());
        Registering(first, second).Registration.AnswerMs = 500;
        Start();
        first.Receive(SipMethod.Register);

        Grant(second, second.Receive(SipMethod.Register), 300);

        AwaitAssert(() => StatusOf("carrier").Registration!.State.Should().Be(RegistrationState.Registered));
    }

    [Fact]
    public void A_refusal_is_told_with_its_cause()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();
        carrier.Challenge(carrier.Receive(SipMethod.Register));
        carrier.Challenge(carrier.Receive(SipMethod.Register));

        AwaitAssert(() => StatusOf("carrier").Registration!.State.Should().Be(RegistrationState.Failed));
        StatusOf("carrier").Registration!.LastCause.Should().Contain("username or password is wrong");
    }

    [Fact]
    public void At_the_stop_it_is_taken_back()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();
        Grant(carrier, carrier.Receive(SipMethod.Register), 300);
        AwaitAssert(() => StatusOf("carrier").Registration!.State.Should().Be(RegistrationState.Registered));

        Gateway.Tell(new SipGatewayCommands.Drain(), Call);

        var unregister = carrier.Receive(SipMethod.Register);
        unregister.Expires.Should().Be(0);
        carrier.Answer(unregister, SipStatus.Ok);
        AwaitAssert(() => StatusOf("carrier").Registration!.State.Should().Be(RegistrationState.Unregistered));
    }

    [Fact]
    public void Outbound_names_the_instance_and_the_flow()
    {
        var carrier = Peer();
        Registering(carrier).Registration.Outbound = true;
        Start();

        var contact = carrier.Receive(SipMethod.Register).Contact!;

        contact.Parameters["reg-id"].Should().Be("1");
        contact.Parameters["+sip.instance"].Should().StartWith("\"<urn:uuid:");
    }

    [Fact]
    public void A_call_to_the_registered_contact_belongs_to_the_trunk_and_any_other_from_there_is_refused()
    {
        var carrier = Peer();
        Registering(carrier);
        Start();
        Grant(carrier, carrier.Receive(SipMethod.Register), 300);

        carrier.Send(CallTo($"sip:{ContactUser}@{Status.Local}", carrier, "known"));
        Calls.ExpectMsg<SipGatewayEvents.InviteArrived>().Trunk.Should().Be("carrier");

        carrier.Send(CallTo($"sip:guess@{Status.Local}", carrier, "stranger"));
        Calls.ExpectNoMsg(300);
    }

    private string ContactUser => TrunkSettings.From(Options.Trunks[0]).ContactUser!;

    private TrunkOptions Registering(params ScriptedPeer[] registrars)
    {
        var trunk = Trunk("carrier", registrars);
        trunk.Direction = TrunkDirection.Both;
        (trunk.Username, trunk.Password, trunk.Register) = ("user", "s3cret", true);
        // Known by its registration alone: its own addresses are not where its calls come from.
        trunk.Addresses = [];
        trunk.Targets =
        [
            .. trunk.Targets.Select(target => new TrunkTargetOptions
            {
                Uri = Named(target.Uri),
                Priority = target.Priority,
            }),
        ];
        Services = Services with
        {
            Resolve = (uri, _) =>
                Task.FromResult(
                    new SipLocation([SipDestination.Udp(new IPEndPoint(IPAddress.Loopback, uri.Port))], null)
                ),
        };
        return trunk;
    }

    private static string Named(string uri) => uri.Replace("127.0.0.1", "gw.example.com");

    private static SipRequest CallTo(string target, ScriptedPeer from, string callId)
    {
        var uri = SipUri.Parse(target);
        var invite = SipRequest.Create(
            SipMethod.Invite,
            uri,
            new NameAddress(SipUri.Parse("sip:+4930999@carrier.example.com"), tag: "theirs"),
            callId: callId
        );
        invite.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {from.Address};branch=z9hG4bK{callId};rport");
        invite.Headers.Add(SipHeaderId.Contact, $"<sip:carrier@{from.Address}>");
        return invite;
    }

    private void Grant(ScriptedPeer carrier, SipRequest register, int seconds) =>
        carrier.Answer(
            register,
            SipStatus.Ok,
            response => response.Headers.Add(SipHeaderId.Contact, $"<{register.Contact!.Uri}>;expires={seconds}")
        );
}
