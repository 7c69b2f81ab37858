using System.Net;
using System.Net.Sockets;
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

namespace OCPlatform.Gateways.Tests.Sip.Admission;

/// <summary>The door of a gateway over real UDP: what hostile traffic leaves behind.</summary>
public sealed class AdmissionGatewayTests : TestKit
{
    private readonly SipGatewayOptions _options = new()
    {
        BindAddress = "127.0.0.1",
        Port = 0,
        Users = [new SipUserOptions { Name = "alice", Password = "s3cret" }],
    };

    private readonly SipGatewayStatus _status = new();
    private readonly UdpClient _phone = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly TestProbe _calls;

    public AdmissionGatewayTests()
        : base("akka.loglevel = WARNING")
    {
        _calls = CreateTestProbe("calls");
        _phone.Client.ReceiveTimeout = 5_000;
    }

    [Fact]
    public void A_thousand_INVITEs_with_a_wrong_password_each_get_403_and_leave_nothing()
    {
        _options.Admission.Rates.MessagesPerSecond = 100_000;
        _options.Admission.Rates.FailedLoginsPerMinute = 10_000;
        _options.Admission.Bans.Minutes = 0;
        var gateway = Start();
        Send(Wire.Request(SipMethod.Invite));
        var challenge = Receive();
        for (var i = 0; i < 1_000; i++)
        {
            Send(Wire.WithPassword(Wire.Request(SipMethod.Invite), challenge, "alice", $"guess {i}"));
            Receive().StatusCode.Should().Be(SipStatus.Forbidden);
        }
        _status.Admission.RefusedInvites[AdmissionReason.CredentialsWrong].Should().Be(1_000);
        NothingIsLeft(gateway);

        Send(Wire.WithPassword(Wire.Request(SipMethod.Invite), challenge, "alice", "s3cret"));
        _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
    }

