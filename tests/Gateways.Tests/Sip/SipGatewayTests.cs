using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Tests.Sip;

/// <summary>The gateway over real UDP on loopback; a probe stands for the shard region of the calls.</summary>
public sealed class SipGatewayTests : TestKit
{
    private readonly SipGatewayOptions _options = new() { BindAddress = "127.0.0.1", Port = 0 };
    private readonly SipGatewayStatus _status = new();
    private readonly UdpClient _phone = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly TestProbe _calls;
    private int _branch;

    public SipGatewayTests()
        : base("akka.loglevel = WARNING")
    {
        _calls = CreateTestProbe("calls");
        _phone.Client.ReceiveTimeout = 5_000;
    }

    [Fact]
    public void An_INVITE_from_a_private_network_opens_a_call_and_its_answer_goes_back()
    {
        Start();
        Send(Invite());

        var arrived = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        arrived.Trunk.Should().Be("private-network");
        arrived.Path.Remote.Should().Be(_phone.Client.LocalEndPoint!.ToString());
        Answer(arrived, SipStatus.Ok);

        Receive(SipStatus.Ok).To.Tag.Should().Be(arrived.CallId.Value);
        _status.LiveCalls.Should().Be(1);
    }

    [Fact]
    public void A_request_in_a_dialog_goes_to_the_call_that_its_tag_names()
    {
        Start();
        var call = CallId.New();

        Send(Request(SipMethod.Bye, toTag: call.Value));

        _calls.ExpectMsg<SipGatewayEvents.RequestArrived>().CallId.Should().Be(call);
    }

    [Fact]
    public void A_retransmitted_INVITE_opens_no_second_call()
    {
        Start();
        var invite = Invite();
        Send(invite);
        Send(invite);

        _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        _calls.ExpectNoMsg(200);
    }

    [Fact]
    public void CANCEL_reaches_the_call_that_rings()
    {
        Start();
        var invite = Invite();
        Send(invite);
        var arrived = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();

        var cancel = SipRequest.Create(SipMethod.Cancel, invite.RequestUri, invite.From, invite.To, invite.CallId, 1);
        cancel.Headers.AddFirst(SipHeaderId.Via, invite.Headers[SipHeaderId.Via]!);
        Send(cancel);

        _calls.ExpectMsg<SipGatewayEvents.CancelArrived>().CallId.Should().Be(arrived.CallId);
        Receive(SipStatus.Ok).CSeq.Method.Should().Be(SipMethod.Cancel);
    }

    [Fact]
    public void A_source_that_belongs_to_no_trunk_is_refused_and_starts_no_call()
    {
        _options.Trunks.Add(new TrunkOptions { Name = "carrier", Addresses = ["203.0.113.0/24"] });
        Start();
        Send(Invite());

        Receive(SipStatus.Forbidden).Headers[SipHeaderId.Warning].Should().Contain("belongs to no trunk");
        _calls.ExpectNoMsg(100);
        _status.Admission.RefusedInvites[AdmissionReason.UnknownSource].Should().Be(1);
    }

    [Fact]
    public void Credentials_are_asked_for_once_and_the_right_ones_admit()
    {
        StartWithPassword();
        var invite = Invite();
        Send(invite);
        var challenge = Receive(SipStatus.Unauthorized);
        Acknowledge(invite, challenge);

        Send(WithCredentials(Invite(), challenge, "s3cret"));

        _calls.ExpectMsg<SipGatewayEvents.InviteArrived>().Trunk.Should().Be("phones");
    }

    [Fact]
    public void Wrong_credentials_are_refused_and_start_no_call()
    {
        StartWithPassword();
        var invite = Invite();
        Send(invite);
        var challenge = Receive(SipStatus.Unauthorized);
        Acknowledge(invite, challenge);

        Send(WithCredentials(Invite(), challenge, "guess"));

        Receive(SipStatus.Forbidden);
        _calls.ExpectNoMsg(100);
    }

    [Fact]
    public void Beyond_the_limit_of_calls_503_says_when_to_come_back_until_a_call_is_over()
    {
        _options.MaxCalls = 1;
        _options.RetryAfterSeconds = 7;
        Start();
        Send(Invite());
        var first = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        var call = Sys.ActorOf(Akka.TestKit.TestActors.BlackHoleActor.Props);
        Answer(first, SipStatus.Ringing, call);
        Receive(SipStatus.Ringing);

        Send(Invite(callId: "second"));
        Receive(SipStatus.ServiceUnavailable).Headers[SipHeaderId.RetryAfter].Should().Be("7");
        _calls.ExpectNoMsg(100);

        Sys.Stop(call);
        AwaitAssert(() => _status.LiveCalls.Should().Be(0));
        Send(Invite(callId: "third"));
        _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
    }

