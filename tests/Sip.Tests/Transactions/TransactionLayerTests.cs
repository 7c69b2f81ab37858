using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transactions;

/// <summary>The layer alone: matching, merging, and what may be dealt with before anything is parsed.</summary>
public class TransactionLayerTests
{
    private readonly LayerUser _user = new();
    private readonly TransactionLayer _layer;

    public TransactionLayerTests() => _layer = new(_user, new SipTimers(), new TransactionLimits());

    private static string Invite(
        string branch = "z9hG4bK1",
        string callId = "c1",
        string toTag = "",
        string method = "INVITE"
    ) =>
        $"{method} sip:bob@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch={branch}\nFrom: <sip:a@example.com>;tag=1\n"
        + $"To: <sip:bob@example.com>{toTag}\nCall-ID: {callId}\nCSeq: 1 {method}\nMax-Forwards: 70\n\n";

    private bool Receive(string text) => _layer.Receive(SipSamples.Parse(text), LayerUser.Flow, TimeSpan.Zero);

    private bool Absorb(string text)
    {
        SipPeek.TryRead(SipSamples.Bytes(SipSamples.Wire(text)), out var peek).Should().BeTrue();
        return _layer.TryAbsorb(in peek, TimeSpan.Zero);
    }

    private void Respond(int status) =>
        _layer
            .Respond(
                _user.LastId,
                status,
                SipResponse.Create(_user.LastRequest, status, toTag: "t").ToBytes(),
                TimeSpan.Zero
            )
            .Should()
            .BeTrue();

