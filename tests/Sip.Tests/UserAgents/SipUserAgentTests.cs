using System.Net;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Sip.Tests.UserAgents;

/// <summary>Two user agents over real loopback UDP.</summary>
public sealed class SipUserAgentTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Offer = "v=0\r\no=offer"u8.ToArray();
    private static readonly byte[] AnswerBody = "v=0\r\no=answer"u8.ToArray();

    private readonly SipUserAgent _caller = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly SipUserAgent _callee = SipUserAgent.OverUdp(
        new IPEndPoint(IPAddress.Loopback, 0),
        new() { User = "agent" }
    );

    public Task InitializeAsync()
    {
        _caller.Start();
        _callee.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _caller.DisposeAsync();
        await _callee.DisposeAsync();
    }

    [Fact]
    public async Task A_call_rings_is_answered_and_hung_up_by_the_caller()
    {
        var incoming = ExpectCall(call =>
        {
            call.Ring();
            call.Answer(AnswerBody);
        });
        var call = Dial();
        var answered = await call.Answered.WaitAsync(Patience);
        answered.IsSuccess.Should().BeTrue();
        answered.Body.ToArray().Should().Equal(AnswerBody);
        call.Times.Ringing.Should().NotBeNull();
        var end = await call.HangUpAsync(Patience).WaitAsync(Patience);
        end.Cause.Should().Be(SipCallEndCause.LocalHangUp);
        (await (await incoming).Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.RemoteHangUp);
        _caller.CallCount.Should().Be(0);
    }

    [Fact]
    public async Task The_callee_hangs_up()
    {
        var incoming = ExpectCall(call => call.Answer(AnswerBody));
        var call = Dial();
        await call.Answered.WaitAsync(Patience);
        await (await incoming).HangUpAsync(Patience).WaitAsync(Patience);
        (await call.Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.RemoteHangUp);
    }

    [Fact]
    public async Task A_ringing_call_is_cancelled_with_487()
    {
        var incoming = ExpectCall(call => call.Ring());
        var call = Dial();
        await incoming.WaitAsync(Patience);
        var end = await call.HangUpAsync(Patience).WaitAsync(Patience);
        end.Should().Be(new SipCallEnd(SipCallEndCause.Cancelled, 487, "Request Terminated"));
        (await (await incoming).Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.Cancelled);
    }

    [Fact]
    public async Task A_rejected_call_tells_its_status()
    {
        _ = ExpectCall(call => call.Reject(486));
        var result = await Dial().Answered.WaitAsync(Patience);
        result.StatusCode.Should().Be(486);
    }

    [Fact]
    public async Task A_reinvite_changes_the_session_in_both_directions()
    {
        var incoming = ExpectCall(call =>
        {
            call.OnReinvite = offer => offer.Span.SequenceEqual("hold"u8) ? "held"u8.ToArray() : default;
            call.Answer(AnswerBody);
        });
        var call = Dial();
        call.OnReinvite = _ => "changed"u8.ToArray();
        await call.Answered.WaitAsync(Patience);

        (await call.ReinviteAsync("hold"u8.ToArray()).WaitAsync(Patience))
            .Body.ToArray()
            .Should()
            .Equal("held"u8.ToArray());
        (await call.ReinviteAsync("nonsense"u8.ToArray()).WaitAsync(Patience)).StatusCode.Should().Be(488);
        call.State.Should().Be(SipCallState.Answered);
        var back = await (await incoming).ReinviteAsync("other"u8.ToArray()).WaitAsync(Patience);
        back.Body.ToArray().Should().Equal("changed"u8.ToArray());
    }

    [Fact]
    public async Task Options_is_answered_with_allow()
    {
        var to = SipDestination.Udp(_callee.LocalEndPoint);
        var request = SipRequest.Create(
            "OPTIONS",
            SipUri.Create("agent", to.EndPoint),
            NameAddress.Parse("<sip:me@localhost>")
        );
        var response = await _caller.SendAsync(request, to, Patience);
        response!.StatusCode.Should().Be(200);
        response.Allow.Should().Contain(["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"]);
    }

    [Fact]
    public async Task A_challenged_call_is_authenticated_and_a_wrong_password_ends_it()
    {
        var digest = new DigestServer(new() { Realm = "test" });
        await using var desk = new SipEndpoint(
            new(),
            [new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) })],
            new ChallengingCore(digest, (id, response) => _desk!.Respond(id, response))
        );
        _desk = desk;
        desk.Start();
        var target = SipUri.Create("desk", desk.Transports[0].LocalEndPoint);

        var wrong = _caller.Call(new() { Target = target, Credentials = new("alice", "guess") });
        (await wrong.Answered.WaitAsync(Patience)).StatusCode.Should().Be(401);
        var right = _caller.Call(new() { Target = target, Credentials = new("alice", "secret") });
        (await right.Answered.WaitAsync(Patience)).StatusCode.Should().Be(486, "the desk is busy, but knows who calls");
        right.Invite.CSeq.Number.Should().Be(2);
    }

    private SipEndpoint? _desk;

    private sealed class ChallengingCore(DigestServer digest, Action<SipTransactionId, SipResponse> respond)
        : ISipHandler
    {
        public void OnRequest(SipServerRequest request)
        {
            if (request.TransactionId is { } id)
            {
                var result = digest.Check(request.Request, (user, _) => user == "alice" ? new("secret") : null);
                respond(
                    id,
                    result.Verdict == DigestVerdict.Accepted
                        ? SipResponse.Create(request.Request, 486)
                        : digest.Challenge(request.Request, stale: result.Verdict == DigestVerdict.Stale)
                );
            }
        }

        public void OnCancel(SipTransactionId invite, SipRequest cancel) { }

        public void OnResponse(SipTransactionId client, SipResponse response) { }

        public void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) { }
    }

    [Fact]
    public async Task A_second_fork_that_answers_is_acknowledged_and_hung_up()
    {
        await using var network = new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        var fork = new ForkingPeer();
        network.Start(fork);
        var call = _caller.Call(new() { Target = SipUri.Create("both", network.LocalEndPoint), Offer = Offer });
        (await call.Answered.WaitAsync(Patience)).IsSuccess.Should().BeTrue();
        var bye = await fork.Bye.WaitAsync(Patience);
        bye.To.Tag.Should().Be("second");
        fork.Acknowledged.Should().BeEquivalentTo(["first", "second"]);
        call.State.Should().Be(SipCallState.Answered);
    }

    /// <summary>Answers an INVITE twice, as two phones behind a proxy would.</summary>
    private sealed class ForkingPeer : ISipTransportReceiver
    {
        private readonly TaskCompletionSource<SipRequest> _bye = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public Task<SipRequest> Bye => _bye.Task;

        public List<string> Acknowledged { get; } = [];

        public void OnReceived(ReadOnlySpan<byte> message, SipFlow flow)
        {
            SipParser.TryParse(message, out var parsed, out _);
            var request = (SipRequest)parsed!;
            switch (request.Method)
            {
                case SipMethod.Invite:
                    foreach (var tag in (string[])["first", "second"])
                    {
                        var response = SipResponse.Create(request, 200, toTag: tag);
                        response.Contact = new NameAddress(SipUri.Create(tag, flow.Local));
                        flow.Transport.TrySend(response.ToBytes(), flow.Remote);
                    }
                    break;
                case SipMethod.Ack:
                    Acknowledged.Add(request.To.Tag!);
                    break;
                case SipMethod.Bye:
                    _bye.TrySetResult(request);
                    flow.Transport.TrySend(SipResponse.Create(request, 200).ToBytes(), flow.Remote);
                    break;
            }
        }

        public void OnTransportFailed(SipDestination destination) { }
    }

    [Fact]
    public async Task Hundreds_of_calls_share_one_endpoint()
    {
        _callee.Options.OnIncomingCall = call => call.Answer(AnswerBody);
        var calls = Enumerable.Range(0, 300).Select(_ => Dial()).ToList();
        var results = await Task.WhenAll(calls.Select(c => c.Answered)).WaitAsync(TimeSpan.FromSeconds(30));
        results.Should().OnlyContain(r => r.IsSuccess);
        var ends = await Task.WhenAll(calls.Select(c => c.HangUpAsync(Patience))).WaitAsync(TimeSpan.FromSeconds(30));
        ends.Should().OnlyContain(e => e.Cause == SipCallEndCause.LocalHangUp);
    }

    private Task<SipCall> ExpectCall(Action<SipCall> onCall)
    {
        var seen = new TaskCompletionSource<SipCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        _callee.Options.OnIncomingCall = call =>
        {
            onCall(call);
            seen.SetResult(call);
        };
        return seen.Task;
    }

    private SipCall Dial() =>
        _caller.Call(new SipCallRequest { Target = SipUri.Create("agent", _callee.LocalEndPoint), Offer = Offer });
}