    [Fact]
    public void A_call_that_cannot_be_started_is_refused_with_503_and_counts_no_more()
    {
        _phone.Client.ReceiveTimeout = 15_000;
        var gateway = Start();
        Send(Invite());
        var arrived = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();

        Receive(SipStatus.ServiceUnavailable).Headers[SipHeaderId.RetryAfter].Should().NotBeNull();

        _status.LiveCalls.Should().Be(0);
        Waits(gateway, arrived, arrived.CallId).Should().BeFalse("the call comes too late");
    }

    [Fact]
    public void Whether_an_INVITE_still_waits_is_told_to_the_call_that_asks_late()
    {
        var gateway = Start();
        Send(Invite());
        var arrived = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();

        Waits(gateway, arrived, arrived.CallId).Should().BeTrue();
        Waits(gateway, arrived, CallId.New()).Should().BeFalse("it is another call's");
        Answer(arrived, SipStatus.Ringing);
        Waits(gateway, arrived, arrived.CallId).Should().BeFalse("a call has it already");
    }

    [Fact]
    public async Task While_draining_new_calls_are_refused_and_calls_in_progress_go_on()
    {
        var gateway = Start();
        gateway.Tell(new SipGatewayCommands.Drain());
        AwaitCondition(() => _status.Admission.IsDraining);

        Send(Invite());
        Receive(SipStatus.ServiceUnavailable).Headers[SipHeaderId.Warning].Should().Contain("being stopped");
        Send(Request(SipMethod.Bye, toTag: CallId.New().Value));
        _calls.ExpectMsg<SipGatewayEvents.RequestArrived>();
    }

    [Theory]
    [InlineData(SipMethod.Options, SipStatus.Ok)]
    [InlineData(SipMethod.Register, SipStatus.MethodNotAllowed)]
    [InlineData(SipMethod.Bye, SipStatus.CallDoesNotExist)]
    [InlineData("FROBNICATE", SipStatus.NotImplemented)]
    public void Requests_outside_a_dialog_are_answered_at_the_door(string method, int status)
    {
        Start();
        Send(Request(method));
        Receive(status).Headers[SipHeaderId.Allow].Should().Contain("INVITE");
        _calls.ExpectNoMsg(50);
    }

    [Fact]
    public void A_dialog_that_is_not_ours_gets_481()
    {
        Start();
        Send(Request(SipMethod.Bye, toTag: "somebody-else"));
        Receive(SipStatus.CallDoesNotExist);
    }

    [Fact]
    public void A_required_extension_that_we_do_not_speak_gets_420()
    {
        Start();
        var invite = Invite();
        invite.Headers.Add(SipHeaderId.Require, "teleport");
        Send(invite);
        Receive(SipStatus.BadExtension).Headers[SipHeaderId.Unsupported].Should().Be("teleport");
    }

