using System.Net;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Sip.Tests.UserAgents;

/// <summary>Whole calls between two user agents over a network that loses, doubles and reorders, with timers ten times quicker than the RFC's.</summary>
public class LossyCallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 0.2)]
    [InlineData(2, 0.2)]
    [InlineData(3, 0.4)]
    public async Task Calls_are_set_up_and_torn_down_despite_loss(int seed, double loss)
    {
        var network = new VirtualNetwork(
            seed,
            new()
            {
                Loss = loss,
                Duplication = 0.2,
                MaxDelay = TimeSpan.FromMilliseconds(60),
            }
        );
        await using var caller = NewAgent(network, "192.0.2.1:5060", new());
        await using var callee = NewAgent(
            network,
            "192.0.2.2:5060",
            new() { OnIncomingCall = call => call.Answer("answer"u8.ToArray()) }
        );
        var calls = Enumerable
            .Range(0, 20)
            .Select(_ => caller.Call(new() { Target = SipUri.Parse("sip:b@192.0.2.2"), Offer = "offer"u8.ToArray() }))
            .ToList();
        var results = await Task.WhenAll(calls.Select(c => c.Answered)).WaitAsync(Patience);
        results.Should().OnlyContain(r => r.IsSuccess);
        var ends = await Task.WhenAll(calls.Select(c => c.HangUpAsync(Patience))).WaitAsync(Patience);
        ends.Should().OnlyContain(e => e.Cause == SipCallEndCause.LocalHangUp);
        caller.CallCount.Should().Be(0);
        network.Lost.Should().BePositive();
        caller.Endpoint.Counters.LoopExceptions.Should().Be(0);
        callee.Endpoint.Counters.LoopExceptions.Should().Be(0);
        callee.Endpoint.Counters.HandlerExceptions.Should().Be(0);
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_a_timeout()
    {
        var network = new VirtualNetwork(1, new());
        await using var caller = NewAgent(network, "192.0.2.1:5060", new());
        var call = caller.Call(new() { Target = SipUri.Parse("sip:b@192.0.2.2"), Offer = "offer"u8.ToArray() });
        (await call.Answered.WaitAsync(Patience)).StatusCode.Should().Be(408);
        (await call.Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.Timeout);
    }

    [Fact]
    public async Task A_call_that_rings_too_long_is_cancelled()
    {
        var network = new VirtualNetwork(1, new());
        await using var caller = NewAgent(network, "192.0.2.1:5060", new());
        await using var callee = NewAgent(network, "192.0.2.2:5060", new() { OnIncomingCall = call => call.Ring() });
        var call = caller.Call(
            new() { Target = SipUri.Parse("sip:b@192.0.2.2"), AnswerWithin = TimeSpan.FromMilliseconds(300) }
        );
        (await call.Ended.WaitAsync(Patience))
            .Should()
            .Be(new SipCallEnd(SipCallEndCause.Timeout, 487, "Request Terminated"));
    }

    [Fact]
    public async Task A_200_whose_ack_never_comes_ends_in_bye()
    {
        var network = new VirtualNetwork(1, new());
        var seen = new TaskCompletionSource<SipCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var callee = NewAgent(
            network,
            "192.0.2.2:5060",
            new()
            {
                OnIncomingCall = call =>
                {
                    call.Answer("answer"u8.ToArray());
                    seen.SetResult(call);
                },
            }
        );
        // A bare host that sends one INVITE and answers nothing but BYE.
        await using var host = new VirtualTransport(network, IPEndPoint.Parse("192.0.2.1:5060"), TimeProvider.System);
        var silent = new SilentCaller(host);
        host.Start(silent);
        var invite = SipRequest.Create(
            "INVITE",
            SipUri.Parse("sip:b@192.0.2.2"),
            NameAddress.Parse("<sip:a@192.0.2.1>")
        );
        invite
            .Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
            .Add("Contact", "<sip:a@192.0.2.1>");
        host.TrySend(invite.ToBytes(), SipDestination.Udp(IPEndPoint.Parse("192.0.2.2:5060")));

        var call = await seen.Task.WaitAsync(Patience);
        (await call.Ended.WaitAsync(Patience)).Cause.Should().Be(SipCallEndCause.NoAck);
        silent.Answers.Should().BeGreaterThan(5, "the 2xx was repeated");
    }

    private static SipUserAgent NewAgent(VirtualNetwork network, string address, SipUserAgentOptions options)
    {
        options.Endpoint = new()
        {
            Timers = new()
            {
                T1Ms = 50,
                T2Ms = 400,
                T4Ms = 500,
                TimerDMs = 3_200,
                TryingAfterMs = 20,
            },
        };
        var agent = new SipUserAgent(
            options,
            [new VirtualTransport(network, IPEndPoint.Parse(address), TimeProvider.System)]
        );
        agent.Start();
        return agent;
    }

    private sealed class SilentCaller(VirtualTransport host) : ISipTransportReceiver
    {
        private int _answers;

        public int Answers => Volatile.Read(ref _answers);

        public void OnReceived(ReadOnlySpan<byte> message, SipFlow flow)
        {
            SipParser.TryParse(message, out var parsed, out _);
            if (parsed is SipRequest { Method: SipMethod.Bye } bye)
            {
                host.TrySend(SipResponse.Create(bye, 200).ToBytes(), flow.Remote);
            }
            else if (parsed is SipResponse { IsSuccess: true })
            {
                Interlocked.Increment(ref _answers);
            }
        }

        public void OnTransportFailed(SipDestination destination) { }
    }
}