    [Fact]
    public void A_retransmission_is_answered_without_parsing_it()
    {
        Absorb(Invite()).Should().BeFalse("it is new");
        Receive(Invite()).Should().BeTrue();
        Respond(180);
        Absorb(Invite()).Should().BeTrue();
        _user.Sent.Should().Equal(180, 180);
        _layer.Retransmissions.Should().Be(1);
        _user.Requests.Should().Be(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_follows_a_request_that_comes_again_from_another_port(bool parsed)
    {
        var text = Invite().Replace(";branch", ";rport;branch");
        _layer.Receive(SipSamples.Parse(text), LayerUser.FlowFrom("192.0.2.9:20000"), TimeSpan.Zero);
        Respond(180);
        _user.LastDestination!.EndPoint.Port.Should().Be(20_000);
        var moved = LayerUser.FlowFrom("192.0.2.9:20001");
        if (parsed)
        {
            _layer.Receive(SipSamples.Parse(text), moved, TimeSpan.Zero);
        }
        else
        {
            SipPeek.TryRead(SipSamples.Bytes(SipSamples.Wire(text)), out var peek).Should().BeTrue();
            _layer.TryAbsorb(in peek, TimeSpan.Zero, moved).Should().BeTrue();
        }
        _user.Sent.Should().Equal(180, 180);
        _user.LastDestination.EndPoint.Port.Should().Be(20_001);
    }

    [Fact]
    public void The_ack_of_a_refusal_is_taken_without_parsing_it_and_that_of_a_2xx_is_not()
    {
        Receive(Invite());
        Respond(486);
        Absorb(Invite(method: "ACK").Replace("CSeq: 1 INVITE", "CSeq: 1 ACK")).Should().BeTrue();
        Receive(Invite("z9hG4bK2", "c2"));
        Respond(200);
        Absorb(Invite("z9hG4bK2", "c2", method: "ACK")).Should().BeFalse("the core waits for it");
        Absorb(Invite("z9hG4bK3", "c2", ";tag=t", "ACK")).Should().BeFalse();
    }

    [Fact]
    public void A_response_to_nothing_is_dropped_and_a_repeated_final_one_acknowledged_again()
    {
        Absorb(SipSamples.Minimal("SIP/2.0 200 OK", method: "INVITE")).Should().BeTrue();
        _layer.StrayResponses.Should().Be(1);

        var invite = SipSamples.Request(Invite("z9hG4bKmine"));
        _layer.Start(invite, LayerUser.Flow.Remote, reliable: false, TimeSpan.Zero);
        var busy = SipResponse.Create(invite, 486, toTag: "t").ToString();
        Absorb(busy).Should().BeFalse("it is the first");
        Receive(busy).Should().BeTrue();
        _user.Sent.Clear();
        Absorb(busy).Should().BeTrue();
        _user.SentMethods.Should().Equal("INVITE", "ACK", "ACK");
        _user.Responses.Should().Be(1);
    }

    [Fact]
    public void A_connection_that_ends_ends_what_was_not_heard_of_and_lets_a_callee_ring_on()
    {
        var rings = SipSamples.Request(Invite("z9hG4bKrings"));
        _layer.Start(rings, LayerUser.Flow.Remote, reliable: true, TimeSpan.Zero);
        Receive(SipResponse.Create(rings, 180, toTag: "t").ToString()).Should().BeTrue();
        _layer.Start(SipSamples.Request(Invite("z9hG4bKlost")), LayerUser.Flow.Remote, reliable: true, TimeSpan.Zero);
        _layer.OnTransportFailed(LayerUser.Flow.Remote, TimeSpan.Zero);
        _user.Ended.Should().Be(1);
        _layer.Count.Should().Be(1);
        Receive(SipResponse.Create(rings, 200, toTag: "t").ToString()).Should().BeTrue("it came by a new connection");
    }

    [Fact(DisplayName = "RFC 3261 §8.2.2.2: a copy that came another way is answered 482")]
    public void Merged_request()
    {
        Receive(Invite()).Should().BeTrue();
        Receive(Invite("z9hG4bKother")).Should().BeFalse();
        _user.Sent.Should().Equal(482);
        _user.Requests.Should().Be(1);
        _layer.Merged.Should().Be(1);
        Absorb(Invite("z9hG4bKother")).Should().BeTrue();
        _user.Sent.Should().Equal(482, 482);
        Respond(200);
        Receive(Invite("z9hG4bKthird")).Should().BeFalse();
        _user.Sent.Should().Equal(482, 482, 200, 482);
        _user.Ended.Should().Be(0, "nobody was told of the copies");
    }

    [Fact]
    public void A_request_within_a_dialog_or_of_another_call_is_no_copy()
    {
        Receive(Invite()).Should().BeTrue();
        Receive(Invite("z9hG4bK2", toTag: ";tag=t")).Should().BeTrue();
        Receive(Invite("z9hG4bK3", "c2")).Should().BeTrue();
        Receive(Invite("z9hG4bK4", method: "OPTIONS")).Should().BeTrue();
        _layer.Merged.Should().Be(0);
    }

    [Fact]
    public void After_a_refusal_the_same_CSeq_may_come_again()
    {
        Receive(Invite()).Should().BeTrue();
        Respond(401);
        Receive(Invite("z9hG4bK2")).Should().BeTrue("a phone that does not count on has answered the challenge");
    }

    [Fact]
    public void The_memory_of_a_pooled_request_goes_back_when_core_and_layer_are_done_with_it()
    {
        var bytes = SipSamples.Bytes(SipSamples.Wire(Invite()));
        SipParser.TryParsePooled(bytes, out var message, out _).Should().BeTrue();
        _layer.Receive(message!, LayerUser.Flow, TimeSpan.Zero).Should().BeTrue();
        message!.Release();
        message.CallId.Should().Be("c1", "the layer may have to make a 100 of it");
        _layer.RunTimers(TimeSpan.FromMilliseconds(200));
        _user.Sent.Should().Equal(100);
        var read = () => message.Headers["Via"];
        read.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_retransmission_allocates_nothing_from_its_bytes_to_its_answer()
    {
        var bytes = SipSamples.Bytes(SipSamples.Wire(Invite()));
        Receive(Invite());
        Respond(180);
        _user.Quiet = true;
        Allocations
            .PerOperation(() =>
            {
                SipPeek.TryRead(bytes, out var peek);
                return _layer.TryAbsorb(in peek, TimeSpan.Zero);
            })
            .Should()
            .Be(0);
        _layer.Retransmissions.Should().BeGreaterThan(10_000);
    }

    [Fact]
    public void A_server_transaction_costs_at_most_400_bytes_and_a_client_transaction_600_besides_its_messages()
    {
        _user.Quiet = true;
        var requests = Enumerable
            .Range(0, 12_000)
            .Select(i => (SipRequest)SipSamples.Parse(Invite($"z9hG4bKbye{i}", toTag: ";tag=t", method: "BYE")))
            .ToArray();
        var response = SipResponse.Create(requests[0], 200).ToBytes();
        var responses = requests.Select(r => SipResponse.Create(r, 200)).ToArray();
        // So that the tables need not grow while they are measured.
        _ = ServerTransactions();
        _layer.RunTimers(TimeSpan.FromMinutes(1));
        Each(ServerTransactions()).Should().BeLessThanOrEqualTo(400);
        _layer.RunTimers(TimeSpan.FromMinutes(2));
        _layer.Count.Should().Be(0);

        _ = ClientTransactions();
        _layer.RunTimers(TimeSpan.FromMinutes(1));
        Each(ClientTransactions()).Should().BeLessThanOrEqualTo(600 + requests[0].ToBytes().Length);

        long Each(long bytes) => bytes / requests.Length;

        long ServerTransactions()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var request in requests)
            {
                _layer.Receive(request, LayerUser.Flow, TimeSpan.Zero);
                _layer.Respond(_user.LastId, 200, response, TimeSpan.Zero);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        long ClientTransactions()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < requests.Length; i++)
            {
                _layer.Start(requests[i], LayerUser.Flow.Remote, reliable: false, TimeSpan.Zero);
                _layer.Receive(responses[i], LayerUser.Flow, TimeSpan.Zero);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>Notes what the layer sends and tells.</summary>
    private sealed class LayerUser : ITransactionUser
    {
        private static readonly VirtualTransport Udp = new(
            new(1, new()),
            IPEndPoint.Parse("192.0.2.1:5060"),
            TimeProvider.System
        );

        public static readonly SipFlow Flow = FlowFrom("192.0.2.9:5060");

        public static SipFlow FlowFrom(string source) =>
            new(Udp, Udp.LocalEndPoint, SipDestination.Udp(IPEndPoint.Parse(source)));

        public bool Quiet { get; set; }

        public List<int> Sent { get; } = [];

        public List<string> SentMethods { get; } = [];

        public SipDestination? LastDestination { get; private set; }

        public SipTransactionId LastId { get; private set; }

        public SipRequest LastRequest { get; private set; } = null!;

        public int Requests { get; private set; }

        public int Responses { get; private set; }

        public int Ended { get; private set; }

        public bool Send(ReadOnlyMemory<byte> message, SipDestination destination)
        {
            LastDestination = destination;
            if (!Quiet)
            {
                var parsed = SipParser.Parse(message.ToArray());
                if (parsed is SipResponse response)
                {
                    Sent.Add(response.StatusCode);
                }
                else
                {
                    SentMethods.Add(((SipRequest)parsed).Method);
                }
            }
            return true;
        }

        public void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
        {
            Requests++;
            LastId = id ?? LastId;
            LastRequest = request;
        }

        public void OnCancel(SipTransactionId invite, SipRequest cancel) { }

        public void OnResponse(SipTransactionId id, SipResponse response) => Responses++;

        public void OnEnded(SipTransactionId id, SipTransactionEnd end) => Ended++;
    }
}
