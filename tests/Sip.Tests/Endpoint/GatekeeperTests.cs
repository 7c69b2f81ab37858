using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Endpoint;

/// <summary>What a gatekeeper is asked, and what it keeps out.</summary>
public sealed class GatekeeperTests : IAsyncLifetime
{
    private readonly RecordingHandler _core = new();
    private readonly ScriptedGatekeeper _gatekeeper = new();
    private readonly UdpTransport _udp = new(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
    private readonly SipEndpoint _endpoint;
    private RawPeer _peer = null!;

    public GatekeeperTests() => _endpoint = new SipEndpoint(new() { Gatekeeper = _gatekeeper }, [_udp], _core);

    public Task InitializeAsync()
    {
        _endpoint.Start();
        _peer = new RawPeer(_udp.LocalEndPoint);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _peer.Dispose();
        await _endpoint.DisposeAsync();
        _endpoint.Counters.LoopExceptions.Should().Be(0);
    }

    [Fact]
    public async Task What_is_let_in_comes_with_its_ticket_and_is_asked_for_once()
    {
        _gatekeeper.Judgement = request => SipGateDecision.LetIn($"ticket of {request.CallId}");
        _core.RequestScript = r => _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 200));
        var request = _peer.Request("OPTIONS", "z9hG4bK1", callId: "a");
        _peer.Send(request);
        await _peer.ReceiveResponseAsync();
        _peer.Send(request);
        await _peer.ReceiveResponseAsync();

        (await _core.NextAsync<SipServerRequest>()).Ticket.Should().Be("ticket of a");
        _gatekeeper.Asked.Should().Be(1);
    }

    [Fact]
    public async Task An_answer_without_state_is_given_to_each_copy_and_its_ACK_is_asked_for()
    {
        _gatekeeper.Judgement = request =>
            SipGateDecision.AnswerOnly(SipResponse.Create(request, SipStatus.Unauthorized, toTag: "gate"));
        var invite = _peer.Request("INVITE", "z9hG4bK2");
        _peer.Send(invite);
        _peer.Send(invite);
        (await _peer.ReceiveResponseAsync()).To.Tag.Should().Be("gate");
        (await _peer.ReceiveResponseAsync()).StatusCode.Should().Be(SipStatus.Unauthorized);
        _peer.Send(_peer.Request("ACK", "z9hG4bK2", toTag: ";tag=gate"));
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK3"));
        (await _peer.ReceiveResponseAsync()).CSeq.Method.Should().Be("OPTIONS", "an ACK is not answered");
        _gatekeeper.Asked.Should().Be(4);
        _endpoint.Counters.Transactions.Should().Be(0);
    }

    [Fact]
    public async Task Who_is_not_heard_costs_no_parsing()
    {
        _gatekeeper.Hears = isResponse => isResponse;
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK4"));
        _peer.Send("garbage\n\n");
        _peer.Send("SIP/2.0 garbage\n\n");
        await WaitUntilAsync(() => _endpoint.Counters.Malformed == 1);
        _endpoint.Counters.Barred.Should().Be(2);
        _gatekeeper.Asked.Should().Be(0);
    }

    [Fact]
    public async Task CANCEL_of_an_INVITE_that_was_let_in_passes_without_a_question()
    {
        _gatekeeper.Judgement = _ => SipGateDecision.LetIn(null);
        _peer.Send(_peer.Request("INVITE", "z9hG4bK5"));
        await _core.NextAsync<SipServerRequest>();
        _peer.Send(_peer.Request("CANCEL", "z9hG4bK5"));
        await _peer.ReceiveAsync<SipResponse>(response => response.CSeq.Method == "CANCEL" && response.IsSuccess);
        _gatekeeper.Asked.Should().Be(1);
    }

    [Fact]
    public async Task A_copy_that_came_another_way_is_not_let_in_twice()
    {
        _gatekeeper.Judgement = _ => SipGateDecision.LetIn(null);
        _peer.Send(_peer.Request("INVITE", "z9hG4bK6"));
        await _core.NextAsync<SipServerRequest>();
        _peer.Send(_peer.Request("INVITE", "z9hG4bK7"));
        await _peer.ReceiveAsync<SipResponse>(response => response.StatusCode == SipStatus.LoopDetected);
        _gatekeeper.Asked.Should().Be(1);
    }

    [Fact]
    public async Task What_was_turned_away_does_not_make_the_next_try_a_copy()
    {
        _gatekeeper.Judgement = request => SipGateDecision.AnswerOnly(SipResponse.Create(request, 401));
        _peer.Send(_peer.Request("INVITE", "z9hG4bK8"));
        (await _peer.ReceiveResponseAsync()).StatusCode.Should().Be(401);
        _gatekeeper.Judgement = _ => SipGateDecision.LetIn("in");
        _peer.Send(_peer.Request("INVITE", "z9hG4bK9"));
        (await _core.NextAsync<SipServerRequest>()).Ticket.Should().Be("in");
    }

    [Fact]
    public async Task A_gatekeeper_that_throws_lets_nothing_in()
    {
        _gatekeeper.Judgement = _ => throw new InvalidOperationException("confused");
        _peer.Send(_peer.Request("INVITE", "z9hG4bK10"));
        await WaitUntilAsync(() => _endpoint.Counters.HandlerExceptions == 1);
        _endpoint.Counters.Transactions.Should().Be(0);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class ScriptedGatekeeper : ISipGatekeeper
    {
        private int _asked;

        public volatile Func<bool, bool>? Hears;
        public volatile Func<SipRequest, SipGateDecision>? Judgement;

        public int Asked => Volatile.Read(ref _asked);

        public bool TakesFrom(SipFlow flow, bool isResponse) => Hears?.Invoke(isResponse) ?? true;

        public SipGateDecision Judge(SipRequest request, SipFlow flow)
        {
            Interlocked.Increment(ref _asked);
            return Judgement!(request);
        }
    }
}
