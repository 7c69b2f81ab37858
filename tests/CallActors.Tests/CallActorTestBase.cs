using System.Net;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Engine;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>
/// A call actor with a scripted gateway and conversation around it (probes), real media on loopback and a journal in
/// memory. Speech clients point nowhere: these tests are about signalling and life, not about what is said.
/// </summary>
public abstract class CallActorTestBase : TestKit
{
    protected const string Peer = "127.0.0.1:45060";
    protected const string Pcmu =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 46000 RTP/AVP 0 101\r\n"
        + "a=rtpmap:101 telephone-event/8000\r\n";

    private readonly MediaEngine _media = new(
        new MediaOptions
        {
            BindAddress = "127.0.0.1",
            PortRangeStart = 41000,
            PortRangeEnd = 41999,
            PortRestSeconds = 0,
        }
    );
    private readonly SpeechPump _pump = new(1);

    protected CallActorTestBase(string config = "")
        : base(ConfigurationFactory.ParseString(config).WithFallback("akka.loglevel = WARNING"))
    {
        Gateway = CreateTestProbe("gateway");
        Conversations = CreateTestProbe("conversations");
        ActorRegistry.For(Sys).Register<ConversationRegion>(Conversations);
        ActorRegistry.For(Sys).Register<SipGatewayKey>(Gateway);
    }

    protected TestProbe Gateway { get; }

    protected TestProbe Conversations { get; }

    protected CallOptions Options { get; } = new();

    protected LiveCalls Live { get; } = new();

    protected int PortsInUse => _media.Stats.PortsInUse;

    protected IActorRef StartCall(CallId id, string suffix = "")
    {
        var speech = new SpeechOptions();
        var services = new CallServices(
            "test-node",
            Options,
            _media,
            new SpeechClients(
                new SpeechToTextClient(speech, TimeProvider.System),
                new TextToSpeechClient(speech, TimeProvider.System),
                () => throw new InvalidOperationException("no audio comes in these tests")
            ),
            _pump,
            Live,
            new CallMetrics(),
            TimeProvider.System
        );
        // Its parent stands for the shard: it answers Passivate by stopping the call, as a shard does.
        return Sys.ActorOf(Props.Create(() => new ShardStub(id.Value, services)), $"shard-{id}{suffix}");
    }

    private sealed class ShardStub : ReceiveActor
    {
        public ShardStub(string id, CallServices services)
        {
            var call = Context.ActorOf(Props.Create(() => new CallActor(id, services)), id);
            Context.Watch(call);
            Receive<Akka.Cluster.Sharding.Passivate>(p => Sender.Tell(p.StopMessage));
            Receive<Terminated>(_ => Context.Stop(Self));
            ReceiveAny(call.Forward);
        }
    }

    protected static SipGatewayEvents.InviteArrived Invite(CallId id, string? sdp = Pcmu) =>
        new(id, "tx-invite", InviteRequest("", 1, sdp).ToBytes(), Path, "test-trunk", DateTimeOffset.UnixEpoch);

    protected static SipGatewayEvents.RequestArrived InDialog(
        CallId id,
        string method,
        uint cseq,
        string? sdp = null,
        string? transaction = "tx-request"
    )
    {
        var request =
            method == SipMethod.Invite ? InviteRequest(id.Value, cseq, sdp) : Request(method, id.Value, cseq, sdp);
        return new(id, method == SipMethod.Ack ? null : transaction, request.ToBytes(), Path, DateTimeOffset.UnixEpoch);
    }

    private static SipPath Path => new("UDP", Peer, "127.0.0.1:5060");

    private static SipRequest InviteRequest(string toTag, uint cseq, string? sdp)
    {
        var invite = Request(SipMethod.Invite, toTag, cseq, sdp);
        invite.Headers.Add(SipHeaderId.Contact, $"<sip:caller@{Peer}>");
        return invite;
    }

    private static SipRequest Request(string method, string toTag, uint cseq, string? sdp)
    {
        var uri = SipUri.Parse("sip:frontdesk@127.0.0.1");
        var to = new NameAddress(uri, tag: toTag.Length > 0 ? toTag : null);
        var from = new NameAddress(SipUri.Parse("sip:alice@127.0.0.1"), "Alice", "from-1");
        var request = SipRequest.Create(method, uri, from, to, "call-id-1", cseq);
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {Peer};branch=z9hG4bK{method}{cseq}");
        if (sdp is not null)
        {
            request.SetBody(Encoding.UTF8.GetBytes(sdp), "application/sdp");
        }
        return request;
    }

    protected SipResponse ExpectResponse(int status)
    {
        var sent = Gateway.ExpectMsg<SipGatewayCommands.SendResponse>();
        sent.Status.Should().Be(status);
        return (SipResponse)SipParser.Parse(sent.Message);
    }

    protected SipRequest ExpectRequest(string method)
    {
        var sent = Gateway.ExpectMsg<SipGatewayCommands.SendRequest>();
        sent.Remote.Should().Be(Peer);
        var request = (SipRequest)SipParser.Parse(sent.Message);
        request.Method.Should().Be(method);
        return request;
    }

    /// <summary>A call that was answered and acknowledged.</summary>
    protected IActorRef EstablishedCall(CallId id)
    {
        var call = StartCall(id);
        call.Tell(Invite(id), Gateway);
        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(id, SipMethod.Ack, 1), Gateway);
        AwaitAssert(() => RecordOf(call, id)!.State.Should().Be(CallPhase.InConversation));
        return call;
    }

    protected CallRecord? RecordOf(IActorRef call, CallId id) =>
        call.Ask<CallQueries.Answer>(new CallQueries.Get(id), RemainingOrDefault).Result.Record;

    protected override void AfterAll()
    {
        base.AfterAll();
        _pump.Dispose();
        _media.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(5));
    }
}