    [Fact]
    public void A_hundred_thousand_INVITEs_with_a_wrong_password_cost_their_sender_its_hearing_and_nothing_else()
    {
        var gateway = Start();
        Send(Wire.Request(SipMethod.Invite));
        var challenge = Receive();
        var attack = Enumerable
            .Range(0, 100)
            .Select(i => Wire.WithPassword(Wire.Request(SipMethod.Invite), challenge, "alice", $"guess {i}").ToBytes())
            .ToList();
        EventFilter
            .Warning(contains: "is not heard for 60 min")
            .ExpectOne(() =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    _phone.Send(attack[i % attack.Count], _status.Local);
                }
                // Some are lost in the socket's own buffer; the rest has been looked at when one more is counted.
                AwaitCondition(
                    () =>
                    {
                        Send(OfAScanner());
                        return _status.Admission.Bans.Count == 1;
                    },
                    TimeSpan.FromSeconds(10)
                );
            });
        _status.Counters!.Barred.Should().BeGreaterThan(1_000);
        var judged = _status.Admission.RefusedInvites.Sum(pair => pair.Value);
        judged.Should().BeLessThan(2_000, "the rate is 20 a second");
        NothingIsLeft(gateway);
    }

    [Fact]
    public void A_challenge_and_its_ACK_leave_no_transaction()
    {
        var gateway = Start();
        var invite = Wire.Request(SipMethod.Invite, callId: "one");
        Send(invite);
        var challenge = Receive();
        challenge.StatusCode.Should().Be(SipStatus.Unauthorized);
        var ack = SipRequest.Create(SipMethod.Ack, invite.RequestUri, invite.From, challenge.To, invite.CallId, 1);
        ack.Headers.AddFirst(SipHeaderId.Via, invite.Headers[SipHeaderId.Via]!);
        Send(ack);
        Send(Wire.Request(SipMethod.Cancel, callId: "one"));
        Receive().StatusCode.Should().Be(SipStatus.CallDoesNotExist);
        NothingIsLeft(gateway);
    }

    [Fact]
    public void A_refusal_to_a_known_caller_stays_in_its_transaction()
    {
        Start();
        var invite = Wire.Request(SipMethod.Invite);
        Send(invite);
        var answer = Wire.WithPassword(invite, Receive(), "alice", "s3cret");
        answer.Headers.Add(SipHeaderId.Require, "teleport");
        Send(answer);
        var refusal = Receive();
        Send(answer);
        refusal.StatusCode.Should().Be(SipStatus.BadExtension);
        Receive()
            .ToBytes()
            .Should()
            .Equal(refusal.ToBytes(), "the nonce's count is used up: a new judgement would differ");
    }

    [Fact]
    public void An_INVITE_that_replaces_a_call_goes_to_that_call_and_takes_no_place()
    {
        _options.Users.Clear();
        Start();
        var call = CallId.New();
        var invite = Wire.Request(SipMethod.Invite);
        invite.Headers.Add(SipHeaderId.Replaces, $"old-call;to-tag={call.Value};from-tag=peer");
        Send(invite);
        _calls.ExpectMsg<SipGatewayEvents.InviteArrived>().CallId.Should().Be(call);
        _status.LiveCalls.Should().Be(0);
    }

    [Fact]
    public void A_scanner_gets_no_answer()
    {
        var gateway = Start();
        Send(OfAScanner());
        AwaitCondition(() => _status.Admission.Bans.Count == 1);
        Send(Wire.Request(SipMethod.Options));
        AwaitCondition(() => _status.Counters!.Barred == 1);
        _phone.Available.Should().Be(0);
        NothingIsLeft(gateway);
    }

    [Fact]
    public void The_load_of_the_node_decides_over_new_calls()
    {
        _options.Users.Clear();
        Start(new BusyNode());
        AwaitCondition(() => _status.Admission.OverloadLevel == 1, TimeSpan.FromSeconds(10));
        Send(Wire.Request(SipMethod.Invite));
        var refusal = Receive();
        refusal.StatusCode.Should().Be(SipStatus.ServiceUnavailable);
        refusal.Headers[SipHeaderId.RetryAfter].Should().NotBeNull();
        refusal.Headers[SipHeaderId.Warning].Should().Contain("300 ms late");
        _status.Admission.RefusedInvites[AdmissionReason.Overload].Should().Be(1);
    }

    private static SipRequest OfAScanner()
    {
        var request = Wire.Request(SipMethod.Options);
        request.Headers.Add(SipHeaderId.UserAgent, "friendly-scanner");
        return request;
    }

    /// <summary>No actor was asked for, no transaction is open, one source at most is remembered.</summary>
    private void NothingIsLeft(IActorRef gateway)
    {
        // What was sent before is done when the gateway's mailbox answers.
        gateway.Ask<ActorIdentity>(new Identify(null), TimeSpan.FromSeconds(5)).Wait();
        _calls.HasMessages.Should().BeFalse();
        AwaitAssert(() => _status.Counters!.Transactions.Should().Be(0));
        _status.LiveCalls.Should().Be(0);
        _status.Counters!.LoopExceptions.Should().Be(0);
        _status.Counters.HandlerExceptions.Should().Be(0);
    }

    private IActorRef Start(INodeLoad? load = null)
    {
        var registry = ActorRegistry.For(Sys);
        registry.Register<CallRegion>(_calls);
        var node = load ?? IdleNode.Instance;
        var gateway = Sys.ActorOf(
            Props.Create(() =>
                new SipGateway(_options, _status, TimeProvider.System, new RequiredActor<CallRegion>(registry), node)
            )
        );
        AwaitCondition(() => _status.IsBound);
        return gateway;
    }

    private void Send(SipMessage message) => _phone.Send(message.ToBytes(), _status.Local);

    private SipResponse Receive()
    {
        var from = new IPEndPoint(IPAddress.Any, 0);
        return (SipResponse)SipParser.Parse(_phone.Receive(ref from));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _phone.Dispose();
    }

    private sealed class BusyNode : INodeLoad
    {
        public NodeLoad Measure() => new(300, 0.5, 100);
    }
}
