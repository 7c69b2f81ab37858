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
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Listeners;

/// <summary>The gateway as a phone on TCP sees it.</summary>
public sealed class GatewayOverTcpTests : TestKit
{
    /// <summary>What a call writes where the gateway's own Via comes.</summary>
    private const string Placeholder = "SIP/2.0/TCP gateway.invalid;branch=z9hG4bKcall";

    private readonly SipGatewayStatus _status = new();
    private readonly Socket _phone = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SipStreamFramer _framer = new();
    private readonly TestProbe _calls;
    private readonly IActorRef _gateway;

    public GatewayOverTcpTests()
        : base("akka.loglevel = WARNING")
    {
        _calls = CreateTestProbe("calls");
        var registry = ActorRegistry.For(Sys);
        registry.Register<CallRegion>(_calls);
        var options = new SipGatewayOptions { BindAddress = "127.0.0.1", Port = 0 };
        _gateway = Sys.ActorOf(
            Props.Create(() =>
                new SipGateway(
                    options,
                    _status,
                    TimeProvider.System,
                    new RequiredActor<CallRegion>(registry),
                    IdleNode.Instance,
                    null,
                    null
                )
            )
        );
        AwaitCondition(() => _status.IsBound);
        _phone.ReceiveTimeout = 5_000;
        _phone.Connect(_status.Listeners.Single(listener => listener.Transport == "TCP").Local);
    }

    [Fact]
    public void A_call_comes_is_answered_and_is_hung_up_over_the_phones_connection()
    {
        Send("INVITE");
        var arrived = _calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        arrived.Path.Transport.Should().Be("TCP");
        arrived.Path.Remote.Should().Be(_phone.LocalEndPoint!.ToString());
        arrived.Path.Local.Should().Be(_phone.RemoteEndPoint!.ToString());
        var invite = (SipRequest)SipParser.Parse(arrived.Message);
        var ok = SipResponse.Create(invite, 200, toTag: arrived.CallId.Value);
        _gateway.Tell(new SipGatewayCommands.SendResponse(arrived.TransactionId, 200, ok.ToBytes()), _calls);
        ((SipResponse)Receive()).To.Tag.Should().Be(arrived.CallId.Value);

        var bye = SipRequest.Create("BYE", SipUri.Parse("sip:phone@phone.invalid"), ok.To, ok.From, ok.CallId, 1);
        bye.Headers.AddFirst(SipHeaderId.Via, Placeholder);
        _gateway.Tell(
            new SipGatewayCommands.SendRequest(
                arrived.CallId,
                "bye",
                bye.ToBytes(),
                arrived.Path.Transport,
                arrived.Path.Remote
            ),
            _calls
        );
        var received = (SipRequest)Receive();
        (received.Method, received.TopVia.Transport).Should().Be(("BYE", "TCP"));
        _phone.Send(SipResponse.Create(received, 200).ToBytes());
        _calls.ExpectMsg<SipGatewayEvents.ResponseArrived>().RequestKey.Should().Be("bye");
    }

    [Fact]
    public void A_request_of_a_call_whose_phone_is_gone_fails_at_once()
    {
        var remote = _phone.LocalEndPoint!.ToString()!;
        _phone.Dispose();
        var tcp = _status.Listeners.Single(listener => listener.Transport == "TCP");
        AwaitCondition(() => tcp.Counters.Accepted == 1 && tcp.Counters.Connections == 0);
        var bye = SipRequest.Create(
            "BYE",
            SipUri.Parse("sip:phone@phone.invalid"),
            NameAddress.Parse("<sip:a@b>;tag=1"),
            NameAddress.Parse("<sip:a@b>;tag=2"),
            "c",
            1
        );
        bye.Headers.AddFirst(SipHeaderId.Via, Placeholder);
        _gateway.Tell(new SipGatewayCommands.SendRequest(CallId.New(), "bye", bye.ToBytes(), "TCP", remote), _calls);
        _calls.ExpectMsg<SipGatewayEvents.RequestFailed>().RequestKey.Should().Be("bye");
    }

    protected override void AfterAll()
    {
        _phone.Dispose();
        base.AfterAll();
    }

    private void Send(string method)
    {
        var request = SipRequest.Create(
            method,
            SipUri.Parse("sip:agent@127.0.0.1"),
            NameAddress.Parse("<sip:phone@127.0.0.1>;tag=phone"),
            NameAddress.Parse("<sip:agent@127.0.0.1>"),
            "over-tcp",
            1
        );
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/TCP {_phone.LocalEndPoint};branch=z9hG4bKtcp;rport");
        request.Contact = NameAddress.Parse("<sip:phone@phone.invalid;transport=tcp>");
        _phone.Send(request.ToBytes());
    }

    private SipMessage Receive()
    {
        while (true)
        {
            if (_framer.TryRead(out var message) == SipFrame.Message)
            {
                var parsed = SipParser.Parse(message.ToArray());
                if (parsed is not SipResponse { StatusCode: 100 })
                {
                    return parsed;
                }
                continue;
            }
            var count = _phone.Receive(_framer.GetMemory().Span);
            count.Should().BePositive("the gateway must not hang up");
            _framer.Advance(count);
        }
    }
}
