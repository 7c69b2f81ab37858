using System.Net;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Sip.Tests.UserAgents;

/// <summary>What two user agents can do within a call, over real loopback UDP.</summary>
public sealed class SipCallVerbTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Offer = "v=0\r\no=offer"u8.ToArray();
    private static readonly byte[] AnswerBody = "v=0\r\no=answer"u8.ToArray();

    private readonly SipUserAgent _caller = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly SipUserAgent _callee = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));

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
        foreach (var agent in (SipUserAgent[])[_caller, _callee])
        {
            agent.Endpoint.Counters.HandlerExceptions.Should().Be(0);
            agent.Endpoint.Counters.LoopExceptions.Should().Be(0);
        }
    }

    [Fact]
    public async Task Early_media_is_answered_reliably_and_the_call_connects()
    {
        _callee.Options.OnIncomingCall = call =>
        {
            call.Ring(AnswerBody);
            call.Answer(default);
        };
        var call = Dial();
        (await call.Answered.WaitAsync(Patience)).Body.ToArray().Should().Equal(AnswerBody);
        call.State.Should().Be(SipCallState.Answered);
        (await call.HangUpAsync(Patience).WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.LocalHangUp);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hold_is_agreed_by_reinvite_or_update(bool byUpdate)
    {
        var (call, peer) = await TalkAsync();
        peer.OnReinvite = offer => offer.Span.SequenceEqual("hold"u8) ? "held"u8.ToArray() : default;
        var held = await call.ReinviteAsync("hold"u8.ToArray(), byUpdate).WaitAsync(Patience);
        held.Body.ToArray().Should().Equal("held"u8.ToArray());
        (await call.ReinviteAsync("nonsense"u8.ToArray(), byUpdate).WaitAsync(Patience)).StatusCode.Should().Be(488);
    }

    [Fact]
    public async Task A_reinvite_without_offer_gets_the_peers()
    {
        var (call, peer) = await TalkAsync();
        peer.OnReinvite = offer => offer.IsEmpty ? "offer of the peer"u8.ToArray() : default;
        call.OnReinvite = offer => offer.Span.SequenceEqual("offer of the peer"u8) ? "mine"u8.ToArray() : default;
        var answered = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        peer.OnEvent = e =>
        {
            if (e is SipSessionEvent.AnswerReceived answer)
            {
                answered.TrySetResult(answer.Body.ToArray());
            }
        };
        (await call.DoAsync((session, now) => session.Reoffer(default, now))).Should().Be(SipSessionResult.Done);
        (await answered.Task.WaitAsync(Patience)).Should().Equal("mine"u8.ToArray());
    }

    [Fact]
    public async Task A_blind_transfer_is_carried_out_and_told()
    {
        var (call, peer) = await TalkAsync();
        await using var third = SipUserAgent.OverUdp(
            new IPEndPoint(IPAddress.Loopback, 0),
            new() { OnIncomingCall = incoming => incoming.Answer(AnswerBody) }
        );
        third.Start();
        peer.OnRefer = referral =>
        {
            var placed = _callee.Call(new() { Target = referral.Target, Offer = Offer });
            placed.Answered.ContinueWith(
                answered =>
                    peer.DoAsync(
                        (session, now) => session.ReportReferral(referral.Id, answered.Result.StatusCode, now)
                    ),
                TaskScheduler.Default
            );
            return SipStatus.Accepted;
        };
        (await call.ReferAsync(SipUri.Create("third", third.LocalEndPoint)).WaitAsync(Patience)).Should().Be(200);
        third.CallCount.Should().Be(1);
    }

    [Fact]
    public async Task A_referral_without_a_handler_is_declined()
    {
        var (call, _) = await TalkAsync();
        (await call.ReferAsync(SipUri.Parse("sip:third@192.0.2.1")).WaitAsync(Patience)).Should().Be(603);
    }

    [Fact]
    public async Task A_new_call_takes_the_place_of_another()
    {
        var (call, peer) = await TalkAsync();
        var replaced = SipReplaces.For(call.Dialog!);
        _callee.Options.OnIncomingCall = incoming =>
        {
            incoming.Invite.Headers["Replaces"].Should().Be(replaced.ToString());
            incoming.Answer(AnswerBody);
            _ = peer.HangUpAsync(Patience);
        };
        var second = _caller.Call(
            new()
            {
                Target = SipUri.Create("agent", _callee.LocalEndPoint),
                Offer = Offer,
                Replaces = replaced,
            }
        );
        (await second.Answered.WaitAsync(Patience)).IsSuccess.Should().BeTrue();
        (await call.Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.RemoteHangUp);
    }

    [Fact]
    public async Task Keys_cross_by_info()
    {
        var (call, peer) = await TalkAsync();
        var digit = new TaskCompletionSource<SipDigit>(TaskCreationOptions.RunContinuationsAsynchronously);
        peer.OnEvent = e =>
        {
            if (e is SipSessionEvent.DigitReceived received)
            {
                digit.TrySetResult(received.Digit);
            }
        };
        (await call.SendDigitAsync(new('7', 120))).Should().Be(SipSessionResult.Done);
        (await digit.Task.WaitAsync(Patience)).Should().Be(new SipDigit('7', 120));
    }

    [Fact]
    public async Task A_delayed_offer_is_answered_in_the_ack()
    {
        _callee.Options.OnIncomingCall = incoming => incoming.Answer(Offer);
        var call = _caller.Call(
            new()
            {
                Target = SipUri.Create("agent", _callee.LocalEndPoint),
                AnswerOffer = offer => offer.Span.SequenceEqual(Offer) ? AnswerBody : default,
            }
        );
        (await call.Answered.WaitAsync(Patience)).Body.ToArray().Should().Equal(Offer);
        call.State.Should().Be(SipCallState.Answered);
        await call.HangUpAsync(Patience).WaitAsync(Patience);
    }

    private async Task<(SipCall Call, SipCall Peer)> TalkAsync()
    {
        var peer = new TaskCompletionSource<SipCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        _callee.Options.OnIncomingCall = incoming =>
        {
            incoming.OnEvent = e =>
            {
                if (e is SipSessionEvent.Established)
                {
                    peer.TrySetResult(incoming);
                }
            };
            incoming.Answer(AnswerBody);
        };
        var call = Dial();
        (await call.Answered.WaitAsync(Patience)).IsSuccess.Should().BeTrue();
        return (call, await peer.Task.WaitAsync(Patience));
    }

    private SipCall Dial() =>
        _caller.Call(new SipCallRequest { Target = SipUri.Create("agent", _callee.LocalEndPoint), Offer = Offer });
}
