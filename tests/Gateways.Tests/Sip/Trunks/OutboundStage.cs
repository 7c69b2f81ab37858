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

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

/// <summary>A gateway over UDP on loopback, a probe for the call that places calls, and scripted carriers.</summary>
public abstract class OutboundStage : TestKit
{
    protected const string PlaceholderVia = "SIP/2.0/UDP gateway.invalid;branch=z9hG4bKgateway";

    private readonly List<ScriptedPeer> _peers = [];

    protected OutboundStage()
        : base("akka.loglevel = WARNING")
    {
        Call = CreateTestProbe("call");
        Calls = CreateTestProbe("calls");
    }

    protected SipGatewayOptions Options { get; } = new() { BindAddress = "127.0.0.1", Port = 0 };

    protected SipGatewayStatus Status { get; } = new();

    /// <summary>The call that sends requests.</summary>
    protected TestProbe Call { get; }

    /// <summary>Stands for the shard region of the calls.</summary>
    protected TestProbe Calls { get; }

    protected CallId Id { get; } = CallId.New();

    protected OutboundServices Services { get; set; } = OutboundServices.Default();

    protected IActorRef Gateway { get; private set; } = ActorRefs.Nobody;

    internal ScriptedPeer Peer()
    {
        var peer = new ScriptedPeer();
        _peers.Add(peer);
        return peer;
    }

    /// <summary>A trunk without OPTIONS that allows every number and has patience for a second.</summary>
    internal TrunkOptions Trunk(string name, params ScriptedPeer[] targets)
    {
        var trunk = new TrunkOptions
        {
            Name = name,
            Direction = TrunkDirection.Outbound,
            Domain = $"{name}.example.com",
            AnswerFirstResponseMs = 1_000,
            Targets = [.. targets.Select((peer, i) => new TrunkTargetOptions { Uri = peer.Uri, Priority = i })],
        };
        trunk.Guards.Allow.Add("*");
        trunk.Guards.MaxCallsPerSecond = 0;
        trunk.Health.IntervalSeconds = 0;
        Options.Trunks.Add(trunk);
        return trunk;
    }

    protected void Start()
    {
        var registry = ActorRegistry.For(Sys);
        registry.Register<CallRegion>(Calls);
        Gateway = Sys.ActorOf(
            Props.Create(() =>
                new SipGateway(
                    Options,
                    Status,
                    TimeProvider.System,
                    new RequiredActor<CallRegion>(registry),
                    IdleNode.Instance,
                    null,
                    Services
                )
            )
        );
        AwaitCondition(() => Status.IsBound);
    }

    protected void SendInvite(string number = "+4930123456", string? trunk = null, string key = "invite") =>
        Gateway.Tell(new SipGatewayCommands.SendInvite(Id, key, Invite(number).ToBytes(), trunk), Call);

    protected void Cancel(string key = "invite") => Gateway.Tell(new SipGatewayCommands.CancelRequest(Id, key), Call);

    protected SipRequest ExpectSent(string? trunk = null, string key = "invite")
    {
        var sent = Call.ExpectMsg<SipGatewayEvents.RequestSent>(TimeSpan.FromSeconds(10));
        sent.RequestKey.Should().Be(key);
        if (trunk is not null)
        {
            sent.Trunk.Should().Be(trunk);
        }
        return (SipRequest)SipParser.Parse(sent.Message);
    }

    protected SipResponse ExpectResponse(int status, string key = "invite")
    {
        var arrived = Call.ExpectMsg<SipGatewayEvents.ResponseArrived>(TimeSpan.FromSeconds(10));
        arrived.RequestKey.Should().Be(key);
        var response = (SipResponse)SipParser.Parse(arrived.Message);
        response.StatusCode.Should().Be(status);
        return response;
    }

    protected string ExpectFailed(string key = "invite")
    {
        var failed = Call.ExpectMsg<SipGatewayEvents.RequestFailed>(TimeSpan.FromSeconds(10));
        failed.RequestKey.Should().Be(key);
        return failed.Cause;
    }

    protected TrunkStatus StatusOf(string trunk) => Status.TrunkStatuses.Single(status => status.Name == trunk);

    protected static SipRequest Invite(string number)
    {
        var invite = SipRequest.Create(
            SipMethod.Invite,
            SipUri.Create(number, "gateway.invalid"),
            new NameAddress(SipUri.Create("frontdesk", "gateway.invalid"), tag: "local-tag"),
            callId: "dialog-of-the-test"
        );
        invite.Headers.AddFirst(SipHeaderId.Via, PlaceholderVia);
        invite.Headers.Add(SipHeaderId.Contact, "<sip:the-call@gateway.invalid>");
        return invite;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        foreach (var peer in _peers)
        {
            peer.Dispose();
        }
    }
}