    [Fact]
    public void Garbage_costs_only_itself()
    {
        Start();
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var garbage = new byte[random.Next(1, 1400)];
            random.NextBytes(garbage);
            _phone.Send(garbage, _status.Local);
        }
        Send(Request(SipMethod.Options));
        Receive(SipStatus.Ok);
    }

    [Fact]
    public void A_request_of_a_call_is_sent_and_what_comes_of_it_returns_under_its_key()
    {
        var gateway = Start();
        var call = CallId.New();
        var bye = Request(SipMethod.Bye, toTag: "peer");
        gateway.Tell(
            new SipGatewayCommands.SendRequest(
                call,
                "bye",
                bye.ToBytes(),
                "UDP",
                _phone.Client.LocalEndPoint!.ToString()!
            ),
            _calls
        );

        var from = new IPEndPoint(IPAddress.Any, 0);
        var received = (SipRequest)SipParser.Parse(_phone.Receive(ref from));
        received.Method.Should().Be(SipMethod.Bye);
        _phone.Send(SipResponse.Create(received, SipStatus.Ok).ToBytes(), from);

        var response = _calls.ExpectMsg<SipGatewayEvents.ResponseArrived>();
        response.RequestKey.Should().Be("bye");
        response.CallId.Should().Be(call);
    }

    [Theory]
    [InlineData("", "", "admit everyone")]
    [InlineData("10.0.0.0/99", "", "neither an address nor a network")]
    [InlineData("", "user", "no password")]
    public void A_wrong_trunk_is_an_error_at_start_that_names_it(string address, string user, string cause)
    {
        _options.Trunks.Add(
            new TrunkOptions
            {
                Name = "odd",
                Addresses = address.Length > 0 ? [address] : [],
                Username = user,
            }
        );
        var act = () => new Trunks(_options.Trunks);
        act.Should().Throw<ArgumentException>().WithMessage($"*'odd'*{cause}*");
    }

    private IActorRef Start()
    {
        var registry = ActorRegistry.For(Sys);
        registry.Register<CallRegion>(_calls);
        var gateway = Sys.ActorOf(
            Props.Create(() =>
                new SipGateway(
                    _options,
                    _status,
                    TimeProvider.System,
                    new RequiredActor<CallRegion>(registry),
                    IdleNode.Instance
                )
            )
        );
        AwaitCondition(() => _status.IsBound);
        return gateway;
    }

    private void StartWithPassword()
    {
        _options.Trunks.Add(
            new TrunkOptions
            {
                Name = "phones",
                Username = "alice",
                Password = "s3cret",
            }
        );
        Start();
    }

    private SipRequest Invite(uint cseq = 1, string callId = "first")
    {
        var invite = Request(SipMethod.Invite, cseq: cseq, callId: callId);
        invite.Headers.Add(SipHeaderId.Contact, $"<sip:alice@{_phone.Client.LocalEndPoint}>");
        return invite;
    }

    private SipRequest Request(string method, string? toTag = null, uint cseq = 1, string callId = "first")
    {
        var uri = SipUri.Parse("sip:frontdesk@127.0.0.1");
        var from = new NameAddress(SipUri.Parse("sip:alice@127.0.0.1"), tag: "alice-tag");
        var request = SipRequest.Create(method, uri, from, new NameAddress(uri, tag: toTag), callId, cseq);
        request.Headers.AddFirst(SipHeaderId.Via, NewVia());
        return request;
    }

    private SipRequest WithCredentials(SipRequest invite, SipResponse challenge, string password)
    {
        var answer = new DigestClient(new SipCredentials("alice", password)).Answer(invite, challenge)!;
        answer.Headers.AddFirst(SipHeaderId.Via, NewVia());
        return answer;
    }

    private string NewVia() => $"SIP/2.0/UDP {_phone.Client.LocalEndPoint};branch=z9hG4bK{++_branch};rport";

    private void Acknowledge(SipRequest invite, SipResponse refusal)
    {
        var ack = SipRequest.Create(SipMethod.Ack, invite.RequestUri, invite.From, refusal.To, invite.CallId, 1);
        ack.Headers.AddFirst(SipHeaderId.Via, invite.Headers[SipHeaderId.Via]!);
        Send(ack);
    }

    private bool Waits(IActorRef gateway, SipGatewayEvents.InviteArrived arrived, CallId call)
    {
        gateway.Tell(new SipGatewayCommands.IsInviteWaiting(call, arrived.TransactionId), _calls);
        return _calls.ExpectMsg<SipGatewayEvents.InviteStanding>().Waits;
    }

    private void Answer(SipGatewayEvents.InviteArrived arrived, int status, IActorRef? call = null)
    {
        var invite = (SipRequest)SipParser.Parse(arrived.Message);
        var response = SipResponse.Create(invite, status, toTag: arrived.CallId.Value);
        _calls.LastSender.Tell(
            new SipGatewayCommands.SendResponse(arrived.TransactionId, status, response.ToBytes()),
            call ?? _calls
        );
    }

    private void Send(SipMessage message) => _phone.Send(message.ToBytes(), _status.Local);

    /// <summary>The next response but 100.</summary>
    private SipResponse Receive(int status)
    {
        while (true)
        {
            var from = new IPEndPoint(IPAddress.Any, 0);
            var response = (SipResponse)SipParser.Parse(_phone.Receive(ref from));
            if (response.StatusCode != SipStatus.Trying)
            {
                response.StatusCode.Should().Be(status, Encoding.UTF8.GetString(response.ToBytes()));
                return response;
            }
        }
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _phone.Dispose();
    }
}
