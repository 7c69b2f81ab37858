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
using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

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

    // A busy machine starts a first actor in seconds; what comes at once is not waited for any longer.
    private const string Patient = """
        akka.loglevel = WARNING
        akka.test.single-expect-default = 15s
        akka.test.default-timeout = 15s
        """;

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
    private readonly CallsWithoutPast _withoutPast = new();

    protected CallActorTestBase(string config = "")
        : base(ConfigurationFactory.ParseString(config).WithFallback(Patient))
    {
        Gateway = CreateTestProbe("gateway");
        Conversations = CreateTestProbe("conversations");
        ActorRegistry.For(Sys).Register<ConversationRegion>(Conversations);
        ActorRegistry.For(Sys).Register<SipGatewayKey>(Gateway);
        Ghosts = new MediaGhosts(TimeProvider.System);
    }

    protected TestProbe Gateway { get; }

    protected TestProbe Conversations { get; }

    protected CallOptions Options { get; } = new() { Codecs = [AudioCodec.Pcmu, AudioCodec.Pcma] };

    protected LiveCalls Live { get; } = new();

    protected MediaGhosts Ghosts { get; }

    /// <summary>The nodes that calls know of; null: theirs alone.</summary>
    protected IClusterView? Cluster { get; set; }

    protected CallCaptures? Captures { get; init; }

    protected int PortsInUse => _media.Stats.PortsInUse;

    /// <summary>The age below which an INVITE begins a call without a question: any, on a machine that may be slow.</summary>
    protected TimeSpan YoungInvite { get; set; } = TimeSpan.MaxValue;

    /// <summary>Where calls are recorded; null: nowhere.</summary>
    protected RecordingDesk? Recordings { get; set; }

    /// <summary>What speech synthesis is reached by; null: nothing is there, and the local voice speaks.</summary>
    protected HttpMessageHandler? SpeechTransport { get; set; }

    /// <summary>How long a 200 waits for the journal.</summary>
    protected TimeSpan SavedWithin { get; set; } = TimeSpan.FromMilliseconds(100);

    protected IDatabaseHealth Database { get; set; } = PresentDatabase.Instance;

    protected CallMetrics Metrics { get; } = new();

    protected IActorRef StartCall(CallId id, string suffix = "")
    {
        var speech = new SpeechOptions();
        var services = new CallServices(
            "test-node",
            Options,
            _media,
            new SpeechClients(
                new SpeechToTextClient(speech, TimeProvider.System),
                new TextToSpeechClient(speech, TimeProvider.System, SpeechTransport),
                () => throw new InvalidOperationException("no audio comes in these tests")
            ),
            _pump,
            Live,
            Metrics,
            TimeProvider.System,
            Recordings
        )
        {
            Captures = Captures,
            Ghosts = Ghosts,
            YoungInvite = YoungInvite,
            Database = Database,
            SavedWithin = SavedWithin,
            WithoutPast = _withoutPast,
            Cluster =
                Cluster ?? new LoneNode(new NodeState("test-node", "", [], false, 0, 0, SipGateway: null, Version: "")),
            // On a busy machine half a second passes between a message and its answer: no retransmissions here.
            Session = Options.Signalling.ToSessionOptions() with
            {
                Timers = new SipTimers { T1Ms = 8_000, T2Ms = 8_000 },
            },
        };
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

    protected static SipGatewayEvents.InviteArrived Invite(
        CallId id,
        string? sdp = Pcmu,
        params (SipHeaderId Header, string Value)[] headers
    ) => new(id, "tx-invite", With(InviteRequest("", 1, sdp), headers), Path, "test-trunk", DateTimeOffset.UnixEpoch);

    /// <summary>An INVITE of another dialog: the same peer's, or another's.</summary>
    protected static SipGatewayEvents.InviteArrived InviteFrom(
        CallId id,
        string user,
        params (SipHeaderId Header, string Value)[] headers
    )
    {
        var invite = InviteRequest("", 1, Pcmu);
        invite.From = new NameAddress(SipUri.Parse($"sip:{user}@127.0.0.1"), tag: $"from-{user}");
        invite.CallId = $"call-of-{user}";
        return new(id, $"tx-{user}", With(invite, headers), Path, "test-trunk", DateTimeOffset.UnixEpoch);
    }

    private static byte[] With(SipRequest request, (SipHeaderId Header, string Value)[] headers)
    {
        foreach (var (header, value) in headers)
        {
            request.Headers.Add(header, value);
        }
        return request.ToBytes();
    }

    protected static SipGatewayEvents.RequestArrived InDialog(
        CallId id,
        string method,
        uint cseq,
        string? sdp = null,
        string? transaction = "tx-request",
        params (SipHeaderId Header, string Value)[] headers
    )
    {
        var request =
            method == SipMethod.Invite ? InviteRequest(id.Value, cseq, sdp) : Request(method, id.Value, cseq, sdp);
        var bytes = With(request, headers);
        return new(id, method == SipMethod.Ack ? null : transaction, bytes, Path, DateTimeOffset.UnixEpoch);
    }

    protected static SipPath Path => new("UDP", Peer, "127.0.0.1:5060");

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

    protected SipRequest ExpectRequest(string method) => ExpectSent(method).Request;

    /// <summary>A request in the dialog, and its key.</summary>
    protected (SipRequest Request, string Key) ExpectSent(string method)
    {
        var sent = Gateway.ExpectMsg<SipGatewayCommands.SendRequest>();
        sent.Remote.Should().Be(Peer);
        var request = (SipRequest)SipParser.Parse(sent.Message);
        request.Method.Should().Be(method);
        return (request, sent.RequestKey);
    }

    /// <summary>An INVITE that opens a dialog, and its key.</summary>
    protected (SipRequest Request, string Key) ExpectInvite()
    {
        var sent = Gateway.ExpectMsg<SipGatewayCommands.SendInvite>();
        return ((SipRequest)SipParser.Parse(sent.Message), sent.RequestKey);
    }

    protected SipRequest ExpectAck()
    {
        var request = (SipRequest)SipParser.Parse(Gateway.ExpectMsg<SipGatewayCommands.SendStateless>().Message);
        request.Method.Should().Be(SipMethod.Ack);
        return request;
    }

    /// <summary>The peer's response to a request of the call, as the gateway hands it over.</summary>
    protected void Respond(
        IActorRef call,
        CallId id,
        (SipRequest Request, string Key) sent,
        int status,
        string? sdp = null,
        string tag = "to-peer"
    )
    {
        var response = SipResponse.Create(sent.Request, status, toTag: sent.Request.To.Tag ?? tag);
        if (sent.Request.IsInvite)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<sip:callee@{Peer}>");
        }
        response.Headers.Add(SipHeaderId.Allow, "INVITE, ACK, BYE, CANCEL, UPDATE, INFO, REFER, NOTIFY");
        if (sdp is not null)
        {
            response.SetBody(Encoding.UTF8.GetBytes(sdp), "application/sdp");
        }
        call.Tell(
            new SipGatewayEvents.ResponseArrived(id, sent.Key, response.ToBytes(), DateTimeOffset.UnixEpoch),
            Gateway
        );
    }

    /// <summary>A call that we placed, and that was answered.</summary>
    protected (IActorRef Call, SipRequest Invite) PlacedCall(CallId id, string answer = Pcmu)
    {
        var call = StartCall(id);
        call.Tell(new CallCommands.Place(id, "+4930123456", null, "carrier", null, null), TestActor);
        var sent = ExpectInvite();
        var left = InviteLeft(call, id, sent, "carrier");
        Respond(call, id, left, SipStatus.Ok, answer);
        ExpectAck();
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        return (call, left.Request);
    }

    /// <summary>The gateway has sent the INVITE, as <see cref="SentAs"/> writes it.</summary>
    protected (SipRequest Request, string Key) InviteLeft(
        IActorRef call,
        CallId id,
        (SipRequest Request, string Key) sent,
        string? trunk = null
    )
    {
        var left = SentAs(sent.Request);
        call.Tell(
            new SipGatewayEvents.RequestSent(id, sent.Key, left.ToBytes(), Path, trunk, DateTimeOffset.UnixEpoch),
            Gateway
        );
        return (left, sent.Key);
    }

    /// <summary>What a gateway makes of an INVITE: its own address, the trunk's caller.</summary>
    protected static SipRequest SentAs(SipRequest invite)
    {
        var left = (SipRequest)SipParser.Parse(invite.ToBytes());
        left.Headers.Set(SipHeaderId.Via, "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKleft");
        left.From = new NameAddress(SipUri.Parse("sip:+49301@carrier.example"), tag: invite.From.Tag);
        left.CSeq = new CSeq(invite.CSeq.Number + 1, SipMethod.Invite);
        left.Contact = new NameAddress(SipUri.Parse($"sip:{invite.From.Tag}@127.0.0.1:5060"));
        return left;
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

    /// <summary>Waits until the event is durable: what is not dies with the call's actor.</summary>
    protected void AwaitJournaled<TEvent>(CallId id) =>
        AwaitAssert(() =>
        {
            var reader = CreateTestProbe();
            reader.ChildActorOf(Journal.Props($"call-{id}"));
            reader.ExpectMsg<JournalMessages.Recovered>().Events.OfType<TEvent>().Should().NotBeEmpty();
        });

    /// <summary>The events of a call that are durable.</summary>
    protected IReadOnlyList<ICallEvent> JournalOf(CallId id)
    {
        var reader = CreateTestProbe();
        var journal = reader.ChildActorOf(Journal.Props($"call-{id}"));
        var events = reader.ExpectMsg<JournalMessages.Recovered>().Events;
        reader.Watch(journal);
        Sys.Stop(journal);
        reader.ExpectTerminated(journal);
        return [.. events.Cast<ICallEvent>()];
    }

    /// <summary>The call's process goes away without a word; what is durable is all that is left.</summary>
    protected void Crash(IActorRef call)
    {
        var watcher = CreateTestProbe();
        watcher.Watch(call);
        call.Tell(Kill.Instance);
        watcher.ExpectTerminated(call);
    }

    /// <summary>The gateway has sent a request within the dialog, with its own address in Contact.</summary>
    protected (SipRequest Request, string Key) Left(IActorRef call, CallId id, (SipRequest Request, string Key) sent)
    {
        var left = (SipRequest)SipParser.Parse(sent.Request.ToBytes());
        left.Contact = new NameAddress(SipUri.Parse($"sip:{id}@127.0.0.2:5060"));
        var path = Path with { Local = "127.0.0.2:5060" };
        call.Tell(
            new SipGatewayEvents.RequestSent(id, sent.Key, left.ToBytes(), path, null, DateTimeOffset.UnixEpoch),
            Gateway
        );
        return (left, sent.Key);
    }

    /// <summary>What the journal tells of a call that is over and gone.</summary>
    protected CallRecord RecordAfterEnd(IActorRef call, CallId id)
    {
        Watch(call);
        FishForMessage<Terminated>(_ => true);
        var again = StartCall(id, "-again");
        AwaitAssert(() => RecordOf(again, id).Should().NotBeNull());
        return RecordOf(again, id)!;
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
