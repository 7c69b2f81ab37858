using System.Net;
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
